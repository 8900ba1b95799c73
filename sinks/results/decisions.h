// Why alerts are what they are, and who was told: `weir.decision`.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "processors/core/result.h"
#include "processors/core/time.h"
#include "processors/runtime/io.h"
#include "weir/v1/alert.pb.h"

namespace weir::results {

inline constexpr std::string_view kDecisionTopic = "weir.decision";

struct DecisionQuery {
  std::string alert;          // fingerprint; empty: all
  TimeUs from_us = kMinTime;  // append times in [from, to]
  TimeUs to_us = kMaxTime;
};

/// Calls `visit` with each decision, in the order they were taken, until it says false. A log
/// without the topic has none. Errors: as the reader's, and corrupt or version.
using VisitDecision = std::function<bool(const v1::Decision&)>;
Result<void> read_decisions(const runtime::Reader& log, const DecisionQuery& query,
                            const VisitDecision& visit);

/// "fired", "not useful".
std::string kind_text(v1::DecisionKind kind);

}  // namespace weir::results
