// One slo task for benchmarks: fed a pane at a time, in memory.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "processors/slo/slo.h"
#include "processors/state/memory_store.h"

namespace weir::slo {

/// What one series of the first objective counts in a pane.
struct PaneCounts {
  std::string series;  // aggregates::encode_series
  std::int64_t good = 0;
  std::int64_t bad = 0;
};

class Feed {
 public:
  static constexpr TimeUs kStart = 1'700'006'400 * kSecondUs;  // 2023-11-15T00:00:00Z

  Feed(v1::Objectives objectives, Config config);

  /// The pane's counts, and that time has come to its end.
  void say(std::int64_t pane, const std::vector<PaneCounts>& counts);
  /// Everything that is due then; what a commit would write is encoded.
  void step();
  void commit();

  /// Of the last step.
  std::size_t told_bytes() const { return told_bytes_; }
  const std::vector<v1::ConditionChange>& changes() const { return changes_; }

 private:
  const v1::Objectives objectives_;
  std::uint64_t id_ = 0;
  runtime::Metrics metrics_;
  Probe probe_{metrics_};
  state::MemoryStore store_;
  state::WriteBack cache_{store_, std::size_t{2} << 30};
  runtime::TaskContext context_{0, 1, {1, 1}, cache_};
  SloProcessor processor_;
  std::string bytes_;
  std::int64_t told_panes_ = 0;
  std::size_t told_bytes_ = 0;
  std::vector<v1::ConditionChange> changes_;
};

}  // namespace weir::slo
