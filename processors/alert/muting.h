// Of which alerts nobody is to be told: those that a silence or a firing alert hides.
#pragma once

#include <string>
#include <vector>

#include "processors/alert/book.h"
#include "processors/alert/config.h"
#include "processors/alert/outbox.h"

namespace weir::alert {

/// Looks at every firing alert and notes in it what hides it now; of each whose hiding began, ended
/// or changed it says so. Append time `now` is when silences hold.
void judge_muting(const Config& config, TimeUs now, Book& book, Outbox& outbox);

}  // namespace weir::alert
