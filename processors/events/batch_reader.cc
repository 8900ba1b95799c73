#include "processors/events/batch_reader.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>

#include <fmt/format.h>

#include "processors/events/event_reader.h"
#include "processors/events/wire.h"

namespace weir::events {
namespace {

using v1::InferenceBatch;

enum class Kind : std::uint8_t { unknown, varint, fixed32, fixed64, bytes, text, other };

struct Field {
  Kind kind = Kind::unknown;
  std::uint8_t index = 0;  // of its Text or Number
};

constexpr std::array<int, kTexts> kTextFields = {
    InferenceBatch::kServiceFieldNumber,      InferenceBatch::kModelFieldNumber,
    InferenceBatch::kModelVersionFieldNumber, InferenceBatch::kTenantFieldNumber,
    InferenceBatch::kBusinessLineFieldNumber, InferenceBatch::kRegionFieldNumber,
    InferenceBatch::kHostFieldNumber,         InferenceBatch::kGpuTypeFieldNumber,
    InferenceBatch::kExperimentFieldNumber,   InferenceBatch::kVariantFieldNumber,
    InferenceBatch::kGpuIdFieldNumber,        InferenceBatch::kErrorDetailFieldNumber};
constexpr std::array<int, kNumbers> kNumberFields = {
    InferenceBatch::kLatencyUsFieldNumber,    InferenceBatch::kTtftUsFieldNumber,
    InferenceBatch::kQueueUsFieldNumber,      InferenceBatch::kComputeUsFieldNumber,
    InferenceBatch::kNetworkUsFieldNumber,    InferenceBatch::kColdStartUsFieldNumber,
    InferenceBatch::kInputTokensFieldNumber,  InferenceBatch::kOutputTokensFieldNumber,
    InferenceBatch::kCachedTokensFieldNumber, InferenceBatch::kRetryCountFieldNumber,
    InferenceBatch::kBatchSizeFieldNumber};

constexpr auto make_fields() {
  std::array<Field, 33> fields{};
  const auto set = [&fields](int field, Kind kind, std::size_t index = 0) {
    fields[static_cast<std::size_t>(field)] = {kind, static_cast<std::uint8_t>(index)};
  };
  set(InferenceBatch::kCountFieldNumber, Kind::varint);
  set(InferenceBatch::kBaseTimeUsFieldNumber, Kind::varint);
  set(InferenceBatch::kTimeOffsetUsFieldNumber, Kind::fixed32);
  set(InferenceBatch::kRequestIdFieldNumber, Kind::bytes);
  set(InferenceBatch::kUserHashFieldNumber, Kind::fixed64);
  set(InferenceBatch::kStatusFieldNumber, Kind::bytes);
  set(InferenceBatch::kFlagsFieldNumber, Kind::bytes);
  set(InferenceBatch::kConfidenceFieldNumber, Kind::fixed32);
  set(InferenceBatch::kOtherFieldNumber, Kind::other);
  for (std::size_t k = 0; k < kTexts; ++k) set(kTextFields[k], Kind::text, k);
  for (std::size_t k = 0; k < kNumbers; ++k) set(kNumberFields[k], Kind::fixed32, k);
  return fields;
}

constexpr auto kFieldTable = make_fields();

template <class... Args>
std::unexpected<Problem> malformed(fmt::format_string<Args...> text, Args&&... args) {
  return std::unexpected(
      Problem{0, v1::DEAD_LETTER_REASON_MALFORMED, fmt::format(text, std::forward<Args>(args)...)});
}

/// A StringColumn, whose occurrences merge: values are joined, the last code counts.
bool parse_text(std::string_view bytes, std::vector<std::string_view>& values,
                std::string_view& code) {
  WireReader wire(bytes, WireReader::kDepth - 1);
  while (wire.next()) {
    if (wire.tag() == wire_tag(v1::StringColumn::kValueFieldNumber, WireType::bytes))
      values.push_back(wire.bytes());
    else if (wire.tag() == wire_tag(v1::StringColumn::kCodeFieldNumber, WireType::bytes))
      code = wire.bytes();
    else
      wire.skip();
  }
  return wire.ok();
}

/// Little-endian codes of one width, and the greatest of them.
template <class Code>
std::uint32_t widen(std::string_view bytes, std::size_t count, std::uint32_t* codes) {
  Code greatest = 0;  // as narrow as the codes are: more of them fit into a register
  for (std::size_t i = 0; i < count; ++i) {
    Code code;
    std::memcpy(&code, bytes.data() + i * sizeof code, sizeof code);
    codes[i] = code;
    greatest = std::max(greatest, code);
  }
  return greatest;
}

std::string_view name_of(int field) {
  return InferenceBatch::descriptor()->FindFieldByNumber(field)->name();
}

/// By event; of two problems the first one found.
using Problems = std::map<std::uint32_t, Problem>;

/// Whether everything from the first value to the last, what stands between them included, is
/// ASCII. Then so are the values; and none but the first can be long, for a length above 127 is
/// not.
bool is_plain(const std::vector<std::string_view>& values) {
  const std::string_view first = values.front();
  const std::string_view last = values.back();
  return first.size() < 128 && is_ascii({first.data(), last.data() + last.size()});
}

/// Every value once; events are looked at only where one is bad.
void check_dictionary(Text which, const TextColumn& column, std::size_t count, Problems& problems) {
  if (column.absent() || is_plain(column.values)) return;
  std::vector<bool> bad;
  for (std::size_t k = 0; k < column.values.size(); ++k) {
    if (!check_text(which, column.values[k], 0)) continue;
    bad.resize(column.values.size());
    bad[k] = true;
  }
  if (bad.empty()) return;
  for (std::uint32_t i = 0; i < count; ++i)
    if (bad[column.form == TextColumn::Form::coded ? column.codes[i] : 0])
      problems.try_emplace(i, *check_text(which, column.at(i), i));
}

}  // namespace

void FixedColumn::append(std::string_view bytes) {
  if (bytes_.empty()) {
    bytes_ = bytes;
    return;
  }
  if (bytes_.data() != joined_.data()) joined_.assign(bytes_);
  joined_.append(bytes);
  bytes_ = joined_;
}

ReadResult BatchReader::read(std::string_view record, EventColumns& columns,
                             std::vector<Problem>& problems) {
  columns.clear();
  if (auto result = check_size(record, max_bytes_); !result) return result;
  const std::size_t problems_before = problems.size();
  ReadResult result;
  if (!parse(record, columns))
    result = malformed("the record is not a serialised weir.v1.InferenceBatch");
  if (result) result = build(columns);
  if (result) {
    check_rows(columns, problems);
    result = append_others(columns, problems);
  }
  if (!result) {
    columns.clear();
    problems.resize(problems_before);
  }
  return result;
}

/// Notes where everything is; nothing is decoded but dictionaries.
bool BatchReader::parse(std::string_view record, EventColumns& columns) {
  count_ = 0;
  base_time_us_ = 0;
  for (FixedColumn& column : fixed_) column.clear();
  bytes_.fill({});
  others_.clear();
  WireReader wire(record);
  while (wire.next()) {
    const std::uint32_t number = wire.field();
    const Field field = number < kFields ? kFieldTable[number] : Field();
    const WireType type = wire.type();
    if (field.kind == Kind::varint && type == WireType::varint) {
      const std::uint64_t value = wire.varint();
      if (number == InferenceBatch::kCountFieldNumber)
        count_ = static_cast<std::uint32_t>(value);
      else
        base_time_us_ = static_cast<std::int64_t>(value);
    } else if (field.kind == Kind::fixed32 && type == WireType::fixed32) {
      fixed_[number].append(wire.view(4));
    } else if (field.kind == Kind::fixed64 && type == WireType::fixed64) {
      fixed_[number].append(wire.view(8));
    } else if (field.kind == Kind::unknown || type != WireType::bytes) {
      wire.skip();
    } else if (field.kind == Kind::text) {
      if (!parse_text(wire.bytes(), columns.texts[field.index].values, bytes_[number]))
        return false;
    } else if (field.kind == Kind::other) {
      others_.push_back(wire.bytes());
    } else if (field.kind == Kind::bytes) {
      bytes_[number] = wire.bytes();
    } else if (field.kind == Kind::fixed32 || field.kind == Kind::fixed64) {
      const std::string_view packed = wire.bytes();
      if (packed.size() % (field.kind == Kind::fixed32 ? 4 : 8) != 0) return false;
      fixed_[number].append(packed);
    } else {
      wire.skip();
    }
  }
  return wire.ok();
}

/// Columns from the noted bytes, all of one length.
ReadResult BatchReader::build(EventColumns& columns) {
  if (count_ + others_.size() > kMaxEvents)
    return malformed("the batch has {} events; at most {} are taken", count_ + others_.size(),
                     kMaxEvents);
  WEIR_TRY(check_length(InferenceBatch::kTimeOffsetUsFieldNumber, 4, Needed::always));
  WEIR_TRY(check_length(InferenceBatch::kRequestIdFieldNumber, 16));
  WEIR_TRY(check_length(InferenceBatch::kUserHashFieldNumber, 8));
  WEIR_TRY(check_length(InferenceBatch::kStatusFieldNumber, 1));
  WEIR_TRY(check_length(InferenceBatch::kFlagsFieldNumber, 1));
  WEIR_TRY(check_length(InferenceBatch::kConfidenceFieldNumber, 4));
  for (const int field : kNumberFields) WEIR_TRY(check_length(field, 4));

  columns.count = count_;
  build_times(columns);
  columns.has_user_hash = copy(InferenceBatch::kUserHashFieldNumber, columns.user_hash);
  columns.has_status = copy(InferenceBatch::kStatusFieldNumber, columns.status);
  columns.has_flags = copy(InferenceBatch::kFlagsFieldNumber, columns.flags);
  for (std::size_t k = 0; k < kNumbers; ++k)
    columns.has_number[k] = copy(kNumberFields[k], columns.numbers[k]);
  for (std::size_t k = 0; k < kTexts; ++k) WEIR_TRY(build_text(kTextFields[k], columns.texts[k]));
  return {};
}

std::string_view BatchReader::column_bytes(int field) const {
  const auto number = static_cast<std::size_t>(field);
  return kFieldTable[number].kind == Kind::bytes ? bytes_[number] : fixed_[number].bytes();
}

ReadResult BatchReader::check_length(int field, std::size_t width, Needed needed) const {
  const std::size_t bytes = column_bytes(field).size();
  if (bytes == count_ * width || (bytes == 0 && needed == Needed::optional)) return {};
  return malformed("{} has {} bytes; {} events take {}", name_of(field), bytes, count_,
                   count_ * width);
}

/// False: the column is absent.
template <class T>
bool BatchReader::copy(int field, std::vector<T>& column) const {
  const std::string_view bytes = column_bytes(field);
  if (bytes.empty()) return false;
  std::memcpy(make_room(column, count_), bytes.data(), bytes.size());
  return true;
}

void BatchReader::build_times(EventColumns& columns) const {
  const char* const offsets = column_bytes(InferenceBatch::kTimeOffsetUsFieldNumber).data();
  TimeUs* const times = make_room(columns.event_time_us, count_);
  std::uint32_t least = 0xFFFF'FFFF;
  std::uint32_t greatest = 0;
  // Unsigned: a base at the end of time wraps, and is then refused as no time.
  const auto base = static_cast<std::uint64_t>(base_time_us_);
  for (std::size_t i = 0; i < count_; ++i) {
    std::uint32_t offset;
    std::memcpy(&offset, offsets + 4 * i, sizeof offset);
    times[i] = static_cast<TimeUs>(base + offset);
    least = std::min(least, offset);
    greatest = std::max(greatest, offset);
  }
  if (count_ == 0) return;
  const auto first = static_cast<TimeUs>(base + least);
  const auto last = static_cast<TimeUs>(base + greatest);
  columns.min_time_us = std::min(first, last);
  columns.max_time_us = std::max(first, last);
  if (first <= last) return;
  columns.min_time_us = kMinTime;
  columns.max_time_us = kMaxTime;
}

ReadResult BatchReader::build_text(int field, TextColumn& column) const {
  const std::string_view code = bytes_[static_cast<std::size_t>(field)];
  const std::size_t values = column.values.size();
  if (code.empty()) {
    if (values > 1 && count_ > 0)
      return malformed("{} has {} values and no code", name_of(field), values);
    return {};
  }
  const std::size_t width = count_ == 0 ? 0 : code.size() / count_;
  if (code.size() != width * count_ || (width != 1 && width != 2 && width != 4))
    return malformed("{}.code has {} bytes; {} events take {}, {} or {}", name_of(field),
                     code.size(), count_, count_, 2 * count_, 4 * count_);
  std::uint32_t* const codes = make_room(column.codes, count_);
  const std::uint32_t greatest = width == 1   ? widen<std::uint8_t>(code, count_, codes)
                                 : width == 2 ? widen<std::uint16_t>(code, count_, codes)
                                              : widen<std::uint32_t>(code, count_, codes);
  if (greatest >= values)
    return malformed("{}.code {} has no value; there are {}", name_of(field), greatest, values);
  column.form = TextColumn::Form::coded;
  return {};
}

/// The rules that columns can break: what is unsigned cannot be negative, and u32 is below
/// kMaxNumber.
void BatchReader::check_rows(const EventColumns& columns, std::vector<Problem>& problems) const {
  Problems found;
  const auto note = [&found](std::optional<Problem> problem) {
    if (!problem) return;
    const std::uint32_t event = problem->event;
    found.try_emplace(event, *std::move(problem));
  };
  if (columns.count > 0 && (columns.min_time_us <= 0 || columns.max_time_us > kMaxEventTimeUs))
    for (std::uint32_t i = 0; i < columns.count; ++i) note(check_time(columns.event_time_us[i], i));
  for (std::size_t k = 0; k < kTexts; ++k)
    check_dictionary(static_cast<Text>(k), columns.texts[k], columns.count, found);
  const std::string_view confidence = column_bytes(InferenceBatch::kConfidenceFieldNumber);
  for (std::uint32_t i = 0; i < confidence.size() / 4; ++i) {
    float value;
    std::memcpy(&value, confidence.data() + 4 * i, sizeof value);
    if (!(value >= 0.0f && value <= 1.0f) && !std::isnan(value)) note(check_confidence(value, i));
  }
  for (auto& [event, problem] : found) problems.push_back(std::move(problem));
}

ReadResult BatchReader::append_others(EventColumns& columns, std::vector<Problem>& problems) {
  EventRow row;
  for (const std::string_view other : others_) {
    if (!parse_event(other, row, WireReader::kDepth - 1))
      return malformed("the record is not a serialised weir.v1.InferenceBatch");
    if (auto problem = check(row, static_cast<std::uint32_t>(columns.count)))
      problems.push_back(*std::move(problem));
    columns.append(row);
  }
  return {};
}

void BatchReader::row(const EventColumns& columns, std::size_t event, EventRow& row) const {
  if (event >= count_) {
    parse_event(others_[event - count_], row, WireReader::kDepth - 1);
    return;
  }
  row.clear();
  row.event_time_us = columns.event_time_us[event];
  for (std::size_t k = 0; k < kTexts; ++k) row.texts[k] = columns.texts[k].at(event);
  for (std::size_t k = 0; k < kNumbers; ++k) {
    if (columns.has_number[k] && columns.numbers[k][event] != kAbsent)
      row.set(static_cast<Number>(k), columns.numbers[k][event]);
  }
  if (columns.has_user_hash) row.user_hash = columns.user_hash[event];
  if (columns.has_status) row.status = columns.status[event];
  if (columns.has_flags) row.flags = columns.flags[event];
  const std::string_view ids = column_bytes(InferenceBatch::kRequestIdFieldNumber);
  if (!ids.empty()) {
    row.request_id = ids.substr(16 * event, 16);
    if (row.request_id.find_first_not_of('\0') == std::string_view::npos) row.request_id = {};
  }
  const std::string_view confidence = column_bytes(InferenceBatch::kConfidenceFieldNumber);
  if (confidence.empty()) return;
  float value;
  std::memcpy(&value, confidence.data() + 4 * event, sizeof value);
  if (!std::isnan(value)) row.confidence = value;
}

}  // namespace weir::events
