#include <algorithm>
#include <limits>
#include <sstream>

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include "processors/runtime/probe.h"

namespace weir::runtime {
namespace {

constexpr double kUsASecond = 1e6;

prometheus::ClientMetric::Histogram to_histogram(const DurationHistogram& duration) {
  prometheus::ClientMetric::Histogram histogram;
  const auto counts = duration.counts();
  for (std::size_t i = 0; i < counts.size(); ++i) {
    histogram.sample_count += counts[i];
    const double bound_s = i < DurationHistogram::kBoundsUs.size()
                               ? static_cast<double>(DurationHistogram::kBoundsUs[i]) / kUsASecond
                               : std::numeric_limits<double>::infinity();
    histogram.bucket.push_back({histogram.sample_count, bound_s});
  }
  histogram.sample_sum = static_cast<double>(duration.sum_us()) / kUsASecond;
  return histogram;
}

template <class Families, class SetValue>
void collect(const Families& families, prometheus::MetricType type, SetValue set_value,
             std::vector<prometheus::MetricFamily>& out) {
  for (const auto& [name, family] : families) {
    prometheus::MetricFamily collected{name, family.help, type, {}};
    for (const auto& [labels, member] : family.members) {
      prometheus::ClientMetric& metric = collected.metric.emplace_back();
      for (const auto& [label, value] : labels) metric.label.push_back({label, value});
      set_value(metric, member);
    }
    out.push_back(std::move(collected));
  }
}

}  // namespace

Counter& Metrics::counter(std::string_view name, std::string_view help, const Labels& labels) {
  const std::lock_guard lock(mutex_);
  Family<Counter>& family = counters_[std::string(name)];
  family.help = help;
  return family.members[labels];
}

Gauge& Metrics::gauge(std::string_view name, std::string_view help, const Labels& labels) {
  const std::lock_guard lock(mutex_);
  Family<Gauge>& family = gauges_[std::string(name)];
  family.help = help;
  return family.members[labels];
}

DurationHistogram& Metrics::duration(std::string_view name, std::string_view help,
                                     const Labels& labels) {
  const std::lock_guard lock(mutex_);
  Family<DurationHistogram>& family = durations_[std::string(name)];
  family.help = help;
  return family.members[labels];
}

void DurationHistogram::observe(DurationUs duration_us) {
  duration_us = std::max<DurationUs>(duration_us, 0);
  const auto bound = std::ranges::lower_bound(kBoundsUs, duration_us);
  const auto at = static_cast<std::size_t>(bound - kBoundsUs.begin());
  counts_[at].fetch_add(1, std::memory_order_relaxed);
  sum_us_.fetch_add(duration_us, std::memory_order_relaxed);
}

DurationHistogram::Counts DurationHistogram::counts() const {
  Counts counts;
  for (std::size_t i = 0; i < counts.size(); ++i)
    counts[i] = counts_[i].load(std::memory_order_relaxed);
  return counts;
}

std::string Metrics::expose() const {
  const std::lock_guard lock(mutex_);
  std::vector<prometheus::MetricFamily> families;
  collect(
      counters_, prometheus::MetricType::Counter,
      [](auto& metric, const Counter& counter) {
        metric.counter.value = static_cast<double>(counter.value());
      },
      families);
  collect(
      gauges_, prometheus::MetricType::Gauge,
      [](auto& metric, const Gauge& gauge) {
        metric.gauge.value = static_cast<double>(gauge.value());
      },
      families);
  collect(
      durations_, prometheus::MetricType::Histogram,
      [](auto& metric, const DurationHistogram& duration) {
        metric.histogram = to_histogram(duration);
      },
      families);
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace weir::runtime
