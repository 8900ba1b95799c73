// Whether a ledger's conditions hold, and whether it fell silent. Pure functions over its sums.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "processors/objectives/policy.h"
#include "processors/slo/ledger.h"
#include "weir/v1/burn.pb.h"
#include "weir/v1/signal.pb.h"

namespace weir::slo {

struct Evaluation {
  v1::ConditionState state = v1::CONDITION_STATE_QUIET;
  std::optional<double>
      probability;    // of so many bad events where the objective is met; where asked
  bool held = false;  // it fires on only because a raw partition is left out: ask again
};

/// What there is to be seen at the ledger's end.
struct Sight {
  bool complete = true;  // no raw partition is left out
  bool planned = false;  // it is a planned time, of which no event is counted
};

/// One condition as the ledger stands. What fires goes on while a raw partition is left out, and
/// while nothing at all came in its short window, where that is no planned time: a service that is
/// gone has not recovered. It is not asked again whether chance explains it.
Evaluation evaluate(const Ledger& ledger, std::size_t condition, const Sight& sight);

/// What is told when it changed. `reason`: why; empty: what the numbers say.
v1::ConditionChange change_of(const Ledger& ledger, std::size_t condition,
                              const Evaluation& evaluation, std::string reason = {});

/// The condition that every ledger has beside those of its definition.
inline constexpr std::string_view kSilent = "silent";
/// Silence is asked about where whole minutes of event time end.
inline constexpr DurationUs kSilenceStepUs = kMinuteUs;

/// What silence is judged by.
struct SilenceTerms {
  DurationUs after_us = 0;     // > 0
  TimeUs since_us = kMinTime;  // the last event, or the end of a planned time after it
  objectives::LowTraffic low_traffic;
};

/// The probability that all events of the pace window (plan.h) came before `since` by chance, at a
/// steady rate, where there are enough to ask; nullopt: that is no silence.
std::optional<double> silence_of(const Ledger& ledger, const SilenceTerms& terms);

/// When silence has to be asked about next; kMaxTime: events must come first.
TimeUs next_silence_look(const Ledger& ledger, DurationUs after_us, std::int64_t min_events);

/// What is told where a silence begins, with its probability, or ends.
v1::ConditionChange silence_change(const Ledger& ledger, std::string_view severity,
                                   std::optional<double> probability, std::string reason = {});

}  // namespace weir::slo
