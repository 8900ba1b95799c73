#include "processors/ingest/event_body.h"

#include "processors/core/json_fault.h"
#include "processors/events/event_reader.h"
#include "processors/ingest/json_text.h"
#include "processors/ingest/media_type.h"

namespace weir::ingest {

Result<EventFormat> parse_event_format(std::optional<std::string_view> content_type) {
  const MediaType type = parse_media_type(content_type.value_or("application/json"));
  if (type.name == "application/x-ndjson" || type.name == "application/ndjson")
    return EventFormat::ndjson;
  if (type.name == "application/json" || type.name == "text/plain" ||
      type.name == "application/x-www-form-urlencoded")
    return EventFormat::json;
  if (type.name == "application/x-protobuf" || type.name == "application/protobuf") {
    const std::string_view message = type.parameter("message").value_or("");
    if (message == "weir.v1.InferenceBatch") return EventFormat::batch;
    if (message == "weir.v1.InferenceEvent" && type.parameter("delimited"))
      return EventFormat::delimited;
  }
  return fail(ErrorCode::invalid_argument,
              "Content-Type '{}' is not taken here; send application/x-ndjson, application/json, "
              "application/x-protobuf; message=weir.v1.InferenceBatch, or "
              "application/x-protobuf; message=weir.v1.InferenceEvent; delimited",
              events::as_utf8(content_type.value_or("")));
}

Result<void> EventBodyReader::read(EventFormat format, std::string_view body, EventIntake& intake) {
  switch (format) {
    case EventFormat::batch:
      return read_batch(body, intake);
    case EventFormat::delimited:
      return read_delimited(body, intake);
    case EventFormat::json:
      if (skip_space(body).starts_with('[')) return read_array(body, intake);
      if (is_one_object(body)) {
        read_json_event(0, body, intake);
        return {};
      }
      break;
    case EventFormat::ndjson:
      break;
  }
  read_lines(body, intake);
  return {};
}

void EventBodyReader::read_json_event(std::uint32_t index, std::string_view text,
                                      EventIntake& intake) {
  std::string_view user_id;
  if (const auto read = json_.read_row(text, row_, user_id))
    intake.add(row_, user_id);
  else
    intake.reject(index, read.error());
}

void EventBodyReader::read_lines(std::string_view body, EventIntake& intake) {
  std::uint32_t index = 0;
  while (!body.empty()) {
    const std::string_view line = body.substr(0, body.find('\n'));
    body.remove_prefix(std::min(line.size() + 1, body.size()));
    if (!skip_space(line).empty()) read_json_event(index++, line, intake);
  }
}

Result<void> EventBodyReader::read_array(std::string_view body, EventIntake& intake) {
  JsonArray array(body);
  for (std::uint32_t index = 0; const auto element = array.next(); ++index)
    read_json_event(index, skip_space(*element), intake);
  if (array.complete()) return {};
  const std::string fault = json_fault(body);
  return fail(ErrorCode::invalid_argument, "the body begins like a JSON array, and is not one: {}",
              fault.empty() ? "something follows it" : fault);
}

Result<void> EventBodyReader::read_batch(std::string_view body, EventIntake& intake) {
  problems_.clear();
  if (const auto read = batch_.read(body, columns_, problems_); !read)
    return fail(ErrorCode::invalid_argument, "{}", read.error().text);
  std::size_t next_problem = 0;
  for (std::uint32_t i = 0; i < columns_.count; ++i) {
    if (next_problem < problems_.size() && problems_[next_problem].event == i) {
      intake.reject(i, problems_[next_problem++]);
      continue;
    }
    batch_.row(columns_, i, row_);
    intake.add(row_);
  }
  return {};
}

Result<void> EventBodyReader::read_delimited(std::string_view body, EventIntake& intake) {
  events::WireReader wire(body);
  for (std::uint32_t index = 0; !wire.at_end(); ++index) {
    const std::string_view event = wire.bytes();
    if (!wire.ok())
      return fail(ErrorCode::invalid_argument,
                  "event {} is cut off: its length says more than the body has; put each event's "
                  "size in front of it as a varint",
                  index);
    if (!events::parse_event(event, row_))
      intake.reject(index, {.reason = v1::DEAD_LETTER_REASON_MALFORMED,
                            .text = "these bytes are no serialised weir.v1.InferenceEvent"});
    else if (const auto problem = events::check(row_, index))
      intake.reject(index, *problem);
    else
      intake.add(row_);
  }
  return {};
}

}  // namespace weir::ingest
