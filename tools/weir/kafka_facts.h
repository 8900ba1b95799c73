// How a pipeline on Kafka is doing, as far as this process sees it: gathered once a second by one
// thread, told to anybody.
#pragma once

#include <deque>
#include <mutex>
#include <string>

#include "processors/core/result.h"
#include "sinks/dashboard/pipeline_facts.h"
#include "tools/weir/kafka_pipeline.h"

namespace weir::cli {

/// Everything referred to outlives this.
struct KafkaFactSources {
  const Settings* settings = nullptr;
  const KafkaHome* home = nullptr;
  const KafkaPipeline* pipeline = nullptr;
  const Probes* probes = nullptr;
};

/// Thread-safe; `gather` by one thread.
class KafkaFacts {
 public:
  /// A task is ready that is at the end of its input, or no further behind than this.
  static constexpr DurationUs kReadyLagUs = 30 * kSecondUs;

  KafkaFacts(const KafkaFactSources& sources, TimeUs started_us)
      : sources_(sources), started_us_(started_us) {}

  /// Errors: the cluster's.
  Result<void> gather(TimeUs now);
  dashboard::PipelineFacts facts() const;
  /// Why results are not what they should be by now; empty: they are.
  std::string why_not_ready(TimeUs now) const;

 private:
  struct Counts {
    TimeUs time_us = 0;
    std::uint64_t events = 0;
    std::uint64_t results = 0;
  };

  Result<void> add_tasks(dashboard::PipelineFacts& facts) const;
  void add_rates(TimeUs now, dashboard::PipelineFacts& facts);

  const KafkaFactSources sources_;
  const TimeUs started_us_;
  std::deque<Counts> counts_;  // of the last seconds
  mutable std::mutex mutex_;
  dashboard::PipelineFacts facts_;
};

}  // namespace weir::cli
