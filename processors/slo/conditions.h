// Whether a ledger's conditions hold. Pure functions over its sums.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "processors/slo/ledger.h"
#include "weir/v1/burn.pb.h"
#include "weir/v1/signal.pb.h"

namespace weir::slo {

struct Evaluation {
  v1::ConditionState state = v1::CONDITION_STATE_QUIET;
  std::optional<double>
      probability;  // of so many bad events where the objective is met; where asked
};

/// One condition as the ledger stands. `complete`: no raw partition is left out; while one is, what
/// fires goes on. A condition that fires is not asked again whether chance explains it.
Evaluation evaluate(const Ledger& ledger, std::size_t condition, bool complete);

/// What is told when it changed. `reason`: why; empty: what the numbers say.
v1::ConditionChange change_of(const Ledger& ledger, std::size_t condition,
                              const Evaluation& evaluation, std::string reason = {});

}  // namespace weir::slo
