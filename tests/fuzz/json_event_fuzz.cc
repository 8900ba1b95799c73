// Any bytes as a JSON event: a refusal with a reason, or an event that keeps the rules and reads
// back from the JSON it is written as.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "processors/events/json_event.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir;
  events::JsonEventReader reader;
  v1::InferenceEvent event;
  const auto result = reader.read({reinterpret_cast<const char*>(data), size}, event);
  if (!result) {
    if (result.error().text.empty() || result.error().reason == 0) std::abort();
    return 0;
  }
  if (events::check(events::to_row(event))) std::abort();
  v1::InferenceEvent again;
  if (!reader.read(events::to_json(event), again)) std::abort();
  if (again.SerializeAsString() != event.SerializeAsString()) std::abort();
  return 0;
}
