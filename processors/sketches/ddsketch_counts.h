// The loop of every merge: what an encoded sketch (ddsketch.h) says of one block of 64 bins, added
// to their counts. Thread-safe.
#pragma once

#include <cstdint>

namespace weir::sketches {

/// Reads a varint of 1 to kDdSketchMaxCount for each bit of `bitmap`, ascending, from [at, end),
/// adds it to counts[bit] and to `total`, and returns what follows. Null: one is cut off, out of
/// range or longer than it needs to be; counts and total then hold an unknown part of it. As fast
/// as this machine can: with AVX2 and BMI2 eight bins at once where their counts are a byte each.
const char* add_counts(const char* at, const char* end, std::uint64_t bitmap, std::uint64_t* counts,
                       std::uint64_t& total);

/// The same on every machine.
const char* add_counts_portable(const char* at, const char* end, std::uint64_t bitmap,
                                std::uint64_t* counts, std::uint64_t& total);

}  // namespace weir::sketches
