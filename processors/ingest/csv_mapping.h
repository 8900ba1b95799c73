// Which column of a CSV file becomes which field of an event, and in what unit:
// `field=column:unit`.
//
//   event_time=ts:rfc3339        also unix_s, unix_ms, unix_us; seconds may have a fraction
//   latency_us=latency:s         durations, also in ms, us, ns; rounded half up
//   input_tokens=prompt_tokens   counts are whole numbers and have no unit
//   service=app                  texts as they are
//   status=outcome               ok, client_error, ... as in the JSON form, or their number
//   confidence=score             0 to 1;  low_confidence, abnormal_input: true, false, 1, 0
//   request_id=id                32 hexadecimal digits;  user_hash: 1 to 16
//
// Fields are named as in proto/weir/v1/inference.proto. A column's name may hold ':' and '='.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "processors/core/id.h"
#include "processors/core/result.h"
#include "processors/events/event.h"

namespace weir::ingest {

class CsvMapping {
 public:
  /// Error: invalid_argument, with the text and how to write it.
  static Result<CsvMapping> parse(std::string_view text);

  const std::string& field() const { return field_; }
  const std::string& column() const { return column_; }

  /// Sets the field from a cell; an empty cell leaves it absent. Returns what is wrong with the
  /// cell. Views in `row` point into `cell` and `request_id`.
  std::optional<std::string> apply(std::string_view cell, events::EventRow& row,
                                   Id& request_id) const;

 private:
  enum class Kind : std::uint8_t {
    time_text,
    time_number,
    text,
    duration,
    count,
    status,
    confidence,
    low_confidence,
    abnormal_input,
    request_id,
    user_hash,
  };

  bool find_field();
  bool find_unit(std::string_view unit);
  bool set(std::string_view cell, events::EventRow& row, Id& request_id) const;
  bool set_number(std::optional<std::int64_t> value, events::EventRow& row) const;

  std::string field_;
  std::string column_;
  Kind kind_ = Kind::text;
  std::size_t index_ = 0;  // of Text or Number
  int exponent_ = 0;       // of ten, from the unit to microseconds
};

}  // namespace weir::ingest
