// The wire form of a single InferenceEvent, by hand for the same reasons as batch_reader.h. Many
// records gather into one set of columns, so that what comes after works on blocks.
#pragma once

#include <optional>
#include <string_view>

#include "processors/events/columns.h"
#include "processors/events/validate.h"
#include "processors/events/wire.h"

namespace weir::events {

/// The values of a serialised InferenceEvent; views point into `record`. False: not one. `depth` is
/// how deep its unknown groups may nest: see WireReader.
bool parse_event(std::string_view record, EventRow& row, int depth = WireReader::kDepth);

/// Appends the event to `columns`, whose size then grew by one: `record` must outlive them. They
/// hold single events only (this and append() filled them since clear()). A
/// problem has event 0; the event keeps its place all the same and the caller leaves it out. A
/// record that cannot be read is appended as an empty event.
ReadResult read_event(std::string_view record, EventColumns& columns);

}  // namespace weir::events
