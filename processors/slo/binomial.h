// The probability that chance alone makes so many bad events. Made of +, -, *, / alone, in one
// order, so that every machine gets the same digits. Thread-safe.
//
// Saddle-point form of the binomial density: Loader, Fast and accurate computation of binomial
// probabilities, 2000; then the sum of its tail.
#pragma once

#include <cstdint>

namespace weir::slo {

/// P(X >= bad) for X ~ Binomial(total, bad_ppb / 1e9), to about ten digits down to 1e-300, and 0
/// below. 1 where bad is not above the mean: that is no tail. REQUIRES: 0 <= bad <= total,
/// 0 < bad_ppb < 1e9. Time grows with the square root of total.
double binomial_tail(std::int64_t bad, std::int64_t total, std::int64_t bad_ppb);

}  // namespace weir::slo
