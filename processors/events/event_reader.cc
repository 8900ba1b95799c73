#include "processors/events/event_reader.h"

namespace weir::events {
namespace {

using v1::InferenceEvent;

enum class Kind : std::uint8_t {
  unknown,
  text,
  number,
  number32,  // int32 on the wire: bits above are cut, as protobuf does
  event_time,
  status,
  low_confidence,
  abnormal_input,
  request_id,
  user_hash,
  confidence,
};

struct Field {
  Kind kind = Kind::unknown;
  std::uint8_t index = 0;  // of its Text or Number
};

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

/// By tag: a field with another wire type is an unknown one.
constexpr auto make_fields() {
  std::array<Field, 256> fields{};
  const auto set = [&fields](int field, WireType type, Kind kind, std::size_t index = 0) {
    fields[wire_tag(static_cast<std::uint32_t>(field), type)] = {kind,
                                                                 static_cast<std::uint8_t>(index)};
  };
  for (std::size_t k = 0; k < kTexts; ++k) set(kTextFields[k], WireType::bytes, Kind::text, k);
  for (std::size_t k = 0; k < kNumbers; ++k)
    set(kNumberFields[k], WireType::varint,
        static_cast<Number>(k) >= Number::retry_count ? Kind::number32 : Kind::number, k);
  set(InferenceEvent::kRequestIdFieldNumber, WireType::bytes, Kind::request_id);
  set(InferenceEvent::kEventTimeUsFieldNumber, WireType::varint, Kind::event_time);
  set(InferenceEvent::kUserHashFieldNumber, WireType::fixed64, Kind::user_hash);
  set(InferenceEvent::kStatusFieldNumber, WireType::varint, Kind::status);
  set(InferenceEvent::kLowConfidenceFieldNumber, WireType::varint, Kind::low_confidence);
  set(InferenceEvent::kAbnormalInputFieldNumber, WireType::varint, Kind::abnormal_input);
  set(InferenceEvent::kConfidenceFieldNumber, WireType::fixed32, Kind::confidence);
  return fields;
}

constexpr auto kFields = make_fields();

}  // namespace

bool parse_event(std::string_view record, EventRow& row, int depth) {
  row.clear();
  WireReader wire(record, depth);
  while (wire.next()) {
    const Field field = wire.tag() < kFields.size() ? kFields[wire.tag()] : Field();
    switch (field.kind) {
      case Kind::text:
        row.texts[field.index] = wire.bytes();
        break;
      case Kind::number:
        row.set(static_cast<Number>(field.index), static_cast<std::int64_t>(wire.varint()));
        break;
      case Kind::number32:
        row.set(static_cast<Number>(field.index), static_cast<std::int32_t>(wire.varint()));
        break;
      case Kind::event_time:
        row.event_time_us = static_cast<std::int64_t>(wire.varint());
        break;
      case Kind::status:
        row.status = static_cast<std::int32_t>(wire.varint());
        break;
      case Kind::low_confidence:
        row.set_low_confidence(wire.varint() != 0);
        break;
      case Kind::abnormal_input:
        row.set_abnormal_input(wire.varint() != 0);
        break;
      case Kind::request_id:
        row.request_id = wire.bytes();
        break;
      case Kind::user_hash:
        row.user_hash = wire.fixed<std::uint64_t>();
        break;
      case Kind::confidence:
        row.confidence = wire.fixed<float>();
        break;
      case Kind::unknown:
        wire.skip();
        break;
    }
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
