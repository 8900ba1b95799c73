// How a running pipeline is doing: gathered once a second by one thread, told to anybody.
#pragma once

#include <deque>
#include <mutex>
#include <optional>
#include <string>

#include "processors/core/result.h"
#include "sinks/dashboard/pipeline_facts.h"
#include "tools/weir/home.h"
#include "tools/weir/pipeline.h"

namespace weir::cli {

/// Everything referred to outlives this.
struct FactSources {
  const Settings* settings = nullptr;
  const Home* home = nullptr;
  std::string directory;
  const Pipeline* pipeline = nullptr;
  const Probes* probes = nullptr;
};

/// Thread-safe; `gather` by one thread.
class UpFacts {
 public:
  /// A task is ready that is at the end of its input, or no further behind than this.
  static constexpr DurationUs kReadyLagUs = 30 * kSecondUs;

  /// And takes no more events when its tasks are this far behind.
  static constexpr DurationUs kTooFarBehindUs = 2 * kMinuteUs;

  UpFacts(const FactSources& sources, TimeUs started_us)
      : sources_(sources), started_us_(started_us) {}

  /// Errors: the log's.
  Result<void> gather(TimeUs now);
  dashboard::PipelineFacts facts() const;
  /// Why the log should not take more for now: what it has is not read for too long.
  std::optional<std::string> why_not_take_more(TimeUs now) const;
  /// Why results are not what they should be by now; empty: they are.
  std::string why_not_ready(TimeUs now) const;

 private:
  struct Counts {
    TimeUs time_us = 0;
    std::uint64_t events = 0;
    std::uint64_t results = 0;
  };

  std::string who_is_behind(TimeUs now, DurationUs lag_us) const;
  Result<void> add_tasks(dashboard::PipelineFacts& facts) const;
  Result<void> add_sizes(dashboard::PipelineFacts& facts) const;
  void add_rates(TimeUs now, dashboard::PipelineFacts& facts);

  const FactSources sources_;
  const TimeUs started_us_;
  std::deque<Counts> counts_;  // of the last seconds
  mutable std::mutex mutex_;
  dashboard::PipelineFacts facts_;
};

}  // namespace weir::cli
