#include "processors/slo/binomial.h"

#include <bit>

namespace weir::slo {
namespace {

constexpr double kLn2High = 0x1.62e42fefa0000p-1;
constexpr double kLn2Low = 0x1.cf79abc9e3b3ap-40;
constexpr double kHalfLn2Pi = 0.91893853320467274178;
constexpr std::uint64_t kMantissa = (std::uint64_t{1} << 52) - 1;

/// Of a normal number above 0.
double ln(double x) {
  const auto bits = std::bit_cast<std::uint64_t>(x);
  auto exponent = static_cast<std::int64_t>(bits >> 52) - 1023;
  double m = std::bit_cast<double>((bits & kMantissa) | std::uint64_t{1023} << 52);
  if (m > 1.4142135623730951) {
    m /= 2;
    ++exponent;
  }
  const double s = (m - 1) / (m + 1);
  const double square = s * s;
  double sum = 0;
  for (int k = 27; k >= 1; k -= 2) sum = sum * square + 1.0 / k;
  const auto e = static_cast<double>(exponent);
  return e * kLn2High + (e * kLn2Low + 2 * s * sum);
}

/// Of a number that is at most 0; 0 below -700.
double exp(double x) {
  if (x < -700) return 0;
  const auto k = static_cast<std::int64_t>(x / (kLn2High + kLn2Low) - 0.5);
  const double r = (x - static_cast<double>(k) * kLn2High) - static_cast<double>(k) * kLn2Low;
  double sum = 1;
  for (int n = 16; n >= 1; --n) sum = 1 + sum * r / n;
  return sum * std::bit_cast<double>(static_cast<std::uint64_t>(k + 1023) << 52);
}

/// ln n! less Stirling's formula.
double stirling_error(double n) {
  if (n < 16) {
    double factorial = 1;
    for (double k = 2; k <= n; ++k) factorial *= k;
    return n == 0 ? 0 : ln(factorial) - ((n + 0.5) * ln(n) - n + kHalfLn2Pi);
  }
  const double square = n * n;
  return (1.0 / 12 -
          (1.0 / 360 - (1.0 / 1260 - (1.0 / 1680 - 1.0 / 1188 / square) / square) / square) /
              square) /
         n;
}

/// x ln(x / mean) + mean - x, without cancellation where they are close.
double deviance(double x, double mean) {
  const double difference = x - mean;
  const double sum = x + mean;
  if (difference > 0.1 * sum || -difference > 0.1 * sum) return x * ln(x / mean) + mean - x;
  const double v = difference / sum;
  double result = difference * v;
  double term = 2 * x * v;
  for (int k = 3; k < 100; k += 2) {
    term *= v * v;
    const double next = result + term / k;
    if (next == result) break;
    result = next;
  }
  return result;
}

/// Newton's method; of a number above 0.
double root(double x) {
  double guess =
      std::bit_cast<double>((std::bit_cast<std::uint64_t>(x) >> 1) + (std::uint64_t{1023} << 51));
  for (int i = 0; i < 6; ++i) guess = (guess + x / guess) / 2;
  return guess;
}

double density(double k, double n, double p) {
  const double q = 1 - p;
  if (k == n) return exp(n * ln(p));
  const double exponent = stirling_error(n) - stirling_error(k) - stirling_error(n - k) -
                          deviance(k, n * p) - deviance(n - k, n * q);
  return exp(exponent - kHalfLn2Pi) * root(n / (k * (n - k)));
}

}  // namespace

double binomial_tail(std::int64_t bad, std::int64_t total, std::int64_t bad_ppb) {
  const auto k = static_cast<double>(bad);
  const auto n = static_cast<double>(total);
  const double p = static_cast<double>(bad_ppb) / 1e9;
  if (k <= n * p) return 1;
  // Each term is the one before times a ratio below 1 that falls.
  double sum = 1;
  double term = 1;
  for (double at = k; at < n; ++at) {
    term *= (n - at) / (at + 1) * (p / (1 - p));
    if (sum + term == sum) break;
    sum += term;
  }
  const double tail = density(k, n, p) * sum;
  return tail < 1 ? tail : 1;
}

}  // namespace weir::slo
