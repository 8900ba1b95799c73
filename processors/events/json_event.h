// The JSON form of an event: one object. Fields are named as in the proto; `event_time` (RFC 3339
// or microseconds) or `event_time_us`; any other time or duration in `..._us` is an integer;
// request_id and user_hash are hexadecimal; status is a lower-case name ("ok", "server_error"), and
// one that is not known here, a newer producer's, is kept as "other".
//
//   {"event_time":"2026-01-01T00:00:00.25Z","service":"code","model":"llama-70b","status":"ok",
//    "latency_us":812000,"ttft_us":95000,"input_tokens":812,"output_tokens":64}
//
// null is absent. Unknown fields are counted and ignored, however deep (at most 1,024 levels); of a
// repeated key the last counts, as in protobuf's JSON. Numbers are whole where the proto says so
// (1e3 is not), and within its range.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "processors/events/validate.h"
#include "weir/v1/inference.pb.h"

namespace weir::events {

/// What a status becomes whose name is not known here: no version's number, and one that fits the
/// columns of a batch.
inline constexpr std::int32_t kOtherStatus = 255;

/// Keeps the parser's memory between events. Not thread-safe.
class JsonEventReader {
 public:
  JsonEventReader();
  ~JsonEventReader();

  /// Replaces `event`. A problem says where ("latency_us: ...", or of what is not JSON its line and
  /// column in this text) and is malformed, or the reason the
  /// value breaks a rule of validate.h by; an event that is read satisfies events::check.
  ReadResult read(std::string_view json, v1::InferenceEvent& event);

  /// As read(), without a message: views live until the next call, error_detail is whole, and the
  /// text of `user_id`, which no record has a field for, is for the caller to hash ("": absent).
  ReadResult read_row(std::string_view json, EventRow& row, std::string_view& user_id);

  /// Fields read so far that no proto field is named after.
  std::uint64_t unknown_fields() const { return unknown_fields_; }
  /// The name of the first of them, as quote() has it; empty: there was none.
  const std::string& first_unknown_field() const { return first_unknown_field_; }

 private:
  struct Parser;

  ReadResult read_object(std::string_view json, EventRow& row);
  void count_unknown(std::string_view field);

  std::unique_ptr<Parser> parser_;
  std::uint64_t unknown_fields_ = 0;
  std::string first_unknown_field_;
};

/// What JsonEventReader reads, on one line, absent fields left out, 64-bit integers as numbers.
std::string to_json(const v1::InferenceEvent& event);

/// "ok", "client_error", ... of a known status; "other" otherwise. "" for absent.
std::string_view status_text(std::int32_t status);

}  // namespace weir::events
