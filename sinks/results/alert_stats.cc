#include "sinks/results/alert_stats.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <vector>

namespace weir::results {
namespace {

struct Interval {
  TimeUs from_us = 0;
  TimeUs to_us = 0;
};

struct Gathered {
  std::vector<const AlertLife*> lives;
  std::set<std::string_view> told;
  std::set<std::string_view> sent;
  std::set<std::string_view> failed;
};

std::optional<DurationUs> mean(const std::vector<DurationUs>& values) {
  if (values.empty()) return std::nullopt;
  double sum = 0;
  for (const DurationUs each : values) sum += static_cast<double>(each);
  return static_cast<DurationUs>(sum / static_cast<double>(values.size()));
}

std::optional<double> ratio(std::int64_t part, std::int64_t all) {
  if (all == 0) return std::nullopt;
  return static_cast<double>(part) / static_cast<double>(all);
}

/// Lives that overlap are one incident.
std::vector<Interval> incidents_of(const std::vector<const AlertLife*>& lives) {
  std::vector<Interval> intervals;
  for (const AlertLife* life : lives)
    intervals.push_back({life->fired_us, life->resolved_us.value_or(kMaxTime)});
  std::ranges::sort(intervals, {}, &Interval::from_us);
  std::vector<Interval> incidents;
  for (const Interval& each : intervals) {
    if (!incidents.empty() && each.from_us <= incidents.back().to_us) {
      incidents.back().to_us = std::max(incidents.back().to_us, each.to_us);
    } else {
      incidents.push_back(each);
    }
  }
  return incidents;
}

void add(const AlertNotifications& notifications, Gathered& gathered) {
  for (const auto& [id, at] : notifications.told) gathered.told.insert(id);
  for (const auto& [id, at] : notifications.sent) gathered.sent.insert(id);
  for (const auto& [id, at] : notifications.failed) gathered.failed.insert(id);
}

/// All but incidents, which are a service's own.
AlertStats stats_of(const Gathered& gathered) {
  AlertStats stats;
  std::vector<DurationUs> to_acknowledge;
  std::vector<DurationUs> to_resolve;
  for (const AlertLife* life : gathered.lives) {
    ++stats.fired;
    stats.hidden += life->is_hidden();
    stats.acknowledged += life->acknowledged_append_us.has_value();
    stats.useful += life->useful == true;
    stats.not_useful += life->useful == false;
    stats.actioned += life->acknowledged_append_us || life->useful == true;
    if (life->acknowledged_append_us)
      to_acknowledge.push_back(*life->acknowledged_append_us - life->fired_append_us);
    if (life->resolved_us) to_resolve.push_back(*life->resolved_us - life->fired_us);
  }
  stats.told = static_cast<std::int64_t>(gathered.told.size());
  // For who keeps incidents alone there are others, of which alert decides nothing.
  const auto told_of = [&](const std::set<std::string_view>& ids) -> std::int64_t {
    return std::ranges::count_if(ids,
                                 [&](std::string_view id) { return gathered.told.contains(id); });
  };
  stats.sent = told_of(gathered.sent);
  stats.failed = told_of(gathered.failed);
  stats.signal_to_noise = ratio(stats.actioned, stats.fired - stats.hidden);
  stats.precision = ratio(stats.useful, stats.useful + stats.not_useful);
  stats.time_to_acknowledge_us = mean(to_acknowledge);
  stats.time_to_resolve_us = mean(to_resolve);
  return stats;
}

Json seconds(const std::optional<DurationUs>& duration) {
  if (!duration) return {};
  return static_cast<double>(*duration) / static_cast<double>(kSecondUs);
}

Json to_json(const AlertStats& stats) {
  const auto number = [](const std::optional<double>& value) {
    return value ? Json(*value) : Json();
  };
  return {{"fired", stats.fired},
          {"hidden", stats.hidden},
          {"acknowledged", stats.acknowledged},
          {"useful", stats.useful},
          {"not_useful", stats.not_useful},
          {"notifications", stats.told},
          {"sent", stats.sent},
          {"failed", stats.failed},
          {"incidents", stats.incidents},
          {"signal_to_noise", number(stats.signal_to_noise)},
          {"precision", number(stats.precision)},
          {"mtta_s", seconds(stats.time_to_acknowledge_us)},
          {"mttr_s", seconds(stats.time_to_resolve_us)},
          {"mtbf_s", seconds(stats.time_between_failures_us)}};
}

}  // namespace

AllAlertStats alert_stats(const AlertTally& tally) {
  Gathered all;
  std::map<std::string, Gathered> services;
  for (const auto& [service, notifications] : tally.notifications()) {
    add(notifications, all);
    add(notifications, services[service]);
  }
  for (const auto& [name, life] : tally.lives()) {
    all.lives.push_back(&life);
    services[life.service].lives.push_back(&life);
  }
  AllAlertStats stats{.all = stats_of(all)};
  std::vector<DurationUs> between_all;
  for (const auto& [service, gathered] : services) {
    AlertStats& own = stats.by_service[service] = stats_of(gathered);
    const std::vector<Interval> incidents = incidents_of(gathered.lives);
    std::vector<DurationUs> between;
    for (std::size_t i = 1; i < incidents.size(); ++i)
      between.push_back(incidents[i].from_us - incidents[i - 1].to_us);
    own.incidents = static_cast<std::int64_t>(incidents.size());
    own.time_between_failures_us = mean(between);
    stats.all.incidents += own.incidents;
    between_all.insert(between_all.end(), between.begin(), between.end());
  }
  stats.all.time_between_failures_us = mean(between_all);
  return stats;
}

Result<AllAlertStats> read_alert_stats(const runtime::Reader& log, const DecisionQuery& query) {
  AlertTally tally;
  WEIR_TRY(read_decisions(log, query, [&](const v1::Decision& decision) {
    tally.take(decision);
    return true;
  }));
  return alert_stats(tally);
}

Result<void> AlertStatsBoard::update(const runtime::Reader& log) {
  WEIR_TRY(read_new<v1::Decision>(
      log, kDecisionTopic, kBoardKeepsUs, tail_,
      [this](const runtime::Record&, const v1::Decision& decision) { tally_.take(decision); }));
  if (tail_.next_offset == counted_to_ || tail_.append_time_us == kMinTime) return {};
  tally_.fit(tail_.append_time_us);
  stats_ = alert_stats(tally_);
  counted_to_ = tail_.next_offset;
  return {};
}

Json to_json(const AllAlertStats& stats) {
  Json services = Json::object();
  for (const auto& [service, own] : stats.by_service) services[service] = to_json(own);
  return {{"all", to_json(stats.all)}, {"services", std::move(services)}};
}

}  // namespace weir::results
