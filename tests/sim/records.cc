#include "tests/sim/records.h"

#include <algorithm>
#include <limits>
#include <span>

#include <fmt/format.h>
#include <google/protobuf/message.h>

namespace weir::sim {
namespace {

using google::protobuf::FieldDescriptor;

constexpr std::uint32_t kAbsent = 0xFFFF'FFFF;
constexpr TimeUs kYear10000 = 253'402'300'800'000'000;  // beyond what RFC 3339 can say
const std::vector<std::string> kNumbers = {
    "latency_us",   "ttft_us",       "queue_us",      "compute_us",  "network_us", "cold_start_us",
    "input_tokens", "output_tokens", "cached_tokens", "retry_count", "batch_size"};
const std::vector<std::string> kTexts = {"service", "model", "tenant", "region"};

/// The value of an optional number of either width.
std::optional<std::int64_t> number_of(const v1::InferenceEvent& event, const std::string& name) {
  const FieldDescriptor* const field = v1::InferenceEvent::descriptor()->FindFieldByName(name);
  const auto& reflection = *v1::InferenceEvent::GetReflection();
  if (!reflection.HasField(event, field)) return std::nullopt;
  return field->cpp_type() == FieldDescriptor::CPPTYPE_INT32 ? reflection.GetInt32(event, field)
                                                             : reflection.GetInt64(event, field);
}

const std::string& text_of(const v1::InferenceEvent& event, const std::string& name) {
  if (name == "service") return event.service();
  if (name == "model") return event.model();
  if (name == "tenant") return event.tenant();
  return event.region();
}

void add_number(std::span<const Event> events, const std::string& name, v1::InferenceBatch& batch) {
  const auto has = [&name](const Event& e) { return number_of(e.fields, name).has_value(); };
  if (std::ranges::none_of(events, has)) return;
  const FieldDescriptor* const column = v1::InferenceBatch::descriptor()->FindFieldByName(name);
  for (const Event& event : events)
    v1::InferenceBatch::GetReflection()->AddUInt32(
        &batch, column,
        static_cast<std::uint32_t>(number_of(event.fields, name).value_or(kAbsent)));
}

void add_text(std::span<const Event> events, const std::string& name, v1::InferenceBatch& batch) {
  auto& column =
      *static_cast<v1::StringColumn*>(v1::InferenceBatch::GetReflection()->MutableMessage(
          &batch, v1::InferenceBatch::descriptor()->FindFieldByName(name)));
  for (const Event& event : events) {
    const std::string& text = text_of(event.fields, name);
    const auto found = std::ranges::find(column.value(), text);
    const auto code = found - column.value().begin();
    if (found == column.value().end()) column.add_value(text);
    column.mutable_code()->push_back(static_cast<char>(code));
  }
}

char flags_of(const v1::InferenceEvent& event) {
  int flags = 0;
  if (event.has_low_confidence())
    flags |= v1::INFERENCE_FLAG_LOW_CONFIDENCE_KNOWN | (event.low_confidence() ? 1 : 0);
  if (event.has_abnormal_input())
    flags |= v1::INFERENCE_FLAG_ABNORMAL_INPUT_KNOWN | (event.abnormal_input() ? 4 : 0);
  return static_cast<char>(flags);
}

/// A status above those of v1 has a name that only a newer producer knows.
std::string status_name(int status) {
  std::string name = v1::InferenceStatus_Name(status);
  if (name.empty()) return "of_tomorrow";
  name = name.substr(std::string_view("INFERENCE_STATUS_").size());
  for (char& c : name) c = static_cast<char>(std::tolower(c));
  return name;
}

}  // namespace

bool fits_columns(const v1::InferenceEvent& event) {
  const auto fits = [&event](const std::string& name) {
    const auto value = number_of(event, name);
    return !value || (*value >= 0 && *value < kAbsent);
  };
  return event.event_time_us() > 0 && event.event_time_us() < kYear10000 &&
         event.request_id().empty() && !event.has_confidence() &&
         std::ranges::all_of(kNumbers, fits);
}

std::string to_batch(const std::vector<Event>& events) {
  const auto other =
      std::ranges::find_if_not(events, [](const Event& e) { return fits_columns(e.fields); });
  const std::span<const Event> columns(events.begin(), other);
  v1::InferenceBatch batch;
  batch.set_count(static_cast<std::uint32_t>(columns.size()));
  TimeUs base = std::numeric_limits<TimeUs>::max();
  for (const Event& event : columns) base = std::min(base, event.fields.event_time_us());
  batch.set_base_time_us(columns.empty() ? 0 : base);
  for (const Event& event : columns) {
    batch.add_time_offset_us(static_cast<std::uint32_t>(event.fields.event_time_us() - base));
    batch.add_user_hash(event.fields.user_hash());
    batch.mutable_status()->push_back(static_cast<char>(event.fields.status()));
    batch.mutable_flags()->push_back(flags_of(event.fields));
  }
  for (const std::string& name : kTexts) add_text(columns, name, batch);
  for (const std::string& name : kNumbers) add_number(columns, name, batch);
  for (auto event = other; event != events.end(); ++event) *batch.add_other() = event->fields;
  return batch.SerializeAsString();
}

std::string to_json(const v1::InferenceEvent& event) {
  const TimeUs time = event.event_time_us();
  const std::string shown =
      time < kYear10000 ? fmt::format("\"{}\"", format_rfc3339(time)) : std::to_string(time);
  std::string json = fmt::format(R"({{"event_time":{},"new_field":[1,{{}}])", shown);
  if (event.status() != 0) json += fmt::format(R"(,"status":"{}")", status_name(event.status()));
  for (const std::string& name : kTexts)
    if (const std::string& text = text_of(event, name); !text.empty())
      json += fmt::format(R"(,"{}":"{}")", name, text);
  for (const std::string& name : kNumbers)
    if (const auto value = number_of(event, name)) json += fmt::format(R"(,"{}":{})", name, *value);
  if (event.has_low_confidence())
    json += fmt::format(R"(,"low_confidence":{})", event.low_confidence());
  if (event.has_abnormal_input())
    json += fmt::format(R"(,"abnormal_input":{})", event.abnormal_input());
  if (event.user_hash() != 0) json += fmt::format(R"(,"user_hash":"{:x}")", event.user_hash());
  if (!event.request_id().empty()) json += R"(,"request_id":"00")";
  return json + "}";
}

}  // namespace weir::sim
