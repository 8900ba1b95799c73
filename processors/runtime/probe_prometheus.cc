#include <sstream>

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include "processors/runtime/probe.h"

namespace weir::runtime {
namespace {

template <class Families, class SetValue>
void collect(const Families& families, prometheus::MetricType type, SetValue set_value,
             std::vector<prometheus::MetricFamily>& out) {
  for (const auto& [name, family] : families) {
    prometheus::MetricFamily collected{name, family.help, type, {}};
    for (const auto& [labels, member] : family.members) {
      prometheus::ClientMetric& metric = collected.metric.emplace_back();
      for (const auto& [label, value] : labels) metric.label.push_back({label, value});
      set_value(metric, static_cast<double>(member.value()));
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

std::string Metrics::expose() const {
  const std::lock_guard lock(mutex_);
  std::vector<prometheus::MetricFamily> families;
  collect(
      counters_, prometheus::MetricType::Counter,
      [](auto& metric, double value) { metric.counter.value = value; }, families);
  collect(
      gauges_, prometheus::MetricType::Gauge,
      [](auto& metric, double value) { metric.gauge.value = value; }, families);
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace weir::runtime
