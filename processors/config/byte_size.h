// Sizes in bytes as people write them in configurations: a whole number and a binary unit. Pure;
// thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "processors/core/result.h"

namespace weir::config {

/// "1GiB", "64KiB", "512B": B, KiB, MiB, GiB or TiB, no space, no fraction, at most 2^63 - 1 bytes.
/// Error: invalid_argument, with the text and an example. "1GB" is refused: it means two things.
Result<std::uint64_t> parse_bytes(std::string_view text);

/// In the largest unit that divides it: 1048576 is "1MiB", 1500 is "1500B".
std::string format_bytes(std::uint64_t bytes);

}  // namespace weir::config
