#include "tests/sim/oracle.h"

#include <algorithm>

namespace weir::sim {
namespace {

std::string value_of(const v1::InferenceEvent& event, const std::string& dimension) {
  if (dimension == "service") return event.service();
  if (dimension == "model") return event.model();
  if (dimension == "tenant") return event.tenant();
  return event.region();
}

}  // namespace

int tier_of(const v1::Definitions& definitions, DurationUs hop_us) {
  int tier = 0;
  while (definitions.tier(tier).span_us() != hop_us) ++tier;
  return tier;
}

std::vector<std::string> series_of(const v1::ScopeDefinition& scope,
                                   const v1::InferenceEvent& event) {
  std::vector<std::string> series;
  for (const std::string& dimension : scope.dimension())
    series.push_back(value_of(event, dimension));
  return series;
}

Oracle::Oracle(const Scenario& scenario, const std::vector<std::vector<LoggedRecord>>& log)
    : scenario_(scenario), counted_(log.size()), times_(log.size()), seen_(log.size()) {
  for (std::size_t partition = 0; partition < log.size(); ++partition)
    read(static_cast<std::int32_t>(partition), log[partition]);
}

void Oracle::read(std::int32_t partition, const std::vector<LoggedRecord>& log) {
  std::vector<RawTime>& times = times_[static_cast<std::size_t>(partition)];
  RawTime now;
  times.push_back(now);
  for (const LoggedRecord& record : log) {
    now.append = std::max(now.append, record.append_time_us);
    TimeUs newest = kMinTime;
    if (record.input == nullptr) {
      if (record.tick_last_offset == record.offset - 1) newest = now.append;
    } else if (!is_repeat(partition, record, now.append)) {
      newest = read_events(partition, record, now);
    }
    if (newest != kMinTime) {
      now.greatest = std::max(now.greatest, newest);
      now.watermark = std::max(now.watermark, std::min(now.greatest, now.append) -
                                                  scenario_.definitions.out_of_orderness_us());
    }
    times.push_back(now);
  }
}

bool Oracle::is_repeat(std::int32_t partition, const LoggedRecord& record, TimeUs append) {
  if (!record.id) return false;
  auto& seen = seen_[static_cast<std::size_t>(partition)];
  const auto before = seen.find(*record.id);
  if (before == seen.end() || before->second.second < append - kDedupHorizonUs) {
    seen[*record.id] = {record.input->value, append};
    return false;
  }
  if (before->second.first != record.input->value)
    dead_.emplace(partition, record.offset, 0U, v1::DEAD_LETTER_REASON_ID_CONFLICT);
  return true;
}

TimeUs Oracle::read_events(std::int32_t partition, const LoggedRecord& record, const RawTime& now) {
  const Input& input = *record.input;
  if (input.broken != v1::DEAD_LETTER_REASON_UNSPECIFIED) {
    dead_.emplace(partition, record.offset, 0U, input.broken);
    return kMinTime;
  }
  TimeUs newest = kMinTime;
  for (std::uint32_t index = 0; index < input.events.size(); ++index) {
    const Event& event = input.events[index];
    const TimeUs time = event.fields.event_time_us();
    v1::DeadLetterReason reason = event.reason;
    if (reason == v1::DEAD_LETTER_REASON_UNSPECIFIED && time > now.append + kFutureLimitUs)
      reason = v1::DEAD_LETTER_REASON_FROM_THE_FUTURE;
    if (reason == v1::DEAD_LETTER_REASON_UNSPECIFIED) {
      Counted counted{&event.fields, record.offset, tiers_of(time, now.watermark)};
      if (std::ranges::max(counted.tiers) < 0) {
        reason = v1::DEAD_LETTER_REASON_TOO_OLD;
      } else {
        counted_[static_cast<std::size_t>(partition)].push_back(std::move(counted));
        newest = std::max(newest, time);
      }
    }
    if (reason != v1::DEAD_LETTER_REASON_UNSPECIFIED)
      dead_.emplace(partition, record.offset, index, reason);
  }
  return newest;
}

std::vector<int> Oracle::tiers_of(TimeUs time, TimeUs watermark) const {
  const v1::Definitions& definitions = scenario_.definitions;
  const auto takes = [&](int tier) {
    return watermark == kMinTime || time >= watermark - definitions.tier(tier).lateness_us();
  };
  std::vector<int> tiers;
  for (const v1::ScopeDefinition& scope : definitions.scope()) {
    std::set<int> entrances = {0};
    for (const v1::WindowDefinition& window : scope.window())
      entrances.insert(tier_of(definitions, window.hop_us()));
    const auto finest = std::ranges::find_if(entrances, takes);
    tiers.push_back(finest == entrances.end() ? -1 : *finest);
  }
  return tiers;
}

}  // namespace weir::sim
