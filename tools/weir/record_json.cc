#include "tools/weir/record_json.h"

#include <memory>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include "processors/aggregates/inference_aggregate.h"
#include "processors/core/bytes.h"
#include "processors/core/id.h"
#include "processors/events/json_event.h"
#include "processors/graph.h"
#include "tools/weir/batch_events.h"
#include "tools/weir/text_table.h"
#include "weir/v1/partial.pb.h"

namespace weir::cli {
namespace {

using results::Absent;
using results::Json;
using results::to_json;

using google::protobuf::Message;

constexpr std::size_t kShownBytes = 64;
constexpr std::string_view kMessageParameter = "; message=";

/// The message of a topic whose records do not name another.
std::string_view message_of_topic(std::string_view topic) {
  if (topic == topics::kInference) return "weir.v1.InferenceEvent";
  if (topic == topics::kPartial) return "weir.v1.PartialBatch";
  if (topic == topics::kKpi) return "weir.v1.KpiResult";
  if (topic == topics::kSli) return "weir.v1.SliBatch";
  if (topic == topics::kBurn) return "weir.v1.BurnResult";
  if (topic == topics::kSignal) return "weir.v1.Signal";
  if (topic == topics::kAlert) return "weir.v1.AlertRecord";
  if (topic == topics::kDecision) return "weir.v1.Decision";
  if (topic == topics::kDeadLetter) return "weir.v1.DeadLetter";
  return topic == topics::kConfig ? "weir.v1.ConfigRecord" : "";
}

std::string message_of(std::string_view topic, std::string_view content_type) {
  const std::size_t at = content_type.find(kMessageParameter);
  return std::string(at == std::string_view::npos
                         ? message_of_topic(topic)
                         : content_type.substr(at + kMessageParameter.size()));
}

/// Null: no such message, or the bytes are none.
std::unique_ptr<Message> parse(const std::string& name, std::string_view bytes) {
  const auto* type =
      google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(name);
  if (type == nullptr) return nullptr;
  std::unique_ptr<Message> message(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New());
  const bool good = message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  return good ? std::move(message) : nullptr;
}

Json head(const runtime::TopicPartition& where, const runtime::Record& record) {
  Json json;
  json["partition"] = where.partition;
  json["offset"] = record.offset;
  json["append_time"] = format_rfc3339(record.append_time_us);
  if (!record.key.empty()) json["key"] = record.key;
  if (record.id) json["id"] = format_id(*record.id);
  return json;
}

Json event_json(const v1::InferenceEvent& event) {
  return Json::parse(events::to_json(event), nullptr, false);
}

/// The values of a series' dimensions.
Json series_json(std::string_view series) {
  Json values = Json::array();
  ByteReader reader(series);
  while (!reader.at_end()) values.push_back(reader.bytes());
  return values;
}

/// Instead of their bytes, what the series and the aggregate of each delta are.
void explain_deltas(const v1::PartialBatch& batch, Json& message) {
  for (int i = 0; i < batch.delta_size(); ++i) {
    Json& delta = message["delta"][static_cast<std::size_t>(i)];
    delta["series"] = series_json(batch.delta(i).series());
    const std::string& bytes = batch.delta(i).aggregate();
    const auto aggregate = aggregates::InferenceAggregate::decode(bytes);
    delta["aggregate"] = {{"bytes", bytes.size()},
                          {"requests", aggregate ? Json(aggregate->requests()) : Json()}};
  }
}

std::vector<Json> undecoded(Json json, const runtime::Record& record, std::string_view why) {
  json["content_type"] = record.content_type;
  json["undecoded"] = why;
  json["bytes"] = record.value.size();
  json["begin"] = printable(record.value, kShownBytes);
  return {std::move(json)};
}

std::vector<Json> decode_batch(const Json& head, const runtime::Record& record,
                               const v1::InferenceBatch& batch) {
  const auto events = events_of(batch);
  if (!events) return undecoded(head, record, events.error().message);
  std::vector<Json> lines;
  for (std::size_t i = 0; i < events->size(); ++i) {
    Json& line = lines.emplace_back(head);
    line["event_index"] = i;
    line["event"] = event_json((*events)[i]);
  }
  return lines;
}

}  // namespace

std::vector<Json> decode_record(const runtime::TopicPartition& where,
                                const runtime::Record& record) {
  Json json = head(where, record);
  if (record.content_type == runtime::kJsonType) {
    Json parsed = Json::parse(record.value, nullptr, false);
    if (!parsed.is_discarded()) {
      json[where.topic == topics::kInference ? "event" : "message"] = std::move(parsed);
      return {std::move(json)};
    }
    return undecoded(std::move(json), record, "not JSON");
  }
  const std::string name = message_of(where.topic, record.content_type);
  const std::unique_ptr<Message> message = parse(name, record.value);
  if (!message)
    return undecoded(std::move(json), record,
                     name.empty() ? "no message is known for it" : "not a " + name);
  if (const auto* batch = dynamic_cast<const v1::InferenceBatch*>(message.get()))
    return decode_batch(json, record, *batch);
  if (const auto* event = dynamic_cast<const v1::InferenceEvent*>(message.get())) {
    json["event"] = event_json(*event);
    return {std::move(json)};
  }
  json["type"] = name;
  json["message"] = to_json(*message, Absent::left_out);
  if (const auto* partial = dynamic_cast<const v1::PartialBatch*>(message.get()))
    explain_deltas(*partial, json["message"]);
  return {std::move(json)};
}

}  // namespace weir::cli
