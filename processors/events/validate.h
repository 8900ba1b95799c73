// What an event must be to count: the rules of proto/weir/v1/inference.proto, in one place. An
// event that breaks one goes to the dead letters with its reason; the others of its record count
// all the same. Pure and thread-safe.
//
//   event_time_us    above 0; to the end of the year 9999         missing_time; out_of_range
//   durations        0 .. kMaxNumber                              negative_duration, out_of_range
//   tokens, counts   0 .. kMaxNumber                              out_of_range
//   confidence       0 .. 1; NaN and infinity                     out_of_range; not_a_number
//   names            UTF-8, at most kMaxNameBytes                 invalid_text
//   error_detail     UTF-8; above kMaxErrorDetailBytes it is cut  invalid_text
//   request_id       16 bytes or none                             malformed
//   status           anything; unknown values are counted as "other"
#pragma once

#include <cstdint>
#include <cstring>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "processors/events/event.h"
#include "weir/v1/dead_letter.pb.h"

namespace weir::events {

/// The last microsecond of the year 9999, what RFC 3339 can write: far from where times overflow.
inline constexpr TimeUs kMaxEventTimeUs = 253'402'300'799'999'999;
constexpr bool is_event_time(TimeUs time) { return time > 0 && time <= kMaxEventTimeUs; }

/// Why an event, or with `event` 0 a whole record, does not count.
struct Problem {
  std::uint32_t event = 0;  // its index in the record
  v1::DeadLetterReason reason = v1::DEAD_LETTER_REASON_UNSPECIFIED;
  std::string text;             // for a person: what was found and what is expected
  std::string_view field = {};  // as in the proto; empty where no single field is wrong

  bool operator==(const Problem&) const = default;
};

/// Whether a record as a whole could be read.
using ReadResult = std::expected<void, Problem>;

/// The first rule that the event breaks.
std::optional<Problem> check(const EventRow& row, std::uint32_t event = 0);

/// The rules for one value, shared by rows and columns.
std::optional<Problem> check_time(TimeUs event_time_us, std::uint32_t event);
std::optional<Problem> check_confidence(float confidence, std::uint32_t event);
std::optional<Problem> check_text(Text which, std::string_view value, std::uint32_t event);

/// Refuses records above the limit.
ReadResult check_size(std::string_view record, std::size_t limit = kMaxRecordBytes);

inline bool is_ascii(std::string_view text) {
  // The last word of a text overlaps the one before, so that no byte is looked at alone.
  const auto word = [text]<class Word>(std::size_t at, Word) {
    Word value;
    std::memcpy(&value, text.data() + at, sizeof value);
    return std::uint64_t{value};
  };
  const std::size_t size = text.size();
  std::uint64_t all = 0;
  if (size >= 8) {
    for (std::size_t at = 0; at + 8 < size; at += 8) all |= word(at, std::uint64_t{});
    all |= word(size - 8, std::uint64_t{});
  } else if (size >= 4) {
    all = word(0, std::uint32_t{}) | word(size - 4, std::uint32_t{});
  } else {
    for (const char c : text) all |= static_cast<std::uint8_t>(c);
  }
  return (all & 0x8080'8080'8080'8080) == 0;
}
bool is_utf8(std::string_view text);
/// The text with `?` for every byte that belongs to no UTF-8 character: what quotes foreign bytes.
std::string as_utf8(std::string_view text);

}  // namespace weir::events
