#include "processors/slo/conditions.h"

#include <algorithm>
#include <array>

#include "processors/objectives/parts.h"
#include "processors/slo/binomial.h"
#include "processors/slo/burn.h"

namespace weir::slo {
namespace {

using objectives::describe_count;
using objectives::format_ppb;
using objectives::kPpb;

/// In events or slices, whatever the ledger counts in.
Counts in_trials(const v1::ObjectiveDefinition& definition, const Counts& counts) {
  if (definition.method() != v1::BUDGETING_METHOD_RATIO_TIMESLICES) return counts;
  const std::int64_t total = counts.total / kPpb;
  return {total - counts.bad() / kPpb, total};
}

void fill(const Ledger& ledger, std::size_t window, v1::SignalWindow& filled) {
  const Counts& counts = ledger.sum(window);
  filled.set_length_us(ledger.plan->windows()[window].length_us);
  filled.set_good(counts.good);
  filled.set_total(counts.total);
  if (const auto rate = burn_rate(counts, ledger.plan->objective().budget_ppb()))
    filled.set_burn_rate(*rate);
}

/// What is told of the ledger whatever changed.
v1::ConditionChange change_about(const Ledger& ledger) {
  const v1::ObjectiveDefinition& objective = ledger.plan->definition();
  v1::ConditionChange change;
  change.set_objective(objective.name());
  change.set_objective_id(ledger.record.objective_id);
  change.set_ledger_version(ledger.record.version);
  change.set_service(objective.service());
  change.set_method(objective.method());
  *change.mutable_scope() = objective.per();
  const v1::Budget budget = budget_of(ledger);
  change.set_spent_ratio(budget.spent_ratio());
  if (budget.has_exhausted_at_us()) change.set_exhausted_at_us(budget.exhausted_at_us());
  return change;
}

std::int64_t events_of_pace(const Ledger& ledger) {
  return in_trials(ledger.plan->definition(), ledger.sum(ledger.plan->pace())).total;
}

/// What is told of a silence whether it begins or ends.
v1::ConditionChange silence_change(const Ledger& ledger) {
  v1::ConditionChange change = change_about(ledger);
  change.set_condition(std::string(kSilent));
  change.set_severity(ledger.record.silent_severity);
  fill(ledger, ledger.plan->pace(), *change.mutable_long_window());
  for (const v1::ConditionDefinition& condition : ledger.plan->definition().condition())
    for (const std::string& target : condition.notify())
      if (std::ranges::count(change.notify(), target) == 0) change.add_notify(target);
  return change;
}

/// How long nothing may come of what fires.
DurationUs retired_after(const v1::ConditionDefinition& definition) {
  return std::max<DurationUs>(kRetiredAfterUs, definition.long_us());
}

/// With as many digits as it takes to tell it from the factor, unless it is that.
std::string rate_text(double rate, double factor) {
  constexpr int kMostDigits = 4;
  for (int digits = 1; digits <= kMostDigits; ++digits) {
    std::string text = fmt::format("{:.{}f}", rate, digits);
    if (text != fmt::format("{:.{}f}", factor, digits)) return text;
  }
  return fmt::format("{:.1f}", rate);
}

std::string window_text(const v1::SignalWindow& window, double factor) {
  const std::string length = describe_duration(window.length_us());
  if (!window.has_burn_rate()) return "nothing came in " + length;
  return fmt::format("{}x over {}", rate_text(window.burn_rate(), factor), length);
}

/// No more digits than say something.
std::string probability_text(double probability) {
  constexpr double kTiny = 1e-9;
  return probability < kTiny ? fmt::format("below {}", kTiny) : fmt::format("{:.2g}", probability);
}

std::string describe(const v1::ConditionDefinition& definition, const v1::ConditionChange& change) {
  std::string rates = window_text(change.long_window(), change.factor());
  if (change.has_short_window())
    rates += " and " + window_text(change.short_window(), change.factor());
  const std::string burning =
      fmt::format("burns {}, above {}x", rates, format_ppb(definition.factor_ppb()));
  const v1::SignalWindow& counted = change.long_window();
  const std::string bad = describe_count(counted.total() - counted.good(), change.method());
  const std::string total = describe_count(counted.total(), change.method());
  switch (change.state()) {
    case v1::CONDITION_STATE_FIRING:
      return change.has_probability()
                 ? fmt::format("{}; chance alone would do it with probability {}", burning,
                               probability_text(change.probability()))
                 : burning;
    case v1::CONDITION_STATE_TOO_FEW:
      return fmt::format("{}, on {} bad of {}: below {} nothing is said", burning, bad, total,
                         definition.min_events());
    case v1::CONDITION_STATE_PLAUSIBLE:
      return fmt::format("{}, on {} bad of {}: chance alone does it with probability {}", burning,
                         bad, total, probability_text(change.probability()));
    default:
      return fmt::format("no longer burns above {}x: {}", format_ppb(definition.factor_ppb()),
                         rates);
  }
}

bool burns_in(const Ledger& ledger, std::size_t condition, std::size_t window) {
  const auto& definition = ledger.plan->definition().condition(static_cast<int>(condition));
  return burns(ledger.sum(window), ledger.plan->objective().budget_ppb(), definition.factor_ppb(),
               definition.or_equal());
}

struct Seen {
  bool burning = false;
  bool gone = false;  // nothing has come since it burnt
  bool complete = true;
};

/// What becomes of one that fires.
Evaluation go_on(const Ledger& ledger, std::size_t condition, const Seen& seen) {
  const auto& definition = ledger.plan->definition().condition(static_cast<int>(condition));
  const LedgerRecord& record = ledger.record;
  const bool retired =
      seen.gone && record.advanced_to_us - record.last_event_us >= retired_after(definition);
  if (seen.burning || (seen.gone && !retired)) return {.state = v1::CONDITION_STATE_FIRING};
  if (!seen.complete) return {.state = v1::CONDITION_STATE_FIRING, .held = true};
  return {.retired = retired};
}

/// What becomes of one that burns and does not fire.
Evaluation begin(const Ledger& ledger, std::size_t condition) {
  const auto& definition = ledger.plan->definition().condition(static_cast<int>(condition));
  const std::size_t window = ledger.plan->conditions()[condition].long_window;
  const Counts trials = in_trials(ledger.plan->definition(), ledger.sum(window));
  if (trials.total < definition.min_events()) return {.state = v1::CONDITION_STATE_TOO_FEW};
  if (definition.level_ppb() == 0) return {.state = v1::CONDITION_STATE_FIRING};
  const double probability =
      binomial_tail(trials.bad(), trials.total, ledger.plan->objective().budget_ppb());
  const double level = static_cast<double>(definition.level_ppb()) / 1e9;
  return {
      .state = probability <= level ? v1::CONDITION_STATE_FIRING : v1::CONDITION_STATE_PLAUSIBLE,
      .probability = probability};
}

}  // namespace

std::optional<double> silence_of(const Ledger& ledger, const SilenceTerms& terms) {
  const TimeUs now = ledger.record.advanced_to_us;
  const DurationUs length = ledger.plan->windows()[ledger.plan->pace()].length_us;
  const DurationUs silence = now - terms.since_us;
  if (floor_mod(now, kSilenceStepUs) != 0 || silence < terms.after_us || silence >= length)
    return std::nullopt;
  const std::int64_t events = events_of_pace(ledger);
  if (events < std::max<std::int64_t>(terms.low_traffic.min_events, 1)) return std::nullopt;
  const auto share_ppb =
      static_cast<std::int64_t>(objectives::Wide{length - silence} * kPpb / length);
  const double probability = binomial_tail(events, events, share_ppb);
  const std::int64_t level_ppb = terms.low_traffic.level_ppb;
  if (level_ppb != 0 && probability > static_cast<double>(level_ppb) / 1e9) return std::nullopt;
  return probability;
}

TimeUs next_silence_look(const Ledger& ledger, DurationUs after_us, std::int64_t min_events) {
  const LedgerRecord& record = ledger.record;
  if (after_us == 0 || record.silent || record.last_event_us == kMinTime ||
      events_of_pace(ledger) < std::max<std::int64_t>(min_events, 1))
    return kMaxTime;
  return align_up(std::max(record.last_event_us + after_us, record.advanced_to_us + 1),
                  kSilenceStepUs);
}

v1::ConditionChange silence_begins(const Ledger& ledger, std::optional<double> probability) {
  v1::ConditionChange change = silence_change(ledger);
  change.set_state(v1::CONDITION_STATE_FIRING);
  change.set_was(v1::CONDITION_STATE_QUIET);
  std::string reason = "nothing came since " + format_rfc3339(ledger.record.last_event_us);
  if (probability) {
    change.set_probability(*probability);
    reason += fmt::format("; after {} in the last {} chance alone does that with probability {}",
                          events_of_pace(ledger),
                          describe_duration(ledger.plan->windows()[ledger.plan->pace()].length_us),
                          probability_text(*probability));
  }
  change.set_reason(std::move(reason));
  return change;
}

v1::ConditionChange silence_ends(const Ledger& ledger, std::string reason) {
  v1::ConditionChange change = silence_change(ledger);
  change.set_state(v1::CONDITION_STATE_QUIET);
  change.set_was(v1::CONDITION_STATE_FIRING);
  change.set_reason(std::move(reason));
  return change;
}

Evaluation evaluate(const Ledger& ledger, std::size_t condition, const Sight& sight) {
  const LedgerRecord::Condition& told = ledger.record.conditions[condition];
  const LedgerPlan::Condition& windows = ledger.plan->conditions()[condition];
  const std::size_t latest = windows.short_window.value_or(windows.long_window);
  const bool came = sight.came_to_us > window_start(ledger, latest, ledger.record.advanced_to_us);
  const bool burning = burns_in(ledger, condition, windows.long_window) &&
                       (!windows.short_window || burns_in(ledger, condition, latest));
  const bool gone = told.burnt && !came && !sight.planned;
  Evaluation evaluation;
  if (told.state == v1::CONDITION_STATE_FIRING)
    evaluation = go_on(ledger, condition, {burning, gone, sight.complete});
  else if (burning)
    evaluation = begin(ledger, condition);
  const bool fires = evaluation.state == v1::CONDITION_STATE_FIRING;
  evaluation.burnt = came ? fires && burning : told.burnt;
  return evaluation;
}

bool may_burn(const Ledger& ledger, std::size_t condition) {
  const LedgerPlan::Condition& windows = ledger.plan->conditions()[condition];
  return std::ranges::all_of(
      std::array{windows.long_window, windows.short_window.value_or(windows.long_window)},
      [&](std::size_t window) {
        return ledger.sum(window).total == 0 || burns_in(ledger, condition, window);
      });
}

bool fires(const Ledger& ledger) {
  return std::ranges::count(ledger.record.conditions, v1::CONDITION_STATE_FIRING,
                            &LedgerRecord::Condition::state) != 0;
}

TimeUs next_retirement(const Ledger& ledger) {
  const LedgerRecord& record = ledger.record;
  TimeUs next = kMaxTime;
  for (std::size_t i = 0; i < record.conditions.size(); ++i) {
    if (record.conditions[i].state != v1::CONDITION_STATE_FIRING) continue;
    const auto& definition = ledger.plan->definition().condition(static_cast<int>(i));
    const TimeUs retired_us = record.last_event_us + retired_after(definition);
    if (retired_us > record.advanced_to_us) next = std::min(next, retired_us);
  }
  return next;
}

v1::ConditionChange change_of(const Ledger& ledger, std::size_t condition,
                              const Evaluation& evaluation, std::string reason) {
  const auto& definition = ledger.plan->definition().condition(static_cast<int>(condition));
  const LedgerPlan::Condition& windows = ledger.plan->conditions()[condition];
  v1::ConditionChange change = change_about(ledger);
  change.set_condition(definition.name());
  const LedgerRecord::Condition& told = ledger.record.conditions[condition];
  change.set_severity(told.state == v1::CONDITION_STATE_FIRING ? told.severity
                                                               : definition.severity());
  change.set_state(evaluation.state);
  change.set_was(told.state);
  change.set_factor(static_cast<double>(definition.factor_ppb()) / 1e9);
  fill(ledger, windows.long_window, *change.mutable_long_window());
  if (windows.short_window) fill(ledger, *windows.short_window, *change.mutable_short_window());
  if (evaluation.probability) change.set_probability(*evaluation.probability);
  change.set_for_us(definition.for_us());
  *change.mutable_notify() = definition.notify();
  if (reason.empty())
    reason = evaluation.retired ? fmt::format("nothing came for {}, so it is taken to be retired",
                                              describe_duration(retired_after(definition)))
                                : describe(definition, change);
  change.set_reason(std::move(reason));
  return change;
}

}  // namespace weir::slo
