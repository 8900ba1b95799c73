// Facts that Weir reports about itself: counters and gauges by name. A part's own probe.h names its
// facts; this is the registry behind them. Names follow Prometheus: `weir_<part>_<what>_total`,
// base units.
//
// Counters and gauges may be changed from any thread; registering and exposing take a lock. What is
// registered lives as long as its registry.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

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

class Metrics {
 public:
  using Labels = std::map<std::string, std::string>;

  /// The counter or gauge of that name and labels; made at the first call. A name has one kind and
  /// one help text.
  Counter& counter(std::string_view name, std::string_view help, const Labels& labels = {});
  Gauge& gauge(std::string_view name, std::string_view help, const Labels& labels = {});

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
};

}  // namespace weir::runtime
