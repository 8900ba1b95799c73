#include "processors/slo/burn.h"

#include "processors/objectives/parts.h"

namespace weir::slo {
namespace {

using objectives::kPpb;
using objectives::Wide;

double as_double(std::int64_t number) { return static_cast<double>(number); }

/// Further away than this is not told.
constexpr double kFarUs = 1e16;

/// How long so many slices are; of RatioTimeslices they are counted in billionths.
DurationUs time_of(std::int64_t slices, const v1::ObjectiveDefinition& definition) {
  const bool in_ppb = definition.method() == v1::BUDGETING_METHOD_RATIO_TIMESLICES;
  return static_cast<DurationUs>(Wide{slices} * definition.slice_us() / (in_ppb ? kPpb : 1));
}

/// When nothing of the budget is left, at that pace. nullopt: never, or there is nothing left.
std::optional<TimeUs> exhausted_at(const v1::Budget& budget, std::optional<double> pace,
                                   TimeUs now) {
  if (budget.left_us() <= 0 || budget.budget_us() == 0 || !pace || *pace <= 0) return std::nullopt;
  const double left_ratio = as_double(budget.left_us()) / as_double(budget.budget_us());
  const double after_us = left_ratio * as_double(budget.length_us()) / *pace;
  if (after_us > kFarUs) return std::nullopt;
  return now + static_cast<TimeUs>(after_us);
}

/// Whether it comes to that: a calendar window begins anew before, and a rolling one loses as much
/// as it gains at a pace of 1.
bool is_ahead(TimeUs exhausted_us, double pace, const Ledger& ledger,
              const objectives::Period& period) {
  return ledger.plan->definition().has_calendar() ? exhausted_us < period.end_us : pace > 1;
}

}  // namespace

std::optional<double> burn_rate(const Counts& counts, std::int64_t budget_ppb) {
  if (counts.total == 0) return std::nullopt;
  return as_double(counts.bad()) * as_double(kPpb) /
         (as_double(counts.total) * as_double(budget_ppb));
}

bool burns(const Counts& counts, std::int64_t budget_ppb, std::int64_t factor_ppb, bool or_equal) {
  if (counts.bad() <= 0) return false;
  const Wide bad = Wide{counts.bad()} * kPpb * kPpb;
  const Wide bound = Wide{factor_ppb} * counts.total * budget_ppb;
  return or_equal ? bad >= bound : bad > bound;
}

std::optional<double> budget_pace(const Counts& counts, const v1::ObjectiveDefinition& definition,
                                  DurationUs length_us) {
  const std::int64_t budget_ppb = kPpb - definition.target_ppb();
  if (definition.method() == v1::BUDGETING_METHOD_OCCURRENCES) return burn_rate(counts, budget_ppb);
  return burn_rate({length_us - time_of(counts.bad(), definition), length_us}, budget_ppb);
}

void fill_budget(const Counts& counts, const v1::ObjectiveDefinition& definition,
                 DurationUs length_us, v1::Budget& budget) {
  const std::int64_t budget_ppb = kPpb - definition.target_ppb();
  budget.set_length_us(length_us);
  budget.set_good(counts.good);
  budget.set_total(counts.total);
  budget.set_budget_us(static_cast<std::int64_t>(Wide{length_us} * budget_ppb / kPpb));
  if (counts.total != 0) {
    const bool sliced = definition.method() != v1::BUDGETING_METHOD_OCCURRENCES;
    const DurationUs spent_us =
        sliced ? time_of(counts.bad(), definition)
               : static_cast<DurationUs>(Wide{length_us} * counts.bad() / counts.total);
    const double rate = *burn_rate(counts, budget_ppb);
    budget.set_spent_us(spent_us);
    budget.set_sli(as_double(counts.good) / as_double(counts.total));
    budget.set_burn_rate(rate);
    budget.set_spent_ratio(*budget_pace(counts, definition, length_us));
  }
  budget.set_left_us(budget.budget_us() - budget.spent_us());
}

v1::Budget budget_of(const Ledger& ledger) {
  const TimeUs now = ledger.record.advanced_to_us;
  const objectives::Objective& objective = ledger.plan->objective();
  const objectives::Period period = objective.window_at(now);
  v1::Budget budget;
  budget.set_start_us(window_start(ledger, ledger.plan->own(), now));
  fill_budget(ledger.sum(ledger.plan->own()), objective.definition, period.end_us - period.start_us,
              budget);
  const std::size_t recent = ledger.plan->pace();
  const auto pace = budget_pace(ledger.sum(recent), objective.definition,
                                ledger.plan->windows()[recent].length_us);
  const auto at = exhausted_at(budget, pace, now);
  if (at && is_ahead(*at, *pace, ledger, period)) budget.set_exhausted_at_us(*at);
  return budget;
}

}  // namespace weir::slo
