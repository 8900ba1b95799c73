#include "processors/ingest/csv_mapping.h"

#include <array>
#include <charconv>
#include <utility>

#include "processors/events/json_event.h"
#include "processors/ingest/decimal.h"

namespace weir::ingest {
namespace {

using events::EventRow;
using events::Number;
using events::Text;

constexpr std::int32_t kLastStatus = v1::INFERENCE_STATUS_CANCELLED;

struct Unit {
  std::string_view name;
  int exponent;
};

constexpr std::array kDurationUnits = {Unit{"us", 0}, Unit{"ms", 3}, Unit{"s", 6}, Unit{"ns", -3}};
constexpr std::array kTimeUnits = {Unit{"unix_us", 0}, Unit{"unix_ms", 3}, Unit{"unix_s", 6}};

template <std::size_t N>
const Unit* find(const std::array<Unit, N>& units, std::string_view name) {
  for (const Unit& unit : units)
    if (unit.name == name) return &unit;
  return nullptr;
}

/// The value of a known name or a number that is not negative; -1: neither.
std::int32_t parse_status(std::string_view text) {
  for (std::int32_t status = 1; status <= kLastStatus; ++status)
    if (events::status_text(status) == text) return status;
  const auto number = parse_whole(text);
  return number && *number > 0 && *number <= 0x7fff'ffff ? static_cast<std::int32_t>(*number) : -1;
}

std::optional<bool> parse_bool(std::string_view text) {
  if (text == "true" || text == "1") return true;
  if (text == "false" || text == "0") return false;
  return std::nullopt;
}

/// The whole text as a T; `base` for integers.
template <class T, class... Base>
std::optional<T> parse_all(std::string_view text, Base... base) {
  T value{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value, base...);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

}  // namespace

Result<CsvMapping> CsvMapping::parse(std::string_view text) {
  CsvMapping mapping;
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals + 1 == text.size())
    return fail(ErrorCode::invalid_argument,
                "mapping '{}': write field=column, for example event_time=ts:rfc3339", text);
  mapping.field_ = text.substr(0, equals);
  mapping.column_ = text.substr(equals + 1);
  if (!mapping.find_field())
    return fail(ErrorCode::invalid_argument,
                "mapping '{}': an event has no field '{}'; see weir/v1/inference.proto, and "
                "event_time for its time",
                text, mapping.field_);
  if (mapping.kind_ != Kind::duration && mapping.kind_ != Kind::time_text) return mapping;
  const std::size_t colon = mapping.column_.rfind(':');
  if (colon == std::string::npos || !mapping.find_unit(mapping.column_.substr(colon + 1)))
    return fail(
        ErrorCode::invalid_argument, "mapping '{}': state the unit, {}", text,
        mapping.kind_ == Kind::duration
            ? "one of us, ms, s, ns: for example latency_us=latency:s"
            : "one of rfc3339, unix_s, unix_ms, unix_us: for example event_time=ts:unix_ms");
  mapping.column_.resize(colon);
  return mapping;
}

bool CsvMapping::find_field() {
  for (std::size_t i = 0; i < events::kTexts; ++i)
    if (field_ == events::field_name(static_cast<Text>(i)))
      return kind_ = Kind::text, index_ = i, true;
  for (std::size_t i = 0; i < events::kNumbers; ++i)
    if (const auto number = static_cast<Number>(i); field_ == events::field_name(number))
      return kind_ = events::is_duration(number) ? Kind::duration : Kind::count, index_ = i, true;
  constexpr std::array<std::pair<std::string_view, Kind>, 7> kOthers = {
      {{"event_time", Kind::time_text},
       {"status", Kind::status},
       {"confidence", Kind::confidence},
       {"low_confidence", Kind::low_confidence},
       {"abnormal_input", Kind::abnormal_input},
       {"request_id", Kind::request_id},
       {"user_hash", Kind::user_hash}}};
  for (const auto& [name, kind] : kOthers)
    if (field_ == name) return kind_ = kind, true;
  return false;
}

bool CsvMapping::find_unit(std::string_view unit) {
  if (kind_ == Kind::time_text && unit == "rfc3339") return true;
  const Unit* const found =
      kind_ == Kind::duration ? find(kDurationUnits, unit) : find(kTimeUnits, unit);
  if (found == nullptr) return false;
  exponent_ = found->exponent;
  if (kind_ == Kind::time_text) kind_ = Kind::time_number;
  return true;
}

std::optional<std::string> CsvMapping::apply(std::string_view cell, EventRow& row,
                                             Id& request_id) const {
  if (cell.empty() || set(cell, row, request_id)) return std::nullopt;
  constexpr std::size_t kShownBytes = 64;
  return fmt::format("column '{}': '{}' cannot be read as {}", column_, cell.substr(0, kShownBytes),
                     field_);
}

bool CsvMapping::set(std::string_view cell, EventRow& row, Id& request_id) const {
  switch (kind_) {
    case Kind::time_text: {
      const auto time = parse_rfc3339(cell);
      row.event_time_us = time.value_or(0);
      return time.has_value();
    }
    case Kind::time_number: {
      const auto time = scale_decimal(cell, exponent_);
      row.event_time_us = time.value_or(0);
      return time.has_value();
    }
    case Kind::text:
      row.texts[index_] = cell;
      return true;
    case Kind::duration:
      return set_number(scale_decimal(cell, exponent_), row);
    case Kind::count:
      return set_number(parse_whole(cell), row);
    case Kind::status:
      row.status = parse_status(cell);
      return row.status > 0;
    case Kind::confidence:
      row.confidence = parse_all<float>(cell);
      return row.confidence.has_value();
    case Kind::low_confidence:
    case Kind::abnormal_input: {
      const auto value = parse_bool(cell);
      if (!value) return false;
      kind_ == Kind::low_confidence ? row.set_low_confidence(*value)
                                    : row.set_abnormal_input(*value);
      return true;
    }
    case Kind::request_id: {
      const auto id = parse_id(cell);
      if (!id) return false;
      request_id = *id;
      row.request_id = {reinterpret_cast<const char*>(request_id.data()), request_id.size()};
      return true;
    }
    case Kind::user_hash: {
      const auto hash = parse_all<std::uint64_t>(cell, 16);
      row.user_hash = hash.value_or(0);
      return hash.has_value();
    }
  }
  return false;
}

bool CsvMapping::set_number(std::optional<std::int64_t> value, EventRow& row) const {
  if (value) row.set(static_cast<Number>(index_), *value);
  return value.has_value();
}

}  // namespace weir::ingest
