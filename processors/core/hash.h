// The one hash of Weir: XXH3 (https://xxhash.com), seed 0, of the key's bytes. It decides
// partitions, ids and sketches, so it must never change. Thread-safe; the empty string is a key
// like any other.
#pragma once

#include <cstdint>
#include <string_view>

namespace weir {

std::uint64_t hash64(std::string_view bytes);

/// The partition of a key among `partitions` (> 0).
std::int32_t partition_of(std::string_view key, std::int32_t partitions);

}  // namespace weir
