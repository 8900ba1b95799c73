// The configuration file as a whole: what is shared by all parts, and each processor's own section.
// One YAML file with strict keys; an empty file is a working configuration.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "processors/alert/config.h"
#include "processors/core/result.h"
#include "processors/core/time.h"
#include "processors/fold/config.h"
#include "processors/graph.h"
#include "processors/ingest/config.h"
#include "processors/kpi/config.h"
#include "processors/net/config.h"
#include "processors/runtime/log.h"
#include "processors/slo/config.h"
#include "sinks/webhook/config.h"
#include "tools/weir/kafka_settings.h"

namespace weir::cli {

/// How long each kind of topic is kept.
struct RetentionSettings {
  runtime::Retention raw = {.max_age_us = 7 * kDayUs};
  runtime::Retention partial = {.max_age_us = 2 * kDayUs};  // what kpi may have to read again
  runtime::Retention result = {.max_age_us = 90 * kDayUs};
  runtime::Retention dead_letter = {.max_age_us = 30 * kDayUs};
};

/// Where `memory` goes, in bytes for the whole process.
struct MemoryPlan {
  std::uint64_t block_cache = 0;   // RocksDB's blocks and memtables
  std::uint64_t write_buffer = 0;  // the memtables' part of it
  std::uint64_t open_deltas = 0;   // fold
  std::uint64_t state_cache = 0;   // clean state of all tasks
  std::uint64_t uncommitted = 0;   // outputs and state changes waiting for a commit
  std::uint64_t fetch = 0;         // records read and not yet processed
  std::uint64_t view = 0;          // recent results, where they are shown
};

struct LogSettings {
  std::string level = "info";  // trace, debug, info, warning, error
  std::string file;            // empty: standard error
};

inline constexpr std::int32_t kDefaultRawPartitions = 2;

struct Settings {
  /// Where `weir up` keeps its log.
  std::string data = ".weir/data";
  /// Partitions of weir.inference in a live log. 0: as many as there are, or two in a new one.
  std::int64_t raw_partitions = 0;
  std::uint64_t memory_bytes = std::uint64_t{1} << 30;
  std::uint64_t disk_bytes = std::uint64_t{20} << 30;
  DurationUs commit_interval_us = kSecondUs;
  std::int64_t keyed_partitions = 2;
  /// Worker threads of each processor. 0: as many as the machine has cores.
  std::int64_t threads = 0;
  RetentionSettings retention;
  LogSettings log;
  KafkaSettings kafka;
  /// Where `weir ingest` listens, beside a `weir run` with the same configuration.
  net::Listen ingest_listen{.address = "127.0.0.1", .port = 8081};
  net::Config http;
  ingest::Config ingest;
  fold::Config fold;
  kpi::Config kpi;
  slo::Config slo;
  alert::Config alert;
  webhook::Config webhook;
  /// What can be run and is hardly meant, each as file:line: what and what to do.
  std::vector<std::string> warnings;

  MemoryPlan memory_plan() const;
  std::int32_t worker_threads() const;
  /// The graph's part, for tasks of which there are so many.
  GraphOptions graph_options(std::int32_t raw_partitions, bool history) const;
};

/// Reads and checks the file; the empty path gives the defaults. Error: every problem, one a line,
/// as file:line: what and what to do.
Result<Settings> load_settings(const std::string& file);

}  // namespace weir::cli
