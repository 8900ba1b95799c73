// Facts that Weir reports about itself: counters, gauges and durations by name. A part's own
// probe.h names its facts; this is the registry behind them. Names follow Prometheus:
// `weir_<part>_<what>_total`, base units.
//
// They may be changed from any thread; registering and exposing take a lock. What is registered
// lives as long as its registry.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "processors/core/time.h"

namespace weir::runtime {

class Counter {
 public:
  void add(std::uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_ = 0;
};

class Gauge {
 public:
  void set(std::int64_t value) { value_.store(value, std::memory_order_relaxed); }
  void add(std::int64_t n) { value_.fetch_add(n, std::memory_order_relaxed); }
  std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_ = 0;
};

/// How long something took: how many took at most each bound, and the sum. Printed in seconds.
class DurationHistogram {
 public:
  static constexpr std::array<DurationUs, 12> kBoundsUs = {
      kMillisecondUs,       2'500,   5'000,   10 * kMillisecondUs, 25'000,        50'000,
      100 * kMillisecondUs, 250'000, 500'000, kSecondUs,           5 * kSecondUs, 30 * kSecondUs};
  using Counts = std::array<std::uint64_t, kBoundsUs.size() + 1>;

  /// duration_us >= 0; less counts as 0.
  void observe(DurationUs duration_us);

  /// By bound, then those above the last; not cumulative.
  Counts counts() const;
  DurationUs sum_us() const { return sum_us_.load(std::memory_order_relaxed); }

 private:
  std::array<std::atomic<std::uint64_t>, kBoundsUs.size() + 1> counts_ = {};
  std::atomic<DurationUs> sum_us_ = 0;
};

class Metrics {
 public:
  using Labels = std::map<std::string, std::string>;

  /// The counter, gauge or histogram of that name and labels; made at the first call. A name has
  /// one kind and one help text.
  Counter& counter(std::string_view name, std::string_view help, const Labels& labels = {});
  Gauge& gauge(std::string_view name, std::string_view help, const Labels& labels = {});
  DurationHistogram& duration(std::string_view name, std::string_view help,
                              const Labels& labels = {});

  /// Everything in the Prometheus text format, ordered by name and labels.
  std::string expose() const;

 private:
  template <class T>
  struct Family {
    std::string help;
    std::map<Labels, T> members;
  };

  mutable std::mutex mutex_;
  std::map<std::string, Family<Counter>, std::less<>> counters_;
  std::map<std::string, Family<Gauge>, std::less<>> gauges_;
  std::map<std::string, Family<DurationHistogram>, std::less<>> durations_;
};

}  // namespace weir::runtime
