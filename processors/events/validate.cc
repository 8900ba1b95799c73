#include "processors/events/validate.h"

#include <cmath>

#include <fmt/format.h>
#include <simdjson.h>

namespace weir::events {
namespace {

template <class... Args>
Problem problem(std::string_view field, std::uint32_t event, v1::DeadLetterReason reason,
                fmt::format_string<Args...> text, Args&&... args) {
  return {event, reason, fmt::format(text, std::forward<Args>(args)...), field};
}

std::optional<Problem> check_number(Number which, std::int64_t value, std::uint32_t event) {
  if (value >= 0 && value <= kMaxNumber) return std::nullopt;
  const auto reason = value < 0 && is_duration(which) ? v1::DEAD_LETTER_REASON_NEGATIVE_DURATION
                                                      : v1::DEAD_LETTER_REASON_OUT_OF_RANGE;
  return problem(field_name(which), event, reason, "{} is {}; it must be 0 to {}",
                 field_name(which), value, kMaxNumber);
}

/// Whether the event keeps the rules for plain reasons: nothing is made to say so.
bool is_plain(const EventRow& row) {
  bool plain =
      is_event_time(row.event_time_us) && (row.request_id.empty() || row.request_id.size() == 16);
  for (const std::string_view text : row.texts)
    if (!text.empty()) plain &= text.size() <= kMaxNameBytes && is_ascii(text);
  for (unsigned left = row.has_number; left != 0; left &= left - 1) {
    const auto value =
        static_cast<std::uint64_t>(row.numbers[static_cast<std::size_t>(std::countr_zero(left))]);
    plain &= value <= static_cast<std::uint64_t>(kMaxNumber);  // negative ones are above it
  }
  return plain && (!row.confidence || (*row.confidence >= 0.0f && *row.confidence <= 1.0f));
}

}  // namespace

bool is_utf8(std::string_view text) {
  return is_ascii(text) || simdjson::validate_utf8(text.data(), text.size());
}

std::string as_utf8(std::string_view text) {
  std::string out(text);
  if (is_utf8(text)) return out;
  constexpr std::size_t kLongest = 4;
  for (std::size_t at = 0; at < out.size();) {
    std::size_t length = 1;
    while (length <= kLongest && !is_utf8(text.substr(at, length))) ++length;
    if (length > kLongest) out[at] = '?';
    at += length > kLongest ? 1 : length;
  }
  return out;
}

std::optional<Problem> check_time(TimeUs event_time_us, std::uint32_t event) {
  if (is_event_time(event_time_us)) return std::nullopt;
  if (event_time_us == 0)
    return problem("event_time_us", event, v1::DEAD_LETTER_REASON_MISSING_TIME,
                   "event_time_us is missing or 0; it must be above 0");
  if (event_time_us < 0)
    return problem("event_time_us", event, v1::DEAD_LETTER_REASON_MISSING_TIME,
                   "event_time_us is {}; it must be above 0", event_time_us);
  return problem("event_time_us", event, v1::DEAD_LETTER_REASON_OUT_OF_RANGE,
                 "event_time_us is {}, after the year 9999; are these microseconds?",
                 event_time_us);
}

std::optional<Problem> check_confidence(float confidence, std::uint32_t event) {
  if (confidence >= 0.0f && confidence <= 1.0f) return std::nullopt;
  const auto reason = std::isfinite(confidence) ? v1::DEAD_LETTER_REASON_OUT_OF_RANGE
                                                : v1::DEAD_LETTER_REASON_NOT_A_NUMBER;
  return problem("confidence", event, reason, "confidence is {}; it must be 0 to 1", confidence);
}

std::optional<Problem> check_text(Text which, std::string_view value, std::uint32_t event) {
  if (which != Text::error_detail && value.size() > kMaxNameBytes)
    return problem(field_name(which), event, v1::DEAD_LETTER_REASON_INVALID_TEXT,
                   "{} has {} bytes; at most {} are taken", field_name(which), value.size(),
                   kMaxNameBytes);
  if (!is_utf8(value))
    return problem(field_name(which), event, v1::DEAD_LETTER_REASON_INVALID_TEXT, "{} is not UTF-8",
                   field_name(which));
  return std::nullopt;
}

std::optional<Problem> check(const EventRow& row, std::uint32_t event) {
  if (is_plain(row)) [[likely]]
    return std::nullopt;
  if (auto found = check_time(row.event_time_us, event)) return found;
  if (!row.request_id.empty() && row.request_id.size() != 16)
    return problem("request_id", event, v1::DEAD_LETTER_REASON_MALFORMED,
                   "request_id has {} bytes; it takes 16 or none", row.request_id.size());
  for (std::size_t k = 0; k < kTexts; ++k) {
    if (row.texts[k].empty()) continue;
    if (auto found = check_text(static_cast<Text>(k), row.texts[k], event)) return found;
  }
  for (unsigned left = row.has_number; left != 0; left &= left - 1) {
    const auto k = static_cast<std::size_t>(std::countr_zero(left));
    if (auto found = check_number(static_cast<Number>(k), row.numbers[k], event)) return found;
  }
  if (row.confidence) return check_confidence(*row.confidence, event);
  return std::nullopt;
}

ReadResult check_size(std::string_view record, std::size_t limit) {
  if (record.size() <= limit) return {};
  return std::unexpected(problem("", 0, v1::DEAD_LETTER_REASON_TOO_LARGE,
                                 "the record has {} bytes; at most {} are taken", record.size(),
                                 limit));
}

}  // namespace weir::events
