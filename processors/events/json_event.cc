#include "processors/events/json_event.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <limits>

#include <fmt/ranges.h>
#include <simdjson.h>
#include <nlohmann/json.hpp>

#include "processors/core/id.h"
#include "processors/core/json_fault.h"
#include "processors/core/text.h"
#include "processors/core/time.h"
#include "processors/events/event.h"

namespace weir::events {
namespace {

constexpr std::array<std::string_view, 10> kStatusNames = {
    "",    "ok",         "client_error", "server_error", "timeout",
    "oom", "dependency", "model_load",   "rejected",     "cancelled"};

using Element = simdjson::dom::element;
using Maybe = std::optional<Problem>;

/// "field: text", or the text alone where no single field is wrong. `field` outlives the problem.
template <class... Args>
Maybe problem(std::string_view field, v1::DeadLetterReason reason, fmt::format_string<Args...> text,
              Args&&... args) {
  const std::string what = fmt::format(text, std::forward<Args>(args)...);
  return Problem{0, reason, field.empty() ? what : fmt::format("{}: {}", field, what), field};
}

template <class... Args>
Maybe malformed(std::string_view field, fmt::format_string<Args...> text, Args&&... args) {
  return problem(field, v1::DEAD_LETTER_REASON_MALFORMED, text, std::forward<Args>(args)...);
}

Maybe read_integer(std::string_view key, const Element& value, std::int64_t& number) {
  if (value.get(number) == simdjson::SUCCESS) return std::nullopt;
  if (value.is_uint64())
    return problem(key, v1::DEAD_LETTER_REASON_OUT_OF_RANGE, "{} is above 2^63",
                   std::uint64_t{value.get_uint64()});
  return malformed(key, "must be a whole number, such as 1000");
}

Maybe read_text(std::string_view key, const Element& value, std::string_view& text) {
  if (value.get(text) == simdjson::SUCCESS) return std::nullopt;
  return malformed(key, "must be a string");
}

Maybe read_time(std::string_view key, const Element& value, TimeUs& time) {
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS) {
    if (!read_integer(key, value, time)) return std::nullopt;
    return malformed(key, "must be RFC 3339, such as \"2026-01-01T00:00:00Z\", or microseconds");
  }
  const auto parsed = parse_rfc3339(text);
  if (!parsed) return malformed(key, "{}", parsed.error().message);
  time = *parsed;
  return std::nullopt;
}

/// What a newer producer may call a status.
bool is_status_name(std::string_view name) {
  constexpr std::size_t kMostBytes = 64;
  const auto fits = [](char c) { return c == '_' || (c >= 'a' && c <= 'z'); };
  return !name.empty() && name.size() <= kMostBytes && std::ranges::all_of(name, fits);
}

std::string known_statuses() {
  return fmt::format("{}", fmt::join(kStatusNames.begin() + 1, kStatusNames.end(), ", "));
}

Maybe read_status(const Element& value, std::int32_t& status) {
  std::string_view name;
  if (value.get(name) != simdjson::SUCCESS)
    return malformed("status", "must be a name: one of {}", known_statuses());
  const auto found = std::ranges::find(kStatusNames, name);
  if (found != kStatusNames.end())
    status = static_cast<std::int32_t>(found - kStatusNames.begin());
  else if (is_status_name(name))
    status = kOtherStatus;
  else
    return malformed("status", "{} is not one of {}", quote(name), known_statuses());
  return std::nullopt;
}

Maybe read_user_hash(const Element& value, std::uint64_t& hash) {
  std::string_view text;
  if (auto found = read_text("user_hash", value, text)) return found;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), hash, 16);
  if (error == std::errc() && end == text.data() + text.size()) return std::nullopt;
  return malformed("user_hash", "must be 1 to 16 hexadecimal digits");
}

Maybe read_number(Number which, const Element& value, EventRow& row) {
  std::int64_t number = 0;
  if (auto found = read_integer(field_name(which), value, number)) return found;
  const bool is_int32 = which == Number::retry_count || which == Number::batch_size;
  if (is_int32 && number > std::numeric_limits<std::int32_t>::max())
    return Problem{0, v1::DEAD_LETTER_REASON_OUT_OF_RANGE,
                   fmt::format("{} is {}; it must be below 2^31", field_name(which), number),
                   field_name(which)};
  row.set(which, number);
  return std::nullopt;
}

Maybe read_confidence(const Element& value, EventRow& row) {
  double number = 0;
  if (value.get(number) != simdjson::SUCCESS) return malformed("confidence", "must be a number");
  row.confidence = static_cast<float>(number);
  return std::nullopt;
}

/// The index of `key` among the fields of a kind.
template <class Enum, std::size_t N>
std::optional<Enum> field_of(std::string_view key) {
  for (std::size_t k = 0; k < N; ++k)
    if (field_name(static_cast<Enum>(k)) == key) return static_cast<Enum>(k);
  return std::nullopt;
}

double shortest(float value) { return std::strtod(fmt::format("{}", value).c_str(), nullptr); }

}  // namespace

struct JsonEventReader::Parser {
  simdjson::dom::parser dom;
  Id request_id{};
  std::string_view* user_id = nullptr;  // null: a field like any unknown one

  Maybe read_request_id(const Element& value, EventRow& row);
  Maybe read_bool(std::string_view key, const Element& value, EventRow& row);
  Maybe read_field(std::string_view key, const Element& value, EventRow& row,
                   JsonEventReader& reader);
};

Maybe JsonEventReader::Parser::read_request_id(const Element& value, EventRow& row) {
  std::string_view text;
  if (auto found = read_text("request_id", value, text)) return found;
  const auto id = parse_id(text);
  if (!id) return malformed("request_id", "{}", id.error().message);
  request_id = *id;
  row.request_id = {reinterpret_cast<const char*>(request_id.data()), request_id.size()};
  return std::nullopt;
}

Maybe JsonEventReader::Parser::read_bool(std::string_view key, const Element& value,
                                         EventRow& row) {
  bool flag = false;
  if (value.get(flag) != simdjson::SUCCESS) return malformed(key, "must be true or false");
  if (key == "low_confidence")
    row.set_low_confidence(flag);
  else
    row.set_abnormal_input(flag);
  return std::nullopt;
}

Maybe JsonEventReader::Parser::read_field(std::string_view key, const Element& value, EventRow& row,
                                          JsonEventReader& reader) {
  if (value.is_null()) return std::nullopt;
  if (const auto number = field_of<Number, kNumbers>(key)) return read_number(*number, value, row);
  if (const auto text = field_of<Text, kTexts>(key))
    return read_text(field_name(*text), value, row.text(*text));
  if (key == "event_time") return read_time("event_time", value, row.event_time_us);
  if (key == "event_time_us") return read_time("event_time_us", value, row.event_time_us);
  if (key == "status") return read_status(value, row.status);
  if (key == "request_id") return read_request_id(value, row);
  if (key == "user_hash") return read_user_hash(value, row.user_hash);
  if (key == "low_confidence") return read_bool("low_confidence", value, row);
  if (key == "abnormal_input") return read_bool("abnormal_input", value, row);
  if (key == "confidence") return read_confidence(value, row);
  if (key == "user_id" && user_id != nullptr) return read_text("user_id", value, *user_id);
  reader.count_unknown(key);
  return std::nullopt;
}

JsonEventReader::JsonEventReader() : parser_(std::make_unique<Parser>()) {}
JsonEventReader::~JsonEventReader() = default;

void JsonEventReader::count_unknown(std::string_view field) {
  if (unknown_fields_++ == 0) first_unknown_field_ = quote(field);
}

ReadResult JsonEventReader::read(std::string_view json, v1::InferenceEvent& event) {
  event.Clear();
  EventRow row;
  WEIR_TRY(read_object(json, row));
  std::string_view& detail = row.text(Text::error_detail);
  detail = cut_utf8(detail, kMaxErrorDetailBytes);
  event = to_event(row);
  return {};
}

ReadResult JsonEventReader::read_row(std::string_view json, EventRow& row,
                                     std::string_view& user_id) {
  row.clear();
  user_id = {};
  parser_->user_id = &user_id;
  ReadResult result = read_object(json, row);
  parser_->user_id = nullptr;
  return result;
}

ReadResult JsonEventReader::read_object(std::string_view json, EventRow& row) {
  if (auto result = check_size(json); !result) return result;
  Element document;
  if (const auto error = parser_->dom.parse(json.data(), json.size()).get(document)) {
    const bool text = error == simdjson::UTF8_ERROR;
    const std::string fault = json_fault(json);
    return std::unexpected(
        *problem("", text ? v1::DEAD_LETTER_REASON_INVALID_TEXT : v1::DEAD_LETTER_REASON_MALFORMED,
                 "not JSON: {}", fault.empty() ? simdjson::error_message(error) : fault));
  }
  simdjson::dom::object object;
  if (document.get(object) != simdjson::SUCCESS)
    return std::unexpected(*malformed("", "an event must be one JSON object"));
  for (const auto& [key, value] : object)
    if (auto found = parser_->read_field(key, value, row, *this))
      return std::unexpected(*std::move(found));
  if (auto found = check(row)) return std::unexpected(*std::move(found));
  return {};
}

std::string to_json(const v1::InferenceEvent& event) {
  const EventRow row = to_row(event);
  nlohmann::ordered_json json;
  if (!row.request_id.empty()) json["request_id"] = to_hex(row.request_id);
  json["event_time_us"] = row.event_time_us;
  for (std::size_t k = 0; k < kTexts; ++k)
    if (!row.texts[k].empty()) json[field_name(static_cast<Text>(k))] = row.texts[k];
  if (row.user_hash != 0) json["user_hash"] = fmt::format("{:016x}", row.user_hash);
  if (event.status() != 0) json["status"] = status_text(event.status());
  if (event.has_low_confidence()) json["low_confidence"] = event.low_confidence();
  if (event.has_abnormal_input()) json["abnormal_input"] = event.abnormal_input();
  if (row.confidence) json["confidence"] = shortest(*row.confidence);
  for (std::size_t k = 0; k < kNumbers; ++k)
    if (row.has(static_cast<Number>(k))) json[field_name(static_cast<Number>(k))] = row.numbers[k];
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string_view status_text(std::int32_t status) {
  if (status >= 0 && static_cast<std::size_t>(status) < kStatusNames.size())
    return kStatusNames[static_cast<std::size_t>(status)];
  return "other";
}

}  // namespace weir::events
