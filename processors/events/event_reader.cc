#include "processors/events/event_reader.h"

namespace weir::events {
namespace {

using v1::InferenceEvent;

constexpr int kNone = -1;

/// By field number of InferenceEvent: the text or number it is, or kNone.
struct FieldTable {
  std::array<std::int8_t, 32> text;
  std::array<std::int8_t, 32> number;
};

constexpr FieldTable make_fields() {
  FieldTable table{};
  table.text.fill(kNone);
  table.number.fill(kNone);
  constexpr std::array<int, kTexts> kTextFields = {
      InferenceEvent::kServiceFieldNumber,      InferenceEvent::kModelFieldNumber,
      InferenceEvent::kModelVersionFieldNumber, InferenceEvent::kTenantFieldNumber,
      InferenceEvent::kBusinessLineFieldNumber, InferenceEvent::kRegionFieldNumber,
      InferenceEvent::kHostFieldNumber,         InferenceEvent::kGpuTypeFieldNumber,
      InferenceEvent::kExperimentFieldNumber,   InferenceEvent::kVariantFieldNumber,
      InferenceEvent::kGpuIdFieldNumber,        InferenceEvent::kErrorDetailFieldNumber};
  constexpr std::array<int, kNumbers> kNumberFields = {
      InferenceEvent::kLatencyUsFieldNumber,    InferenceEvent::kTtftUsFieldNumber,
      InferenceEvent::kQueueUsFieldNumber,      InferenceEvent::kComputeUsFieldNumber,
      InferenceEvent::kNetworkUsFieldNumber,    InferenceEvent::kColdStartUsFieldNumber,
      InferenceEvent::kInputTokensFieldNumber,  InferenceEvent::kOutputTokensFieldNumber,
      InferenceEvent::kCachedTokensFieldNumber, InferenceEvent::kRetryCountFieldNumber,
      InferenceEvent::kBatchSizeFieldNumber};
  for (std::size_t k = 0; k < kTexts; ++k)
    table.text[static_cast<std::size_t>(kTextFields[k])] = static_cast<std::int8_t>(k);
  for (std::size_t k = 0; k < kNumbers; ++k)
    table.number[static_cast<std::size_t>(kNumberFields[k])] = static_cast<std::int8_t>(k);
  return table;
}

constexpr FieldTable kFields = make_fields();

void read_varint(WireReader& wire, EventRow& row) {
  const std::uint32_t field = wire.field();
  const std::uint64_t value = wire.varint();
  if (field < kFields.number.size() && kFields.number[field] != kNone) {
    const auto which = static_cast<Number>(kFields.number[field]);
    // retry_count and batch_size are int32 on the wire: cut, as protobuf does.
    row.set(which, which >= Number::retry_count ? static_cast<std::int32_t>(value)
                                                : static_cast<std::int64_t>(value));
    return;
  }
  switch (field) {
    case InferenceEvent::kEventTimeUsFieldNumber:
      row.event_time_us = static_cast<std::int64_t>(value);
      break;
    case InferenceEvent::kStatusFieldNumber:
      row.status = static_cast<std::int32_t>(value);
      break;
    case InferenceEvent::kLowConfidenceFieldNumber:
      row.set_low_confidence(value != 0);
      break;
    case InferenceEvent::kAbnormalInputFieldNumber:
      row.set_abnormal_input(value != 0);
      break;
    default:
      break;
  }
}

void read_bytes(WireReader& wire, EventRow& row) {
  const std::uint32_t field = wire.field();
  const std::string_view value = wire.bytes();
  if (field < kFields.text.size() && kFields.text[field] != kNone)
    row.texts[static_cast<std::size_t>(kFields.text[field])] = value;
  else if (field == InferenceEvent::kRequestIdFieldNumber)
    row.request_id = value;
}

}  // namespace

bool parse_event(std::string_view record, EventRow& row, int depth) {
  row = EventRow();
  WireReader wire(record, depth);
  while (wire.next()) {
    if (wire.type() == WireType::varint)
      read_varint(wire, row);
    else if (wire.type() == WireType::bytes)
      read_bytes(wire, row);
    else if (wire.tag() == wire_tag(InferenceEvent::kUserHashFieldNumber, WireType::fixed64))
      row.user_hash = wire.fixed<std::uint64_t>();
    else if (wire.tag() == wire_tag(InferenceEvent::kConfidenceFieldNumber, WireType::fixed32))
      row.confidence = wire.fixed<float>();
    else
      wire.skip();
  }
  return wire.ok();
}

ReadResult read_event(std::string_view record, EventColumns& columns) {
  EventRow row;
  ReadResult result = check_size(record);
  if (result && !parse_event(record, row))
    result = std::unexpected(Problem{0, v1::DEAD_LETTER_REASON_MALFORMED,
                                     "the record is not a serialised weir.v1.InferenceEvent"});
  if (!result) {
    columns.append(EventRow());
    return result;
  }
  columns.append(row);
  if (auto problem = check(row)) return std::unexpected(*std::move(problem));
  return {};
}

}  // namespace weir::events
