// Any bytes: a decoded sketch is written as it was read, and merging twice doubles its count.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "processors/sketches/ddsketch.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using weir::sketches::DdSketch;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  std::string_view rest = bytes;
  auto sketch = DdSketch::decode(rest);
  if (!sketch) return 0;
  std::string written;
  sketch->encode(written);
  if (written + std::string(rest) != bytes) std::abort();

  const std::uint64_t count = sketch->count();
  if (sketch->quantile_us(0) > sketch->quantile_us(10'000)) std::abort();
  rest = bytes;
  if (!sketch->merge_encoded(rest) || sketch->count() != 2 * count) std::abort();
  return 0;
}
