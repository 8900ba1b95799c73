// LEB128 varints into and out of raw buffers, for the codecs of sketches and aggregates, which run
// for every pane at every tick: a pointer moves, no length is kept. Elsewhere use core/bytes.h; the
// bytes are the same. Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weir::sketches {

inline constexpr std::size_t kMaxVarintBytes = 10;

/// Writes at `at`, which has room for kMaxVarintBytes, and returns what follows.
inline char* write_varint(char* at, std::uint64_t value) {
  while (value >= 0x80) {
    *at++ = static_cast<char>(value | 0x80);
    value >>= 7;
  }
  *at++ = static_cast<char>(value);
  return at;
}

/// Reads from [at, end) and returns what follows; null where the varint is cut off, longer than it
/// needs to be, or above 64 bits.
inline const char* read_varint(const char* at, const char* end, std::uint64_t& value) {
  value = 0;
  for (unsigned shift = 0; shift < 64 && at < end; shift += 7) {
    const auto byte = static_cast<std::uint8_t>(*at++);
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte >= 0x80) continue;
    const bool canonical = (byte != 0 || shift == 0) && (shift != 63 || byte == 1);
    return canonical ? at : nullptr;
  }
  return nullptr;
}

}  // namespace weir::sketches
