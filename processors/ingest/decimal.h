// Decimal text to integers, exactly: "0.297977801412344" seconds are 297978 microseconds, whatever
// binary fractions make of it. Pure; thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace weir::ingest {

/// value * 10^exponent, rounded half up (away from zero below it). `text` is a decimal number as
/// in JSON, digits with an optional sign, fraction and exponent ("-12", "0.5", "1.5e-3"); leading
/// zeros and a bare "5." or ".5" are accepted too. Nothing: it is no such number (spaces, NaN and
/// infinity included), or its result does not fit 18 digits.
std::optional<std::int64_t> scale_decimal(std::string_view text, int exponent);

/// A whole decimal number with an optional minus, and nothing else.
std::optional<std::int64_t> parse_whole(std::string_view text);

}  // namespace weir::ingest
