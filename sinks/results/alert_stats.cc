#include "sinks/results/alert_stats.h"

#include <algorithm>
#include <set>
#include <vector>

namespace weir::results {
namespace {

struct Life {
  std::string service;
  TimeUs fired_us = 0;
  TimeUs fired_append_us = 0;
  std::optional<TimeUs> resolved_us;
  std::optional<TimeUs> acknowledged_append_us;
  std::optional<bool> useful;
  bool muted = false;  // at some time
  bool told = false;

  bool is_hidden() const { return muted && !told && !acknowledged_append_us && !useful; }
};

using LifeName = std::pair<std::string, std::uint32_t>;

struct Interval {
  TimeUs from_us = 0;
  TimeUs to_us = 0;
};

struct Gathered {
  std::vector<const Life*> lives;
  std::set<std::string> told;
  std::set<std::string> sent;
  std::set<std::string> failed;
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
std::vector<Interval> incidents_of(const std::vector<const Life*>& lives) {
  std::vector<Interval> intervals;
  for (const Life* life : lives)
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

void take(const v1::Decision& decision, Life& life) {
  switch (decision.kind()) {
    case v1::DECISION_KIND_ACKNOWLEDGED:
      if (!life.acknowledged_append_us) life.acknowledged_append_us = decision.append_time_us();
      break;
    case v1::DECISION_KIND_SILENCED:
    case v1::DECISION_KIND_INHIBITED:
      life.muted = true;
      break;
    case v1::DECISION_KIND_GROUPED:
      life.told = true;
      break;
    case v1::DECISION_KIND_RESOLVED:
      life.resolved_us = decision.time_us();
      break;
    case v1::DECISION_KIND_USEFUL:
    case v1::DECISION_KIND_NOT_USEFUL:
      life.useful = decision.kind() == v1::DECISION_KIND_USEFUL;
      break;
    default:
      break;
  }
}

void note_told(const v1::Decision& decision, Gathered& gathered) {
  if (decision.notification_id().empty()) return;
  switch (decision.kind()) {
    case v1::DECISION_KIND_GROUPED:
      gathered.told.insert(decision.notification_id());
      break;
    case v1::DECISION_KIND_SENT:
      gathered.sent.insert(decision.notification_id());
      break;
    case v1::DECISION_KIND_FAILED:
      gathered.failed.insert(decision.notification_id());
      break;
    default:
      break;
  }
}

/// All but incidents, which are a service's own.
AlertStats stats_of(const Gathered& gathered) {
  AlertStats stats;
  std::vector<DurationUs> to_acknowledge;
  std::vector<DurationUs> to_resolve;
  for (const Life* life : gathered.lives) {
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
  stats.sent = static_cast<std::int64_t>(gathered.sent.size());
  stats.failed = static_cast<std::int64_t>(gathered.failed.size());
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

AllAlertStats alert_stats(std::span<const v1::Decision> decisions) {
  std::map<LifeName, Life> lives;
  Gathered all;
  std::map<std::string, Gathered> services;
  for (const v1::Decision& decision : decisions) {
    const LifeName name{decision.fingerprint(), decision.life()};
    if (decision.kind() == v1::DECISION_KIND_FIRED)
      lives[name] = {.service = decision.service(),
                     .fired_us = decision.time_us(),
                     .fired_append_us = decision.append_time_us()};
    if (const auto life = lives.find(name); life != lives.end()) take(decision, life->second);
    note_told(decision, all);
    note_told(decision, services[decision.service()]);
  }
  for (const auto& [name, life] : lives) {
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
  std::vector<v1::Decision> decisions;
  WEIR_TRY(read_decisions(log, query, [&](const v1::Decision& decision) {
    decisions.push_back(decision);
    decisions.back().clear_because();
    return true;
  }));
  return alert_stats(decisions);
}

Json to_json(const AllAlertStats& stats) {
  Json services = Json::object();
  for (const auto& [service, own] : stats.by_service) services[service] = to_json(own);
  return {{"all", to_json(stats.all)}, {"services", std::move(services)}};
}

}  // namespace weir::results
