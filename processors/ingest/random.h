// Randomness that is the same on every machine: integer arithmetic and the five exact operations of
// IEEE 754, no call into libm. For synthetic data only. Values; a generator belongs to one thread.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

namespace weir::ingest {

/// SplitMix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators" (OOPSLA 2014).
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  /// An independent generator for stream number `stream` of a seed.
  static Random stream(std::uint64_t seed, std::uint64_t stream) {
    return Random(mix(seed) ^ mix(~stream));
  }

  /// The finaliser: a bijection of 64 bits that scatters them.
  static constexpr std::uint64_t mix(std::uint64_t value) {
    value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9;
    value = (value ^ value >> 27) * 0x94d049bb133111eb;
    return value ^ value >> 31;
  }

  std::uint64_t next() { return mix(state_ += 0x9e3779b97f4a7c15); }

  /// Uniform in [0, n), n > 0; some values are likelier than others by at most n / 2^32.
  std::uint32_t below(std::uint32_t n) { return pick(static_cast<std::uint32_t>(next() >> 32), n); }
  /// The same from 32 random bits.
  static std::uint32_t pick(std::uint32_t bits, std::uint32_t n) {
    return static_cast<std::uint32_t>(static_cast<std::uint64_t>(bits) * n >> 32);
  }

  /// Uniform in [0, 1), in steps of 2^-32.
  double uniform() { return static_cast<double>(next() >> 32) * 0x1p-32; }

  /// Nearly standard normal: heads among 48 coins, spread evenly between the whole numbers. Right
  /// to 0.1 % at the 99th percentile and 2 % at the 99.9th; never beyond 7.1.
  double normal() {
    const std::uint64_t bits = next();
    const int heads = std::popcount(bits >> 16) - 24;
    const double between = static_cast<double>(static_cast<int>(bits & 0xffff) - 32'768) * 0x1p-16;
    return (heads + between) * kOverDeviation;
  }

 private:
  static constexpr double kOverDeviation = 0.28768;  // 1 / sqrt(48/4 + 1/12)

  std::uint64_t state_;
};

/// 2^x for |x| < 1000, within 2e-7: a polynomial through Chebyshev nodes, then the exponent.
inline double exp2_exact(double x) {
  std::int64_t whole = static_cast<std::int64_t>(x);
  if (static_cast<double>(whole) > x) --whole;
  const double f = x - static_cast<double>(whole);
  const double power =
      ((((0.0018937540582251383 * f + 0.008949590423279719) * f + 0.055860337077302244) * f +
        0.24014181820141936) *
           f +
       0.6931544896632356) *
          f +
      0.9999998983500241;
  return power * std::bit_cast<double>(static_cast<std::uint64_t>(whole + 1023) << 52);
}

/// A log-normal distribution as people know it: its median, and how many doublings one standard
/// deviation is. Its 99th percentile is median * 2^(2.326 * doublings).
struct LogNormal {
  double median = 0;
  double doublings = 0;

  /// Rounded down; `factor` scales the median.
  std::int64_t sample(Random& random, double factor = 1) const {
    return static_cast<std::int64_t>(median * factor * exp2_exact(doublings * random.normal()));
  }
};

/// Index i with a probability in proportion to weight i: Walker's alias method, as by Vose, "A
/// linear algorithm for generating random numbers with a given distribution" (1991).
class Weighted {
 public:
  /// At least one weight, each positive and finite.
  explicit Weighted(const std::vector<double>& weights);

  std::uint32_t sample(Random& random) const {
    const std::uint64_t bits = random.next();
    const std::uint32_t at =
        Random::pick(static_cast<std::uint32_t>(bits >> 32), static_cast<std::uint32_t>(size()));
    const Slot& slot = slots_[at];
    return static_cast<std::uint32_t>(bits) < slot.threshold ? at : slot.alias;
  }

  std::size_t size() const { return slots_.size(); }

 private:
  struct Slot {
    std::uint32_t threshold;  // below it: the slot's own index
    std::uint32_t alias;
  };

  std::vector<Slot> slots_;
};

}  // namespace weir::ingest
