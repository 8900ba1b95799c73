// What stands in a data directory beside its records: tasks, their positions, their state; sizes on disk.
// Read without taking it from whoever writes it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "processors/core/result.h"
#include "processors/runtime/embedded_format.h"
#include "processors/runtime/file_system.h"

namespace weir::cli {

struct PartitionFacts {
  runtime::TopicPartition where;
  runtime::Bounds bounds;
  std::uint64_t disk_bytes = 0;  // of its segment files
};

struct TaskFacts {
  runtime::TaskId task;
  runtime::TaskPosition at;
  std::uint64_t state_keys = 0;
  std::uint64_t state_bytes = 0;  // of keys and values, before RocksDB compresses them
};

struct DirectoryFacts {
  std::vector<PartitionFacts> partitions;  // ascending by topic and partition
  std::vector<TaskFacts> tasks;            // ascending by processor and partition
  std::uint64_t store_disk_bytes = 0;
};

/// Errors: not_found, where nobody ever wrote a log there; corrupt; version; io.
Result<DirectoryFacts> read_facts(const runtime::FileSystem& files, const std::string& directory);

}  // namespace weir::cli
