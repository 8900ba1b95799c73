// Rows of results as gauges. README.md lists the names; they follow from the fields of
// weir.v1.KpiValues.
//
//   # HELP weir_kpi_latency_p99_seconds Latency, 99th percentile.
//   # TYPE weir_kpi_latency_p99_seconds gauge
//   weir_kpi_latency_p99_seconds{scope="service",window="1m/10s",service="chat"} 1.812
//
// One thread.
#pragma once

#include <string>
#include <vector>

#include "processors/core/time.h"
#include "sinks/prometheus/gauges.h"
#include "sinks/results/kpi_results.h"

namespace weir::prometheus {

/// The names of all gauges that rows may become, in the order of the text.
std::vector<std::string> kpi_metric_names();

class KpiSamples {
 public:
  /// Takes no more rows once they have become this many bytes.
  explicit KpiSamples(std::size_t max_bytes);

  /// At which end the values of a scope and window are.
  void add_end(const results::ScopeName& scope, const windows::Window& window, TimeUs end_us);
  /// Adds every value that the row has; what is absent becomes no sample. False: there is no room,
  /// and nothing was added.
  bool add(const results::KpiResults& results, const results::KpiRow& row);

  /// All samples by metric, each behind its HELP and TYPE; metrics without samples are left out.
  std::string text() const { return gauges_.text(); }

 private:
  const std::size_t max_bytes_;
  Gauges gauges_;
};

}  // namespace weir::prometheus
