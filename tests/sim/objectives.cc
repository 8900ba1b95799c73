#include "tests/sim/objectives.h"

#include <cmath>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "processors/aggregates/definitions.h"

namespace weir::sim {
namespace {

constexpr DurationUs kPaneUs = 10 * kSecondUs;
constexpr double kBudget = 0.1;
/// So long a service may be gone and still fire, or as long as the condition looks back.
constexpr DurationUs kGoneUs = 6 * kHourUs;

struct GoodOf {
  std::int64_t good = 0;
  std::int64_t total = 0;

  bool operator==(const GoodOf&) const = default;
};

/// By service and pane.
using Recount = std::map<std::pair<std::string, std::int64_t>, GoodOf>;

std::string service_of(const v1::SliDelta& delta) {
  return aggregates::decode_series(delta.series(), 1).value().front();
}

void add(const v1::SliDelta& delta, GoodOf& sum) {
  sum.good += delta.good();
  sum.total += delta.total();
}

/// What one ledger had been told when it told this, of the time from `from` on.
GoodOf told_before(const v1::BurnResult& result, const std::vector<LoggedCounts>& batches,
                   TimeUs from = kMinTime) {
  GoodOf sum;
  for (const LoggedCounts& logged : batches) {
    if (logged.offset > result.as_of_offset()) break;
    for (const v1::SliDelta& delta : logged.batch.delta())
      if (service_of(delta) == result.series(0) && delta.pane() * kPaneUs >= from &&
          (delta.pane() + 1) * kPaneUs <= result.end_time_us())
        add(delta, sum);
  }
  return sum;
}

/// The end of the last pane of it in which anything had come.
TimeUs heard_last(const v1::BurnResult& result, const std::vector<LoggedCounts>& batches) {
  TimeUs last = kMinTime;
  for (const LoggedCounts& logged : batches) {
    if (logged.offset > result.as_of_offset()) break;
    for (const v1::SliDelta& delta : logged.batch.delta())
      if (service_of(delta) == result.series(0) &&
          (delta.pane() + 1) * kPaneUs <= result.end_time_us())
        last = std::max(last, (delta.pane() + 1) * kPaneUs);
  }
  return last;
}

double log_choose(std::int64_t n, std::int64_t k) {
  const auto log_factorial = [](std::int64_t of) {
    return std::lgamma(static_cast<double>(of) + 1);
  };
  return log_factorial(n) - log_factorial(k) - log_factorial(n - k);
}

/// That a service which keeps its target has at least so many bad ones.
double chance_of(const GoodOf& counts) {
  double sum = 0;
  for (std::int64_t bad = counts.total - counts.good; bad <= counts.total; ++bad)
    sum += std::exp(log_choose(counts.total, bad) + static_cast<double>(bad) * std::log(kBudget) +
                    static_cast<double>(counts.total - bad) * std::log(1 - kBudget));
  return sum;
}

/// What one that burns and did not fire becomes; none: it hangs on a last digit.
std::optional<v1::ConditionState> begun(const v1::ConditionDefinition& condition,
                                        const GoodOf& counts) {
  if (counts.total < condition.min_events()) return v1::CONDITION_STATE_TOO_FEW;
  // Chance is not asked.
  if (condition.level_ppb() == 0) return v1::CONDITION_STATE_FIRING;
  const double chance = chance_of(counts);
  const double level = static_cast<double>(condition.level_ppb()) / 1e9;
  if (std::abs(chance - level) < 1e-9) return std::nullopt;
  return chance <= level ? v1::CONDITION_STATE_FIRING : v1::CONDITION_STATE_PLAUSIBLE;
}

/// A condition after the results so far.
struct Followed {
  v1::ConditionState state = v1::CONDITION_STATE_QUIET;
  bool burnt = false;                    // it fired and burnt when events came last
  bool gone = false;                     // it fires only because its service is gone
  const v1::BurnResult* last = nullptr;  // the result before
};

/// What the numbers say of a condition.
struct Verdict {
  std::optional<v1::ConditionState> state;  // none: it hangs on a last digit
  bool burning = false;
  bool came = false;  // anything that is in its short window, or its only one
  bool gone = false;  // as of Followed
};

Verdict verdict_of(const v1::ConditionDefinition& condition, const v1::BurnResult& result,
                   const std::vector<LoggedCounts>& batches, const Followed& before) {
  const auto counts_of = [&](DurationUs length) {
    return told_before(result, batches, result.end_time_us() - length);
  };
  const auto burns = [&](DurationUs length) {
    const GoodOf counts = counts_of(length);
    // The budget is a tenth: bad / total / (1 / 10) > factor.
    return (counts.total - counts.good) * 10 * 1'000'000'000 >
           condition.factor_ppb() * counts.total;
  };
  const DurationUs latest = condition.short_us() == 0 ? condition.long_us() : condition.short_us();
  Verdict verdict{.burning = burns(condition.long_us()) && burns(latest)};
  const TimeUs from = result.end_time_us() - latest;
  verdict.came = before.last == nullptr ||
                 told_before(result, batches, from) != told_before(*before.last, batches, from);
  verdict.gone = before.state == v1::CONDITION_STATE_FIRING && before.burnt && !verdict.came &&
                 result.maintenance().empty() &&
                 result.end_time_us() < heard_last(result, batches) +
                                            std::max<DurationUs>(kGoneUs, condition.long_us());
  const bool goes_on = verdict.burning || verdict.gone || !result.complete();
  if (before.state == v1::CONDITION_STATE_FIRING && goes_on)
    verdict.state = before.state;
  else
    verdict.state = verdict.burning ? begun(condition, counts_of(condition.long_us()))
                                    : v1::CONDITION_STATE_QUIET;
  return verdict;
}

/// One change of a condition, as it is told and as results show it.
std::string change_text(std::string_view service, std::string_view condition, TimeUs time,
                        v1::ConditionState state) {
  return fmt::format("{} of {} at {}: {}", condition, service, time,
                     v1::ConditionState_Name(state));
}

/// Follows the states of conditions through the results of one partition.
class Conditions {
 public:
  Conditions(const Outcome& outcome, std::size_t partition, const Wrong& wrong)
      : outcome_(outcome), partition_(partition), wrong_(wrong) {}

  void check() {
    const v1::ObjectiveDefinition definition = objectives_of_sim()->message().objective(0);
    for (const v1::BurnResult& result : outcome_.burns[partition_])
      for (int i = 0; i < definition.condition_size(); ++i)
        follow(definition.condition(i), i, result);
    std::vector<std::string> told;
    for (const LoggedSignal& logged : outcome_.signals) {
      const v1::ConditionChange& change = logged.signal.condition();
      if (logged.signal.has_condition() && change.condition() != "silent" &&
          std::cmp_equal(logged.signal.partition(), partition_))
        told.push_back(change_text(change.series(0), change.condition(), logged.signal.time_us(),
                                   change.state()));
    }
    std::ranges::sort(told);
    std::ranges::sort(changes_);
    if (told != changes_)
      wrong_(fmt::format("changes of conditions, partition {}: told [{}], results show [{}]",
                         partition_, fmt::join(told, "; "), fmt::join(changes_, "; ")));
  }

  /// Everything that burnt is over: nothing may go on firing, unless a partition is left out or
  /// nothing has come since.
  void check_calm() const {
    std::map<std::string, bool> complete;
    for (const v1::BurnResult& result : outcome_.burns[partition_])
      complete[result.series(0)] = result.complete();
    for (const auto& [key, followed] : followed_)
      if (followed.state == v1::CONDITION_STATE_FIRING && complete[key.first] && !followed.gone)
        wrong_(fmt::format("{} of {} still fires in the end", key.second, key.first));
  }

 private:
  void follow(const v1::ConditionDefinition& condition, int index, const v1::BurnResult& result) {
    const std::pair key(result.series(0), condition.name());
    Followed& followed = followed_[key];
    v1::ConditionState now = v1::CONDITION_STATE_QUIET;
    followed.gone = false;
    if (!result.closed()) {
      now = result.condition(index).state();
      const Verdict verdict = verdict_of(condition, result, outcome_.counts[partition_], followed);
      if (verdict.state && now != *verdict.state)
        wrong_(change_text(result.series(0), condition.name(), result.end_time_us(), now) +
               " where it is " + v1::ConditionState_Name(*verdict.state));
      followed.gone = verdict.gone;
      if (verdict.came) followed.burnt = verdict.burning && now == v1::CONDITION_STATE_FIRING;
    }
    if (now != followed.state)
      changes_.push_back(
          change_text(result.series(0), condition.name(), result.end_time_us(), now));
    followed.state = now;
    followed.last = &result;
  }

  const Outcome& outcome_;
  const std::size_t partition_;
  const Wrong& wrong_;
  std::map<std::pair<std::string, std::string>, Followed> followed_;  // by service and name
  std::vector<std::string> changes_;
};

/// Before a change time is told up to the tick before it, and no further: what waits for time has
/// waited for as long as it would have where nothing is behind.
void check_time(const Outcome& outcome, std::size_t partition, const Wrong& wrong) {
  std::optional<TimeUs> told_until;
  for (const LoggedSignal& logged : outcome.signals) {
    const v1::Signal& signal = logged.signal;
    if (!std::cmp_equal(signal.partition(), partition)) continue;
    if (signal.has_time()) told_until = signal.time_us();
    if (!signal.has_condition()) continue;
    const TimeUs before = signal.time_us() - kPaneUs;
    // What changes in the very first tick has no time before it.
    if (told_until.value_or(before) != before)
      wrong(fmt::format("signal {}, partition {}: a change at {}, where time is told until {}",
                        logged.offset, partition, signal.time_us(), *told_until));
    told_until = before;
  }
}

}  // namespace

std::shared_ptr<const objectives::Objectives> objectives_of_sim() {
  v1::Objectives message;
  v1::ObjectiveDefinition& definition = *message.add_objective();
  definition.set_name("sim");
  definition.set_good("status == ok");
  definition.add_per("service");
  definition.set_target_ppb(900'000'000);
  definition.set_method(v1::BUDGETING_METHOD_OCCURRENCES);
  definition.set_window_us(30 * kDayUs);
  v1::ConditionDefinition& page = *definition.add_condition();
  page.set_name("page");
  page.set_severity("page");
  page.set_long_us(kMinuteUs);
  page.set_factor_ppb(2'000'000'000);
  page.set_level_ppb(50'000'000);
  page.set_min_events(3);
  v1::ConditionDefinition& ticket = *definition.add_condition();
  ticket.set_name("ticket");
  ticket.set_severity("ticket");
  ticket.set_long_us(2 * kMinuteUs);
  ticket.set_short_us(kMinuteUs);
  ticket.set_factor_ppb(1'000'000'000);
  ticket.set_for_us(20 * kSecondUs);
  return objectives::Objectives::make(message).value();
}

void check_objectives(const Scenario& scenario, const Oracle& oracle, const Outcome& outcome,
                      const Wrong& wrong) {
  Recount expected;
  for (const std::vector<Counted>& partition : oracle.counted()) {
    for (const Counted& counted : partition) {
      const v1::InferenceEvent& event = *counted.event;
      GoodOf& sum = expected[{event.service(), floor_div(event.event_time_us(), kPaneUs)}];
      sum.good += event.status() == v1::INFERENCE_STATUS_OK;
      ++sum.total;
    }
  }
  Recount found;
  for (const std::vector<LoggedCounts>& partition : outcome.counts)
    for (const LoggedCounts& logged : partition)
      for (const v1::SliDelta& delta : logged.batch.delta())
        add(delta, found[{service_of(delta), delta.pane()}]);
  for (const auto& [key, sum] : expected)
    if (const GoodOf& counted = found[key]; counted != sum)
      wrong(fmt::format("objective, service {} pane {}: counted {}/{}, are {}/{}", key.first,
                        key.second, counted.good, counted.total, sum.good, sum.total));
  if (found.size() != expected.size())
    wrong(
        fmt::format("objective: counts of {} panes, there are {}", found.size(), expected.size()));
  for (std::size_t partition = 0; partition < outcome.burns.size(); ++partition) {
    for (const v1::BurnResult& result : outcome.burns[partition]) {
      const GoodOf before = told_before(result, outcome.counts[partition]);
      if (result.good() != before.good || result.total() != before.total)
        wrong(fmt::format("ledger of {} at {}: {}/{}, the counts before it are {}/{}",
                          result.series(0), result.end_time_us(), result.good(), result.total(),
                          before.good, before.total));
    }
    Conditions conditions(outcome, partition, wrong);
    conditions.check();
    if (!scenario.history) conditions.check_calm();
    check_time(outcome, partition, wrong);
  }
}

}  // namespace weir::sim
