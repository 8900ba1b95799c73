// What stands in a data directory: partitions and their ends, tasks and their state, sizes on disk.
// Read beside whoever writes it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "processors/core/result.h"
#include "processors/runtime/embedded_reader.h"
#include "processors/runtime/file_system.h"

namespace weir::cli {

struct PartitionFacts {
  runtime::TopicPartition where;
  runtime::Bounds bounds;
  std::uint64_t disk_bytes = 0;  // of its segment files
};

struct DirectoryFacts {
  std::vector<PartitionFacts> partitions;    // ascending by topic and partition
  std::vector<runtime::TaskContents> tasks;  // ascending by processor and partition
  std::uint64_t segment_disk_bytes = 0;
  std::uint64_t state_disk_bytes = 0;
};

/// Errors as EmbeddedReader::open and RocksDbStore::open_read_only.
Result<DirectoryFacts> read_facts(const runtime::FileSystem& files, const std::string& directory);

}  // namespace weir::cli
