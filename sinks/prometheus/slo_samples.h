// Ledgers of objectives as gauges. README.md lists the names.
//
//   # HELP weir_slo_burn_rate How fast the budget burns; 1: it lasts exactly for its window.
//   # TYPE weir_slo_burn_rate gauge
//   weir_slo_burn_rate{objective="chat-fast",service="chat",model="llama",window="1h"} 2.5
//
// One thread.
#pragma once

#include <string>

#include "sinks/prometheus/gauges.h"
#include "sinks/results/burn_board.h"

namespace weir::prometheus {

class SloSamples {
 public:
  /// Takes no more ledgers once they have become this many bytes.
  explicit SloSamples(std::size_t max_bytes);

  /// Adds every value that the ledger has; without events there is no burn rate, and of its budget
  /// nothing can be said. False: there is no room, and nothing was added.
  bool add(const v1::BurnResult& ledger);

  std::string text() const { return gauges_.text(); }

 private:
  const std::size_t max_bytes_;
  Gauges gauges_;
};

}  // namespace weir::prometheus
