#include "processors/slo/result.h"

#include "processors/aggregates/definitions.h"
#include "processors/slo/burn.h"

namespace weir::slo {

std::vector<std::string> series_of(const Ledger& ledger) {
  const std::size_t dimensions = ledger.plan->objective().per.size();
  return aggregates::decode_series(ledger.record.series, dimensions)
      .value_or(std::vector<std::string>());
}

std::string ledger_name(const Ledger& ledger) {
  const std::vector<aggregates::Dimension>& per = ledger.plan->objective().per;
  if (per.empty()) return ledger.plan->definition().name();
  return fmt::format("{}{{{}}}", ledger.plan->definition().name(),
                     aggregates::series_text(per, series_of(ledger)));
}

v1::BurnResult result_of(const Ledger& ledger, const std::vector<Evaluation>& evaluations) {
  const LedgerRecord& record = ledger.record;
  const v1::ObjectiveDefinition& definition = ledger.plan->definition();
  v1::BurnResult result;
  result.set_version(1);
  result.set_objective(definition.name());
  result.set_objective_id(record.objective_id);
  result.set_ledger_version(record.version);
  result.set_service(definition.service());
  *result.mutable_scope() = definition.per();
  for (std::string& value : series_of(ledger)) result.add_series(std::move(value));
  result.set_end_time_us(record.advanced_to_us);
  result.set_target_ppb(definition.target_ppb());
  result.set_method(definition.method());
  result.set_good(record.lifetime.good);
  result.set_total(record.lifetime.total);
  *result.mutable_budget() = budget_of(ledger);
  for (std::size_t w = 0; w < record.sums.size(); ++w) {
    if (record.sums[w].length_us == 0) continue;  // the calendar window is the budget's
    v1::BurnWindow& window = *result.add_window();
    window.set_length_us(record.sums[w].length_us);
    window.set_good(ledger.sum(w).good);
    window.set_total(ledger.sum(w).total);
    if (const auto rate = burn_rate(ledger.sum(w), ledger.plan->objective().budget_ppb()))
      window.set_burn_rate(*rate);
  }
  if (record.correction_reason != v1::CORRECTION_REASON_UNSPECIFIED) {
    v1::Correction& correction = *result.mutable_correction();
    correction.set_reason(record.correction_reason);
    correction.set_good(record.correction.good);
    correction.set_total(record.correction.total);
    correction.set_from_us(record.correction_from_us);
    correction.set_to_us(record.correction_to_us);
  }
  result.set_excluded_good(record.excluded.good);
  result.set_excluded_total(record.excluded.total);
  for (std::size_t i = 0; i < evaluations.size(); ++i) {
    v1::ConditionStatus& status = *result.add_condition();
    status.set_name(record.conditions[i].name);
    status.set_state(evaluations[i].state);
    if (evaluations[i].probability) status.set_probability(*evaluations[i].probability);
  }
  if (record.silent) {
    v1::ConditionStatus& status = *result.add_condition();
    status.set_name(std::string(kSilent));
    status.set_state(v1::CONDITION_STATE_FIRING);
  }
  result.set_overflow(record.overflow);
  return result;
}

}  // namespace weir::slo
