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

void add(std::optional<std::int64_t>& sum, bool told, std::int64_t value) {
  if (told) sum = sum.value_or(0) + value;
}

void add(Exact& exact, const v1::InferenceEvent& event, bool finest) {
  ++exact.requests;
  ++exact.status[std::min(static_cast<int>(event.status()), 10)];
  if (event.has_latency_us()) exact.latency_us.push_back(event.latency_us());
  if (event.has_ttft_us()) exact.ttft_us.push_back(event.ttft_us());
  add(exact.input_tokens, event.has_input_tokens(), event.input_tokens());
  add(exact.output_tokens, event.has_output_tokens(), event.output_tokens());
  add(exact.retries, event.has_retry_count(), event.retry_count());
  if (finest) ++exact.per_second[floor_div(event.event_time_us(), kSecondUs)];
}

/// Which hop a window rolls by, as an index of the tier with that span.
int tier_of(const v1::Definitions& definitions, DurationUs span) {
  for (int tier = 0; tier < definitions.tier_size(); ++tier)
    if (definitions.tier(tier).span_us() == span) return tier;
  return -1;
}

}  // namespace

Oracle::Oracle(const Scenario& scenario, const std::vector<std::vector<LoggedRecord>>& log)
    : scenario_(scenario) {
  for (std::size_t partition = 0; partition < log.size(); ++partition)
    read(static_cast<std::int32_t>(partition), log[partition]);
}

void Oracle::read(std::int32_t partition, const std::vector<LoggedRecord>& log) {
  TimeUs append = kMinTime;
  TimeUs greatest = kMinTime;
  TimeUs watermark = kMinTime;
  const DurationUs disorder = scenario_.definitions.out_of_orderness_us();
  std::map<Id, std::pair<std::string, TimeUs>> seen;
  for (const LoggedRecord& record : log) {
    append = std::max(append, record.append_time_us);
    if (record.input == nullptr) {
      if (record.tick_last_offset != record.offset - 1) continue;
      greatest = std::max(greatest, append);
      watermark = std::max(watermark, std::min(greatest, append) - disorder);
      continue;
    }
    const Input& input = *record.input;
    if (record.id) {
      const auto before = seen.find(*record.id);
      if (before != seen.end() && before->second.second >= append - kDedupHorizonUs) {
        if (before->second.first != input.value)
          dead_.emplace(partition, record.offset, 0U, v1::DEAD_LETTER_REASON_ID_CONFLICT);
        continue;
      }
      seen[*record.id] = {input.value, append};
    }
    if (input.broken != v1::DEAD_LETTER_REASON_UNSPECIFIED) {
      dead_.emplace(partition, record.offset, 0U, input.broken);
      continue;
    }
    TimeUs newest = kMinTime;
    for (std::uint32_t index = 0; index < input.events.size(); ++index) {
      const Event& event = input.events[index];
      const TimeUs time = event.fields.event_time_us();
      v1::DeadLetterReason reason = event.reason;
      if (reason == v1::DEAD_LETTER_REASON_UNSPECIFIED) {
        bool counted = false;
        if (time > append + kFutureLimitUs) {
          reason = v1::DEAD_LETTER_REASON_FROM_THE_FUTURE;
        } else {
          count(event.fields, watermark, counted);
          if (!counted) reason = v1::DEAD_LETTER_REASON_TOO_OLD;
        }
      }
      if (reason == v1::DEAD_LETTER_REASON_UNSPECIFIED) {
        newest = std::max(newest, time);
      } else {
        dead_.emplace(partition, record.offset, index, reason);
      }
    }
    if (newest == kMinTime) continue;
    greatest = std::max(greatest, newest);
    watermark = std::max(watermark, std::min(greatest, append) - disorder);
    greatest_event_time_ = std::max(greatest_event_time_, greatest);
  }
  watermark_ = std::min(watermark_, watermark);
}

void Oracle::count(const v1::InferenceEvent& event, TimeUs watermark, bool& counted) {
  const v1::Definitions& definitions = scenario_.definitions;
  const TimeUs time = event.event_time_us();
  const auto takes = [&](int tier) {
    return watermark == kMinTime || time >= watermark - definitions.tier(tier).lateness_us();
  };
  for (int s = 0; s < definitions.scope_size(); ++s) {
    const v1::ScopeDefinition& scope = definitions.scope(s);
    std::set<int> bases;
    for (const v1::WindowDefinition& window : scope.window())
      bases.insert(tier_of(definitions, window.hop_us()));
    int entered = takes(0) ? 0 : -1;
    for (const int base : bases)
      if (entered < 0 && takes(base)) entered = base;
    if (entered < 0) continue;
    counted = true;
    std::vector<std::string> series;
    for (const std::string& dimension : scope.dimension())
      series.push_back(value_of(event, dimension));
    for (int w = 0; w < scope.window_size(); ++w) {
      const DurationUs hop = scope.window(w).hop_us();
      if (tier_of(definitions, hop) < entered) continue;
      const TimeUs first = floor_div(time, hop) * hop + hop;
      for (TimeUs end = first; end - scope.window(w).length_us() <= time; end += hop)
        add(windows_[{s, series, w, end}], event, entered == 0);
    }
  }
}

}  // namespace weir::sim
