#include "tests/sim/objectives.h"

#include <map>

#include <fmt/format.h>

#include "processors/aggregates/definitions.h"

namespace weir::sim {
namespace {

constexpr DurationUs kPaneUs = 10 * kSecondUs;

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

/// What one ledger had been told when it told this.
GoodOf told_before(const v1::BurnResult& result, const std::vector<LoggedCounts>& batches) {
  GoodOf sum;
  for (const LoggedCounts& logged : batches) {
    if (logged.offset > result.as_of_offset()) break;
    for (const v1::SliDelta& delta : logged.batch.delta())
      if (service_of(delta) == result.series(0) &&
          (delta.pane() + 1) * kPaneUs <= result.end_time_us())
        add(delta, sum);
  }
  return sum;
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
  v1::ConditionDefinition& condition = *definition.add_condition();
  condition.set_name("page");
  condition.set_long_us(kMinuteUs);
  condition.set_factor_ppb(2'000'000'000);
  return objectives::Objectives::make(message).value();
}

void check_objectives(const Oracle& oracle, const Outcome& outcome,
                      const std::function<void(const std::string&)>& wrong) {
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
  }
}

}  // namespace weir::sim
