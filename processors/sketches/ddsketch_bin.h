// Which bin of a DDSketch a duration belongs to. A header of its own because fold's kernels use it,
// too.
//
// Source: DDSketch's cubically interpolated mapping (Masson, Rim, Lee: "DDSketch", VLDB 2019, and
// DataDog's sketches-go): log2 is the float's exponent plus a cubic in its mantissa.
//
// Bin 0 is the value 0, bin 1 begins at 1 us; above 1 h everything falls into the last bin. A bin
// is so narrow that its representative is within 1 % of every value in it (tests sweep all of
// them). Only IEEE conversions, multiplications and additions, none fused (-ffp-contract=off):
// every machine and every vector width picks the same bin. No branch, so that a loop over it
// vectorises. Thread-safe.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

namespace weir::sketches {

/// Values above (1 h) count as this one.
inline constexpr std::uint32_t kDdSketchMaxUs = 3'600'000'000;
inline constexpr std::uint32_t kDdSketchBins = 1113;
/// Bins come in blocks of 64: the unit of the encoded form.
inline constexpr std::uint32_t kDdSketchBlocks = (kDdSketchBins + 63) / 64;
/// What an array of bins has room for, so that whole blocks can be read.
inline constexpr std::uint32_t kDdSketchPaddedBins = kDdSketchBlocks * 64;

inline std::uint32_t ddsketch_bin(std::uint32_t value_us) {
  constexpr float kBinsPerOctave = 35.0145f;
  constexpr float kA = 6.0f / 35.0f;
  constexpr float kB = -3.0f / 5.0f;
  constexpr float kC = 10.0f / 7.0f;
  const float value = static_cast<float>(std::min(value_us, kDdSketchMaxUs));
  const auto bits = std::bit_cast<std::int32_t>(value);
  const float exponent = static_cast<float>((bits >> 23) - 127);
  const float mantissa = std::bit_cast<float>((bits & 0x7fffff) | 0x3f800000) - 1.0f;
  const float log2 = ((kA * mantissa + kB) * mantissa + kC) * mantissa + exponent;
  // Zero has the exponent -127 and so falls below every other value.
  return static_cast<std::uint32_t>(
      std::max(static_cast<std::int32_t>(log2 * kBinsPerOctave) + 1, 0));
}

inline std::uint32_t ddsketch_bin(std::uint64_t value_us) {
  return ddsketch_bin(
      static_cast<std::uint32_t>(std::min<std::uint64_t>(value_us, kDdSketchMaxUs)));
}

}  // namespace weir::sketches
