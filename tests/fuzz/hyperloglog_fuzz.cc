// Any bytes: a decoded sketch is written as it was read, and merging twice changes nothing.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "processors/sketches/hyperloglog.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using weir::sketches::HyperLogLog;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  std::string_view rest = bytes;
  auto sketch = HyperLogLog::decode(rest);
  if (!sketch) return 0;
  std::string written;
  sketch->encode(written);
  if (written + std::string(rest) != bytes) std::abort();
  if ((sketch->estimate() == 0) != sketch->empty()) std::abort();

  const HyperLogLog once = *sketch;
  rest = bytes;
  if (!sketch->merge_encoded(rest) || !(*sketch == once)) std::abort();
  return 0;
}
