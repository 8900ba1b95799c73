// What a receiver's outcomes leave in the log: a decision about each alert, also about what was
// folded away, and a dead letter for what was refused. Pure.
#pragma once

#include <string>
#include <vector>

#include "processors/core/time.h"
#include "processors/runtime/follower.h"
#include "sinks/webhook/backlog.h"

namespace weir::webhook {

inline constexpr std::string_view kAlertTopic = "weir.alert";
inline constexpr std::string_view kDecisionTopic = "weir.decision";
inline constexpr std::string_view kDeadLetterTopic = "weir.deadletter";

/// `finished.text` is what is to be read by people: without secrets.
std::vector<runtime::Output> outputs_of(const Finished& finished, const std::string& receiver,
                                        TimeUs now);
/// The dead letter of a record of weir.alert that this version does not read.
runtime::Output unreadable(const runtime::Record& record, const std::string& receiver);

}  // namespace weir::webhook
