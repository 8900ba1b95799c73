#include "tools/weir/data_directory.h"

#include "processors/state/rocksdb_store.h"

namespace weir::cli {
namespace {

/// Reading needs little of it.
constexpr std::size_t kCacheBytes = 8 << 20;

Result<void> read_partitions(const runtime::FileSystem& files, const std::string& directory,
                             DirectoryFacts& facts) {
  WEIR_ASSIGN(const auto log, runtime::EmbeddedReader::open(files, directory));
  WEIR_ASSIGN(const auto topics, log->topics());
  for (const std::string& topic : topics) {
    WEIR_ASSIGN(const std::int32_t partitions, log->partitions(topic));
    for (std::int32_t partition = 0; partition < partitions; ++partition) {
      PartitionFacts& found = facts.partitions.emplace_back();
      found.where = {topic, partition};
      WEIR_ASSIGN(found.bounds, log->bounds(found.where));
      WEIR_ASSIGN(found.disk_bytes,
                  runtime::directory_bytes(files, runtime::partition_path(directory, found.where)));
      facts.segment_disk_bytes += found.disk_bytes;
    }
  }
  return {};
}

}  // namespace

Result<DirectoryFacts> read_facts(const runtime::FileSystem& files, const std::string& directory) {
  DirectoryFacts facts;
  WEIR_TRY(read_partitions(files, directory, facts));
  const std::string state = runtime::state_path(directory);
  WEIR_ASSIGN(const auto store, state::RocksDbStore::open_read_only(
                                    state, state::RocksDbMemory(kCacheBytes, kCacheBytes)));
  WEIR_ASSIGN(facts.tasks, runtime::list_tasks(*store));
  WEIR_ASSIGN(facts.state_disk_bytes, runtime::directory_bytes(files, state));
  return facts;
}

}  // namespace weir::cli
