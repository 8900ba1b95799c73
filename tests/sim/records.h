// The bytes of raw records, as a producer makes them, with generated classes alone.
#pragma once

#include <string>
#include <vector>

#include "tests/sim/scenario.h"

namespace weir::sim {

/// A v1.InferenceBatch of the events in their order. Those that no column can say (a negative
/// number, another id than 16 bytes, no time, no year) must come last: they go into `other`.
std::string to_batch(const std::vector<Event>& events);
/// Whether an event needs no `other`.
bool fits_columns(const v1::InferenceEvent& event);

/// The JSON form, with a field that nobody knows.
std::string to_json(const v1::InferenceEvent& event);

}  // namespace weir::sim
