// Of which alerts nobody is to be told: those that a silence or a firing alert hides.
#pragma once

#include <string>
#include <vector>

#include "processors/alert/book.h"
#include "processors/alert/config.h"
#include "processors/alert/outbox.h"

namespace weir::alert {

/// When silences are looked at.
struct MutingMoment {
  TimeUs now_us = 0;                          // append time
  const v1::SilenceExpiry* expiry = nullptr;  // by which somebody has ended one just now
};

/// Looks at every firing alert and notes in it what hides it now. Of each whose hiding began or
/// ended, or that nothing of what hid it hides any more but something else does, it says so.
void judge_muting(const Config& config, const MutingMoment& moment, Book& book, Outbox& outbox);

}  // namespace weir::alert
