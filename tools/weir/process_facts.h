// How the pipeline is doing, as far as this process runs it: gathered once a second by one thread,
// told to anybody.
#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "processors/core/result.h"
#include "processors/runtime/io.h"
#include "sinks/dashboard/pipeline_facts.h"
#include "tools/weir/settings.h"
#include "tools/weir/task_table.h"

namespace weir::cli {

/// Everything referred to outlives the facts.
struct FactSources {
  const Settings* settings = nullptr;
  const Probes* probes = nullptr;
  const runtime::Reader* log = nullptr;
  /// The tasks that run here just now.
  std::function<std::vector<RunningTask>()> tasks;
  /// The receivers of alerts that are told from here; empty: none are.
  std::function<std::vector<results::ReceiverFacts>()> receivers = {};
  /// Adds what the log takes on disk; empty: that is not here.
  std::function<Result<void>(dashboard::PipelineFacts&)> add_sizes = {};
};

/// Thread-safe; `gather` by one thread.
class ProcessFacts {
 public:
  /// A task is ready that is at the end of its input, or no further behind than this.
  static constexpr DurationUs kReadyLagUs = 30 * kSecondUs;

  /// And takes no more events when its tasks are this far behind.
  static constexpr DurationUs kTooFarBehindUs = 2 * kMinuteUs;

  ProcessFacts(FactSources sources, TimeUs started_us)
      : sources_(std::move(sources)), started_us_(started_us) {}

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
  void add_rates(TimeUs now, dashboard::PipelineFacts& facts);

  const FactSources sources_;
  const TimeUs started_us_;
  std::deque<Counts> counts_;  // of the last seconds
  mutable std::mutex mutex_;
  dashboard::PipelineFacts facts_;
};

}  // namespace weir::cli
