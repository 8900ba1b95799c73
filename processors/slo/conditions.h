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
  /// Of so many bad events where the objective is met; where asked.
  std::optional<double> probability = {};
  bool held = false;     // it fires on only because a raw partition is left out: ask again
  bool retired = false;  // it ends only because nothing came for so long
  bool burnt = false;    // for the record
};

/// What there is to be seen at the ledger's end.
struct Sight {
  bool complete = true;  // no raw partition is left out
  bool planned = false;  // it is a planned time, of which no event is counted
  /// The end of the newest pane that entered since it was told last; kMinTime: none did.
  TimeUs came_to_us = kMinTime;
};

/// A service of which nothing came for so long, or for a condition's long window where that is
/// longer, is taken to be retired: what fires of it ends.
inline constexpr DurationUs kRetiredAfterUs = 6 * kHourUs;

/// One condition as the ledger stands. What fires goes on while a raw partition is left out, and
/// while nothing has entered its short window, or its only one, since it burnt (record), whatever
/// has left them meanwhile, where that is no planned time and the service not retired: a service
/// that is gone has not recovered. It is not asked again whether chance explains it.
Evaluation evaluate(const Ledger& ledger, std::size_t condition, const Sight& sight);

/// Whether the condition burns in each of its windows that has anything: as far as they go back.
bool may_burn(const Ledger& ledger, std::size_t condition);

/// Whether any condition of the definition does.
bool fires(const Ledger& ledger);

/// When what fires has to be asked about next, as its service is retired then, where nothing comes;
/// kMaxTime: it need not.
TimeUs next_retirement(const Ledger& ledger);

/// What is told when it changed: an end with the severity that its beginning was told with.
/// `reason`: why; empty: what the numbers say.
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

/// What is told where a silence begins, with the severity that the record has. No probability: it
/// is one that goes on under this severity.
v1::ConditionChange silence_begins(const Ledger& ledger, std::optional<double> probability);
/// What is told where it ends, before the record says so.
v1::ConditionChange silence_ends(const Ledger& ledger, std::string reason);

}  // namespace weir::slo
