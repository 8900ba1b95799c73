// How the pipeline itself is doing, as the page shows it. Plain values; whoever runs the pipeline
// fills them in.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "processors/core/time.h"
#include "sinks/results/proto_json.h"
#include "sinks/results/receiver_facts.h"

namespace weir::dashboard {

/// One task: a processor on one partition of its input.
struct PartitionFacts {
  std::string topic;
  std::int32_t partition = 0;
  std::string processor;
  std::int64_t position = 0;           // the next offset to be read; everything before counts
  std::int64_t end = 0;                // of the partition
  TimeUs watermark_us = kMinTime;      // kMinTime: not known yet
  TimeUs append_time_us = kMinTime;    // of the last record that was read; kMinTime: none was
  bool stalled = false;                // left out of the watermark downstream
  TimeUs stalled_since_us = kMinTime;  // by append time; kMinTime: it is not
};

struct PipelineFacts {
  std::vector<PartitionFacts> partitions;
  std::vector<results::ReceiverFacts> receivers;      // that this process tells
  double events_per_second = 0;                       // that counted, of late
  double results_per_second = 0;                      // of late
  std::map<std::string, std::uint64_t> dead_letters;  // events refused since the start, by reason
  std::uint64_t state_bytes = 0;                      // on disk
  std::uint64_t disk_bytes = 0;                       // segments and state
  std::uint64_t disk_budget_bytes = 0;
  std::uint64_t memory_bytes = 0;  // resident
  std::uint64_t memory_budget_bytes = 0;
  double uptime_s = 0;
};

/// Fields named as above; times RFC 3339, unknown ones null. `now` is the clock's.
results::Json to_json(const PipelineFacts& facts, TimeUs now);

}  // namespace weir::dashboard
