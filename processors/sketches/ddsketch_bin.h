// Which bin of a DDSketch a duration belongs to. A header of its own because fold's kernels use it,
// too.
//
// From 2,048 us on it is DDSketch's cubically interpolated mapping (Masson, Rim, Lee: "DDSketch",
// VLDB 2019, and DataDog's sketches-go) with 36 bins an octave: log2 is the float's exponent plus a
// cubic in its mantissa. Below, where whole microseconds are coarse, there are 64 bins an octave,
// linear in the mantissa, so that below 128 us every value has its own. Above 1 h everything falls
// into the last bin. A bin's representative, a whole number, is within 1 % of every value in it.
//
// Only IEEE conversions, multiplications and additions, none fused (-ffp-contract=off): every
// machine and every vector width picks the same bin. No branch, so that a loop over it vectorises.
// Thread-safe.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

namespace weir::sketches {

/// Values up to here are their own bin.
inline constexpr std::uint32_t kDdSketchExactUs = 64;
/// Values above (1 h) count as this one.
inline constexpr std::uint32_t kDdSketchMaxUs = 3'600'000'000;
inline constexpr std::uint32_t kDdSketchBins = 1131;
/// Bins come in blocks of 64: the unit of the encoded form.
inline constexpr std::uint32_t kDdSketchBlocks = (kDdSketchBins + 63) / 64;
/// What an array of bins has room for, so that whole blocks can be read.
inline constexpr std::uint32_t kDdSketchPaddedBins = kDdSketchBlocks * 64;

/// Of a float in kDdSketchExactUs .. kDdSketchMaxUs; below, something less than the value.
inline std::int32_t ddsketch_float_bin(float value_us) {
  constexpr float kA = 6.0f / 35.0f;
  constexpr float kB = -3.0f / 5.0f;
  constexpr float kC = 10.0f / 7.0f;
  const auto bits = std::bit_cast<std::int32_t>(value_us);
  const float exponent = static_cast<float>((bits >> 23) - 127);
  const float mantissa = std::bit_cast<float>((bits & 0x7fffff) | 0x3f800000) - 1.0f;
  const float log2 = ((kA * mantissa + kB) * mantissa + kC) * mantissa + exponent;
  // Both are 384 at 2,048 us; below it the linear one is the smaller, above it the logarithmic one.
  const std::int32_t logarithmic = static_cast<std::int32_t>(log2 * 36.0f) - 12;
  const std::int32_t linear = (bits >> 17) - (127 + 5) * 64;
  return std::min(logarithmic, linear);
}

inline std::uint32_t ddsketch_bin(std::uint32_t value_us) {
  const std::uint32_t value = std::min(value_us, kDdSketchMaxUs);
  const auto exact = static_cast<std::int32_t>(std::min(value, kDdSketchExactUs));
  return static_cast<std::uint32_t>(std::max(ddsketch_float_bin(static_cast<float>(value)), exact));
}

inline std::uint32_t ddsketch_bin(std::uint64_t value_us) {
  return ddsketch_bin(
      static_cast<std::uint32_t>(std::min<std::uint64_t>(value_us, kDdSketchMaxUs)));
}

}  // namespace weir::sketches
