#include "sinks/dashboard/pipeline_facts.h"

namespace weir::dashboard {
namespace {

using results::Json;

Json time_or_null(TimeUs time) { return time == kMinTime ? Json() : Json(format_rfc3339(time)); }

Json to_json(const PartitionFacts& facts, TimeUs now) {
  const bool known = facts.watermark_us != kMinTime;
  return {{"topic", facts.topic},
          {"partition", facts.partition},
          {"processor", facts.processor},
          {"position", facts.position},
          {"end", facts.end},
          {"lag_records", facts.end - facts.position},
          {"watermark", time_or_null(facts.watermark_us)},
          {"append_time", time_or_null(facts.append_time_us)},
          {"watermark_lag_s",
           known ? Json(static_cast<double>(now - facts.watermark_us) / 1e6) : Json()},
          {"stalled", facts.stalled},
          {"stalled_since", time_or_null(facts.stalled_since_us)}};
}

Json to_json(const results::ReceiverFacts& facts) {
  return {{"name", facts.name},
          {"type", facts.type},
          {"sent", facts.sent},
          {"failed", facts.failed},
          {"retried", facts.retried},
          {"waiting", facts.waiting},
          {"oldest_waiting_s", facts.oldest_waiting_s},
          {"trouble", facts.trouble}};
}

}  // namespace

Json to_json(const PipelineFacts& facts, TimeUs now) {
  Json json;
  Json& partitions = json["partitions"] = Json::array();
  for (const PartitionFacts& each : facts.partitions) partitions.push_back(to_json(each, now));
  Json& receivers = json["receivers"] = Json::array();
  for (const results::ReceiverFacts& each : facts.receivers) receivers.push_back(to_json(each));
  json["events_per_second"] = facts.events_per_second;
  json["results_per_second"] = facts.results_per_second;
  Json& dead_letters = json["dead_letters"] = Json::object();
  for (const auto& [reason, count] : facts.dead_letters) dead_letters[reason] = count;
  json["state_bytes"] = facts.state_bytes;
  json["disk_bytes"] = facts.disk_bytes;
  json["disk_budget_bytes"] = facts.disk_budget_bytes;
  json["memory_bytes"] = facts.memory_bytes;
  json["memory_budget_bytes"] = facts.memory_budget_bytes;
  json["uptime_s"] = facts.uptime_s;
  return json;
}

}  // namespace weir::dashboard
