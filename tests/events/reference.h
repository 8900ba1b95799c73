// Events by the generated classes alone: what the hand-written readers are held to. Shared with the
// fuzz targets.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "processors/events/columns.h"
#include "processors/events/event.h"
#include "processors/events/validate.h"
#include "weir/v1/inference.pb.h"

namespace weir::events {

/// Whether the bytes are a message of inference.proto ("InferenceEvent", "InferenceBatch") if texts
/// need not be UTF-8, which our readers judge event by event.
bool parses_as_bytes(std::string_view bytes, std::string_view message);

/// The events of a batch, as views into it; what is wrong with it as a whole, or "".
std::string expand(const v1::InferenceBatch& batch, std::vector<EventRow>& rows);

/// Reads any bytes with the hand-written reader and the generated class: how they differ, or "".
std::string compare_batch(const std::string& record);
std::string compare_event(const std::string& record);

/// One line an event with everything that columns hold: absent things are not written.
std::string render(const EventColumns& columns);
std::string render(const std::vector<EventRow>& rows);
/// "2 MISSING_TIME: event_time_us is 0; ..." a line.
std::string render(const std::vector<Problem>& problems);

}  // namespace weir::events
