#include "tools/weir/data_directory.h"

#include <algorithm>

#include "processors/state/rocksdb_store.h"

namespace weir::cli {
namespace {

/// Reading needs little of it.
constexpr std::size_t kCacheBytes = 8 << 20;

Result<void> read_partitions(const runtime::FileSystem& files, const std::string& directory,
                             DirectoryFacts& facts) {
  const std::string file = runtime::ends_path(directory);
  WEIR_ASSIGN(const std::string bytes, runtime::read_file(files, file));
  WEIR_ASSIGN(const auto topics, runtime::decode_ends(bytes, file));
  for (const runtime::PublishedTopic& topic : topics) {
    for (std::size_t i = 0; i < topic.partitions.size(); ++i) {
      const runtime::TopicPartition where{topic.name, static_cast<std::int32_t>(i)};
      WEIR_ASSIGN(const std::uint64_t disk,
                  runtime::directory_bytes(files, runtime::partition_path(directory, where)));
      facts.partitions.push_back(
          {.where = where,
           .bounds = {topic.partitions[i].start, topic.partitions[i].mark.end.offset},
           .disk_bytes = disk});
    }
  }
  std::ranges::sort(facts.partitions, {}, &PartitionFacts::where);
  return {};
}

Result<void> read_tasks(const state::Store& store, const std::string& directory,
                        DirectoryFacts& facts) {
  bool good = true;
  WEIR_TRY(
      store.scan(runtime::kPositionKeys, "", [&](std::string_view key, std::string_view value) {
        const auto task = runtime::parse_position_key(key);
        const auto at = runtime::decode_position(value);
        if (task && at) facts.tasks.push_back({.task = *task, .at = *at});
        good = task && at;
        return good;
      }));
  if (!good) return fail(ErrorCode::corrupt, "{}: a position cannot be read", directory);
  for (TaskFacts& task : facts.tasks) {
    WEIR_TRY(store.scan(runtime::state_prefix(task.task), "",
                        [&](std::string_view key, std::string_view value) {
                          ++task.state_keys;
                          task.state_bytes += key.size() + value.size();
                          return true;
                        }));
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
  WEIR_TRY(read_tasks(*store, directory, facts));
  WEIR_ASSIGN(facts.store_disk_bytes, runtime::directory_bytes(files, state));
  return facts;
}

}  // namespace weir::cli
