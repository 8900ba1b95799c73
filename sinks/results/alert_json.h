// Alerts, decisions and silences as JSON, for the command line and for every sink: fields named as
// in alert.proto and signal.proto, times RFC 3339, enums lower-case names, labels and annotations
// as objects, matchers as text.
#pragma once

#include "sinks/results/alert_board.h"
#include "sinks/results/decisions.h"
#include "sinks/results/proto_json.h"

namespace weir::results {

Json to_json(const v1::Alert& alert);
Json to_json(const v1::Decision& decision);
/// `now`: whether it is pending, active or ended.
Json to_json(const v1::Silence& silence, TimeUs now);

/// Those that are pending or fire, pages first, then since when; `all`: also those that resolved.
Json alerts_json(const AlertBoard& board, bool all);
/// Those that hold or will, by their ends; `all`: also those that have ended.
Json silences_json(const AlertBoard& board, TimeUs now, bool all);
/// The newest `most` that the query asks for, oldest first. Errors: as read_decisions.
Result<Json> decisions_json(const runtime::Reader& log, const DecisionQuery& query,
                            std::size_t most);

/// `service="chat"`
std::string matcher_text(const v1::LabelMatcher& matcher);

}  // namespace weir::results
