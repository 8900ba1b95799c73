// The body of POST /v1/events, in any of its forms, as events. One thread; reused from request to
// request.
//
//   Content-Type                                                    body
//   application/x-ndjson                                            one JSON object a line
//   application/json, none, or what curl says by itself             a JSON array, one JSON object
//   (application/x-www-form-urlencoded), text/plain                 over any lines, or one a line
//   application/x-protobuf; message=weir.v1.InferenceBatch          one batch
//   application/x-protobuf; message=weir.v1.InferenceEvent; delimited
//                                                                   events, each behind its length
//                                                                   as a varint
//
// An event in JSON is as events/json_event.h has it, and `user_id` beside. Indexes count events
// from 0; blank lines are none.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "processors/core/result.h"
#include "processors/events/batch_reader.h"
#include "processors/events/columns.h"
#include "processors/events/json_event.h"
#include "processors/ingest/event_intake.h"

namespace weir::ingest {

enum class EventFormat : std::uint8_t { json, ndjson, batch, delimited };

/// Error: invalid_argument, listing what is taken.
Result<EventFormat> parse_event_format(std::optional<std::string_view> content_type);

class EventBodyReader {
 public:
  /// What a batch may have; the server's own limit of bodies is lower or equal.
  static constexpr std::size_t kMaxBatchBytes = 16 << 20;

  /// Hands every event of the body to `intake`, as taken or rejected. Error: invalid_argument where
  /// the body as a whole cannot be read; what came before in it must then be dropped.
  Result<void> read(EventFormat format, std::string_view body, EventIntake& intake);

  /// JSON fields read so far that no proto field is named after.
  std::uint64_t unknown_fields() const { return json_.unknown_fields(); }

 private:
  void read_json_event(std::uint32_t index, std::string_view text, EventIntake& intake);
  void read_lines(std::string_view body, EventIntake& intake);
  Result<void> read_array(std::string_view body, EventIntake& intake);
  Result<void> read_batch(std::string_view body, EventIntake& intake);
  Result<void> read_delimited(std::string_view body, EventIntake& intake);

  events::JsonEventReader json_;
  events::BatchReader batch_{kMaxBatchBytes};
  events::EventColumns columns_;
  std::vector<events::Problem> problems_;
  events::EventRow row_;
};

}  // namespace weir::ingest
