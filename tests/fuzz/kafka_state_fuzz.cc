// Any bytes as the head of a changelog: refused, or written again as what reads back the same.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "processors/runtime/kafka_state.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::runtime;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto head = decode_head(bytes); head && encode(*head) != bytes) std::abort();
  return 0;
}
