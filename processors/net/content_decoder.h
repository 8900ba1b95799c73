// Removes the Content-Encoding of a request body, in pieces, and stops as soon as the output is too
// much: a bomb costs no more than the limit. Any bytes are valid input. Thread-safe.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "processors/net/memory_budget.h"

namespace weir::net {

enum class Encoding : std::uint8_t { identity, gzip, zstd };

/// Of a Content-Encoding header, in any case: "", "identity", "gzip", "x-gzip", "zstd". Absent for
/// another one and for several.
std::optional<Encoding> parse_encoding(std::string_view header);

enum class DecodeFault : std::uint8_t {
  too_large,    // more than `limit_bytes` come out
  memory_full,  // the claim could not grow
  corrupt,      // not of that encoding, or cut off
};

/// The decoded body; several gzip members or zstd frames in a row are one body. Claims the memory
/// of its output as it grows. zstd windows above 16 MiB are refused as corrupt: RFC 8878 asks
/// senders for at most 8 MiB.
std::expected<std::string, DecodeFault> decode(Encoding encoding, std::string_view body,
                                               std::size_t limit_bytes, MemoryBudget::Claim& claim);

}  // namespace weir::net
