// The facts that the process as a whole reports: what the page's pipeline view shows, as metrics.
#pragma once

#include <string>

#include "processors/core/time.h"
#include "processors/runtime/probe.h"
#include "sinks/dashboard/pipeline_facts.h"

namespace weir::cli {

/// `metrics` outlives it. One thread.
class UpProbe {
 public:
  UpProbe(runtime::Metrics& metrics, const std::string& version, TimeUs started_us);

  void report(const dashboard::PipelineFacts& facts);

 private:
  void report(const dashboard::PartitionFacts& task);

  runtime::Metrics& metrics_;
  runtime::Gauge& disk_bytes_;
  runtime::Gauge& disk_budget_bytes_;
  runtime::Gauge& state_bytes_;
  runtime::Gauge& memory_bytes_;
  runtime::Gauge& memory_budget_bytes_;
};

}  // namespace weir::cli
