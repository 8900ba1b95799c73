// Any bytes as the note of a receiver's place: what is made of it is written as what reads back the
// same.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "sinks/webhook/backlog.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::webhook;
  const std::string note(reinterpret_cast<const char*>(data), size);
  const auto place = Backlog({}, {.position = 7, .note = note}).place();
  if (place.note.size() > weir::runtime::kMaxNoteBytes) std::abort();
  if (Backlog({}, place).place() != place) std::abort();
  return 0;
}
