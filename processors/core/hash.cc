#include "processors/core/hash.h"

#include <cassert>

#include <xxhash.h>

namespace weir {

std::uint64_t hash64(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

std::int32_t partition_of(std::string_view key, std::int32_t partitions) {
  assert(partitions > 0);
  return static_cast<std::int32_t>(hash64(key) % static_cast<std::uint64_t>(partitions));
}

}  // namespace weir
