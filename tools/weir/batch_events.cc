#include "tools/weir/batch_events.h"

#include <cmath>
#include <cstring>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/reflection.h>

#include "processors/events/columns.h"
#include "processors/events/event.h"

namespace weir::cli {
namespace {

using google::protobuf::FieldDescriptor;
using v1::InferenceBatch;
using v1::InferenceEvent;

using Events = std::vector<InferenceEvent>;

bool has_length(std::size_t entries, const Events& events) {
  return entries == 0 || entries == events.size();
}

/// False: a code without a value, or not one code an event.
bool read_texts(const v1::StringColumn& column, const FieldDescriptor& field, Events& events) {
  if (column.value().empty()) return column.code().empty();
  const std::size_t width = events.empty() ? 0 : column.code().size() / events.size();
  if (column.code().size() != width * events.size() || width == 3 || width > 4) return false;
  for (std::size_t i = 0; i < events.size(); ++i) {
    std::uint32_t code = 0;
    std::memcpy(&code, column.code().data() + i * width, width);
    if (code >= static_cast<std::uint32_t>(column.value_size())) return false;
    const std::string& value = column.value(static_cast<int>(code));
    if (!value.empty()) InferenceEvent::GetReflection()->SetString(&events[i], &field, value);
  }
  return true;
}

bool read_numbers(const InferenceBatch& batch, const FieldDescriptor& column,
                  const FieldDescriptor& field, Events& events) {
  const auto values =
      InferenceBatch::GetReflection()->GetRepeatedFieldRef<std::uint32_t>(batch, &column);
  if (!has_length(static_cast<std::size_t>(values.size()), events)) return false;
  for (int i = 0; i < values.size(); ++i) {
    const std::uint32_t value = values.Get(i);
    if (value == events::kAbsent) continue;
    InferenceEvent& event = events[static_cast<std::size_t>(i)];
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_INT32) {
      InferenceEvent::GetReflection()->SetInt32(&event, &field, static_cast<std::int32_t>(value));
    } else {
      InferenceEvent::GetReflection()->SetInt64(&event, &field, value);
    }
  }
  return true;
}

bool read_times(const InferenceBatch& batch, Events& events) {
  if (static_cast<std::size_t>(batch.time_offset_us_size()) != events.size()) return false;
  for (std::size_t i = 0; i < events.size(); ++i)
    events[i].set_event_time_us(batch.base_time_us() + batch.time_offset_us(static_cast<int>(i)));
  return true;
}

bool read_bytes(const InferenceBatch& batch, Events& events) {
  static constexpr std::size_t kIdBytes = 16;
  const std::string& ids = batch.request_id();
  if (!has_length(batch.status().size(), events) || !has_length(batch.flags().size(), events) ||
      !has_length(ids.size() / kIdBytes, events) || ids.size() % kIdBytes != 0)
    return false;
  for (std::size_t i = 0; i < batch.status().size(); ++i)
    events[i].set_status(
        static_cast<v1::InferenceStatus>(static_cast<std::uint8_t>(batch.status()[i])));
  for (std::size_t i = 0; i < batch.flags().size(); ++i) {
    const auto flags = static_cast<unsigned>(batch.flags()[i]);
    if (flags & v1::INFERENCE_FLAG_LOW_CONFIDENCE_KNOWN)
      events[i].set_low_confidence((flags & v1::INFERENCE_FLAG_LOW_CONFIDENCE) != 0);
    if (flags & v1::INFERENCE_FLAG_ABNORMAL_INPUT_KNOWN)
      events[i].set_abnormal_input((flags & v1::INFERENCE_FLAG_ABNORMAL_INPUT) != 0);
  }
  for (std::size_t i = 0; i < ids.size() / kIdBytes; ++i) {
    const std::string id = ids.substr(i * kIdBytes, kIdBytes);
    if (id.find_first_not_of('\0') != std::string::npos) events[i].set_request_id(id);
  }
  return true;
}

bool read_others(const InferenceBatch& batch, Events& events) {
  if (!has_length(static_cast<std::size_t>(batch.user_hash_size()), events) ||
      !has_length(static_cast<std::size_t>(batch.confidence_size()), events))
    return false;
  for (int i = 0; i < batch.user_hash_size(); ++i)
    events[static_cast<std::size_t>(i)].set_user_hash(batch.user_hash(i));
  for (int i = 0; i < batch.confidence_size(); ++i)
    if (!std::isnan(batch.confidence(i)))
      events[static_cast<std::size_t>(i)].set_confidence(batch.confidence(i));
  return true;
}

/// Columns of texts and of numbers are named as the fields they hold.
bool read_named_columns(const InferenceBatch& batch, Events& events) {
  const auto& columns = *InferenceBatch::descriptor();
  for (int i = 0; i < columns.field_count(); ++i) {
    const FieldDescriptor& column = *columns.field(i);
    const FieldDescriptor* field = InferenceEvent::descriptor()->FindFieldByName(column.name());
    if (field == nullptr) continue;
    if (column.message_type() == v1::StringColumn::descriptor()) {
      const auto& texts = dynamic_cast<const v1::StringColumn&>(
          InferenceBatch::GetReflection()->GetMessage(batch, &column));
      if (!read_texts(texts, *field, events)) return false;
    } else if (column.type() == FieldDescriptor::TYPE_FIXED32) {
      if (!read_numbers(batch, column, *field, events)) return false;
    }
  }
  return true;
}

}  // namespace

Result<std::vector<v1::InferenceEvent>> events_of(const v1::InferenceBatch& batch) {
  if (batch.count() > events::kMaxEvents)
    return fail(ErrorCode::corrupt, "{} events; at most {} are allowed", batch.count(),
                events::kMaxEvents);
  Events events(batch.count());
  if (!read_times(batch, events) || !read_bytes(batch, events) || !read_others(batch, events) ||
      !read_named_columns(batch, events))
    return fail(ErrorCode::corrupt, "columns do not fit {} events", batch.count());
  events.insert(events.end(), batch.other().begin(), batch.other().end());
  return events;
}

}  // namespace weir::cli
