// One alert's life: pending, firing, resolved. Pure functions of what was and what is told; time is
// event time, of the task that evaluates the condition.
//
//   condition begins ──► pending ── held for `for` ──► firing ── quiet for keep_firing ──► resolved
//                           └── quiet ──► lapsed          └── begins again: it goes on
//
// Nothing ends on a time of which some raw partition was left out.
#pragma once

#include <optional>
#include <string>

#include "processors/alert/config.h"
#include "processors/alert/state.h"

namespace weir::alert {

/// What became of an alert, and why.
struct Turn {
  v1::DecisionKind kind = v1::DECISION_KIND_UNSPECIFIED;
  std::string because;
};

/// alertname, objective, condition, service, severity, and each dimension of the series; empty
/// values are left out, and a dimension goes before the objective's own label of its name.
labels::Labels labels_of(const v1::ConditionChange& change);

/// "chat-availability page-1h", with its series where there is one.
std::string title_of(const v1::Alert& alert);

/// Its condition holds as of `time`: a life begins, or goes on. The entry's alert has its
/// fingerprint and labels. nullopt: nothing changed.
std::optional<Turn> begin(const Config& config, const v1::ConditionChange& change, TimeUs time,
                          Entry& entry);
/// Its condition does not hold any more.
std::optional<Turn> quieten(const Config& config, const v1::ConditionChange& change, TimeUs time,
                            Entry& entry);
/// Everything up to `time` is known, with or without gaps.
std::optional<Turn> pass(const Config& config, TimeUs time, bool complete, Entry& entry);

}  // namespace weir::alert
