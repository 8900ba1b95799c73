// Any bytes as each value of the embedded log's store and as its published ends: refused, or
// written again as what reads back the same.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "processors/core/hash.h"
#include "processors/runtime/embedded_format.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir;
  using namespace weir::runtime;
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  if (const auto end = decode_end(bytes); end && decode_end(encode_end(*end)) != end) std::abort();
  if (const auto number = decode_number(bytes);
      number && decode_number(encode_number(*number)) != number)
    std::abort();
  if (const auto position = decode_position(bytes);
      position && decode_position(encode_position(*position)) != position)
    std::abort();
  if (const auto spec = decode_topic("t", bytes);
      spec && encode_topic(*decode_topic("t", encode_topic(*spec))) != encode_topic(*spec))
    std::abort();
  (void)parse_position_key(bytes);

  // The ends with their checksum put right, so that what it covers is reached.
  const std::string head = encode_ends({}).substr(0, 12);
  const std::uint64_t checksum = hash64(bytes);
  const std::string ends =
      head + std::string(reinterpret_cast<const char*>(&checksum), sizeof checksum) + bytes;
  (void)decode_ends(bytes, "file");
  if (const auto topics = decode_ends(ends, "file");
      topics && decode_ends(encode_ends(*topics), "file").value() != *topics)
    std::abort();
  return 0;
}
