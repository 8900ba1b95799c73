// A 16-byte identifier of a request or a record, and its hexadecimal text. Values; thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "processors/core/result.h"

namespace weir {

using Id = std::array<std::uint8_t, 16>;

/// 32 lower-case hexadecimal digits.
std::string format_id(const Id& id);
/// 32 hexadecimal digits of either case, dashes of the UUID form allowed. Error: invalid_argument.
Result<Id> parse_id(std::string_view text);
/// Any bytes as lower-case hexadecimal digits.
std::string to_hex(std::string_view bytes);

}  // namespace weir
