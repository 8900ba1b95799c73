// Gauges in the Prometheus text format (version 0.0.4): taken sample by sample, printed gauge by
// gauge.
//
//   # HELP weir_alerts Alerts as they stand, those that nobody is told of included.
//   # TYPE weir_alerts gauge
//   weir_alerts{state="firing",severity="page"} 1
//
// Numbers are written so that they read back as the same double.
//
// One thread.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir::prometheus {

struct GaugeName {
  std::string name;
  std::string help;
};

/// The value as it stands between the quotes of a label. It may hold any text: what would end it is
/// escaped, and NUL, at which Prometheus stops reading, is replaced.
std::string escape_label(std::string_view value);

class Gauges {
 public:
  /// `names`, in the order of the text, outlive the gauges.
  explicit Gauges(std::span<const GaugeName> names) : names_(names), samples_(names.size()) {}

  /// Adds a sample of the gauge at `index` of the names. Labels as `a="x",b="y"`, or none. A value
  /// that is not finite is no sample.
  void add(std::size_t index, std::string_view labels, double value);

  /// What the samples take in the text.
  std::size_t bytes() const { return bytes_; }
  /// All samples by gauge, each behind its HELP and TYPE; gauges without samples are left out.
  std::string text() const;

 private:
  const std::span<const GaugeName> names_;
  std::size_t bytes_ = 0;
  std::vector<std::string> samples_;  // by gauge
};

}  // namespace weir::prometheus
