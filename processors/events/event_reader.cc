#include "processors/events/event_reader.h"

#include <algorithm>

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

/// What parse_fields makes of an event: a row.
class RowSink {
 public:
  explicit RowSink(EventRow& row) : row_(row) { row_.clear(); }

  void text(std::size_t k, std::string_view value) { row_.texts[k] = value; }
  void number(std::size_t k, std::int64_t value) { row_.set(static_cast<Number>(k), value); }
  void event_time(TimeUs value) { row_.event_time_us = value; }
  void status(std::int32_t value) { row_.status = value; }
  void low_confidence(bool value) { row_.set_low_confidence(value); }
  void abnormal_input(bool value) { row_.set_abnormal_input(value); }
  void request_id(std::string_view value) { row_.request_id = value; }
  void user_hash(std::uint64_t value) { row_.user_hash = value; }
  void confidence(float value) { row_.confidence = value; }

 private:
  EventRow& row_;
};

/// Entries of columns, straight away, as long as the event is plain: every value keeps the rules
/// (`check` would find nothing), texts are ASCII and numbers narrow. Where it is not, what was
/// written is behind the columns' end and means nothing.
class ColumnSink {
 public:
  explicit ColumnSink(EventColumns& columns) : columns_(columns), event_(columns.count) {
    columns_.reserve_one();
  }

  void text(std::size_t k, std::string_view value) {
    plain_ &= value.size() <= kMaxNameBytes && is_ascii(value);
    columns_.texts[k].each[event_] = value;
    told_ |= 1u << k;
  }
  void number(std::size_t k, std::int64_t value) {
    plain_ &= static_cast<std::uint64_t>(value) < kAbsent;
    columns_.numbers[k][event_] = static_cast<std::uint32_t>(value);
    told_ |= 1u << (kTexts + k);
  }
  void event_time(TimeUs value) { time_us_ = value; }
  void status(std::int32_t value) { status_ = std::min(static_cast<std::uint32_t>(value), 255u); }
  void low_confidence(bool value) { events::set_low_confidence(flags_, value); }
  void abnormal_input(bool value) { events::set_abnormal_input(flags_, value); }
  void request_id(std::string_view value) { plain_ &= value.empty() || value.size() == 16; }
  void user_hash(std::uint64_t value) { user_hash_ = value; }
  void confidence(float value) { plain_ &= value >= 0.0f && value <= 1.0f; }

  /// Makes the event count as read. False: it is not plain.
  bool finish() {
    if (!plain_ || !is_event_time(time_us_)) return false;
    told_ |= (status_ != 0 ? EventColumns::kStatusBit : 0) |
             (flags_ != 0 ? EventColumns::kFlagsBit : 0) |
             (user_hash_ != 0 ? EventColumns::kUserBit : 0);
    if ((told_ & ~columns_.opened) != 0) [[unlikely]]
      columns_.open(told_ & ~columns_.opened, event_);
    if ((columns_.opened & ~told_) != 0) [[unlikely]]
      columns_.set_absent(columns_.opened & ~told_, event_);
    columns_.status[event_] = static_cast<std::uint8_t>(status_);
    columns_.flags[event_] = flags_;
    columns_.user_hash[event_] = user_hash_;
    columns_.event_time_us[event_] = time_us_;
    columns_.min_time_us = std::min(columns_.min_time_us, time_us_);
    columns_.max_time_us = std::max(columns_.max_time_us, time_us_);
    ++columns_.count;
    return true;
  }

 private:
  EventColumns& columns_;
  const std::size_t event_;
  bool plain_ = true;
  std::uint32_t told_ = 0;  // EventColumns::bit
  std::uint32_t status_ = 0;
  TimeUs time_us_ = 0;
  std::uint64_t user_hash_ = 0;
  std::uint8_t flags_ = 0;
};

/// Gives the sink every field, in the record's order. False: not an event.
template <class Sink>
[[gnu::always_inline]] inline bool parse_fields(std::string_view record, Sink& sink, int depth) {
  WireReader wire(record, depth);
  while (wire.next()) {
    const Field field = wire.tag() < kFields.size() ? kFields[wire.tag()] : Field();
    switch (field.kind) {
      case Kind::text:
        sink.text(field.index, wire.bytes());
        break;
      case Kind::number:
        sink.number(field.index, static_cast<std::int64_t>(wire.varint()));
        break;
      case Kind::number32:
        sink.number(field.index, static_cast<std::int32_t>(wire.varint()));
        break;
      case Kind::event_time:
        sink.event_time(static_cast<std::int64_t>(wire.varint()));
        break;
      case Kind::status:
        sink.status(static_cast<std::int32_t>(wire.varint()));
        break;
      case Kind::low_confidence:
        sink.low_confidence(wire.varint() != 0);
        break;
      case Kind::abnormal_input:
        sink.abnormal_input(wire.varint() != 0);
        break;
      case Kind::request_id:
        sink.request_id(wire.bytes());
        break;
      case Kind::user_hash:
        sink.user_hash(wire.fixed<std::uint64_t>());
        break;
      case Kind::confidence:
        sink.confidence(wire.fixed<float>());
        break;
      case Kind::unknown:
        wire.skip();
        break;
    }
  }
  return wire.ok();
}

/// An event that is not plain, or none.
[[gnu::noinline]] ReadResult read_row(std::string_view record, EventColumns& columns) {
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

}  // namespace

bool parse_event(std::string_view record, EventRow& row, int depth) {
  RowSink sink(row);
  return parse_fields(record, sink, depth);
}

ReadResult read_event(std::string_view record, EventColumns& columns) {
  if (record.size() <= kMaxRecordBytes) {
    ColumnSink sink(columns);
    if (parse_fields(record, sink, WireReader::kDepth) && sink.finish()) [[likely]]
      return {};
  }
  return read_row(record, columns);
}

}  // namespace weir::events
