// From counts to burn rates and budgets. Decisions compare integers; what is published is divided
// once. Pure functions.
#pragma once

#include <cstdint>
#include <optional>

#include "processors/slo/ledger.h"
#include "weir/v1/burn.pb.h"

namespace weir::slo {

/// (bad / total) / (budget_ppb / 1e9); none where total is 0.
std::optional<double> burn_rate(const Counts& counts, std::int64_t budget_ppb);

/// Whether the burn rate is above the factor, exactly; or_equal: or equal to it.
bool burns(const Counts& counts, std::int64_t budget_ppb, std::int64_t factor_ppb, bool or_equal);

/// Of the objective's own window, as it stands at record.advanced_to.
v1::Budget budget_of(const Ledger& ledger);

/// How fast a window (length_us > 0) of these counts spends the budget: 1 spends it in its own
/// length. Events as their burn rate, none where there are none; slices by the time of them that is
/// bad, so those without events spend nothing.
std::optional<double> budget_pace(const Counts& counts, const v1::ObjectiveDefinition& definition,
                                  DurationUs length_us);

/// sli, budget, spent, left and burn rate of a window of that length, be it young or not. A slice
/// spends the time of it that is bad: how many a window has is known, and those that have not come
/// yet, or had no events, spend nothing. How many events a window will have is not: they spend as
/// if the whole of it went on like them.
void fill_budget(const Counts& counts, const v1::ObjectiveDefinition& definition,
                 DurationUs length_us, v1::Budget& budget);

}  // namespace weir::slo
