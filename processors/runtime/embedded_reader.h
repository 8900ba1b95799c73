// Reads an embedded log beside the process that writes it, or with none: for query, inspect,
// explain and the source of a replay. Takes no lock and writes nothing.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "processors/runtime/embedded_format.h"
#include "processors/runtime/file_system.h"
#include "processors/runtime/segment_set.h"

namespace weir::runtime {

/// Thread-safe. Sees a topic of commits up to its published end, and a raw topic up to its last
/// whole append, which may not be synced yet; `bounds`, and a read at the known end, look again.
/// corrupt: the published ends are damaged, or missing though there are records; a file of records
/// is damaged or missing.
class EmbeddedReader final : public Reader {
 public:
  /// `files` outlives this. invalid_argument: no weir log there; version: of a newer weir; corrupt.
  static Result<std::unique_ptr<EmbeddedReader>> open(const FileSystem& files,
                                                      std::string directory);

  Result<std::int32_t> partitions(std::string_view topic) const override;
  Result<Bounds> bounds(const TopicPartition& where) const override;
  Result<void> read(const TopicPartition& where, std::int64_t from, std::size_t max_bytes,
                    RecordBatch& batch) const override;

  /// Names, ascending.
  Result<std::vector<std::string>> topics() const;

 private:
  struct View {
    std::shared_ptr<SegmentSet> readable;
    EndMark mark;
  };

  EmbeddedReader(const FileSystem& files, std::string directory)
      : files_(files), directory_(std::move(directory)) {}

  Result<std::vector<PublishedTopic>> published() const;
  Result<PublishedTopic> published(std::string_view topic) const;
  /// The view with what was published since, or what it is.
  Result<View> look(const TopicPartition& where) const;
  Result<void> extend(const TopicPartition& where, const PublishedPartition& published,
                      View& view) const;
  Result<void> extend_raw(const TopicPartition& where, View& view) const;
  Result<SegmentSet::Entry> entry(const TopicPartition& where, std::int64_t base) const;

  const FileSystem& files_;
  const std::string directory_;
  mutable std::mutex mutex_;
  mutable std::map<TopicPartition, View> views_;
};

/// What a task has in the store of an embedded log.
struct TaskContents {
  TaskId task;
  TaskPosition position;
  std::uint64_t state_keys = 0;
  std::uint64_t state_bytes = 0;  // keys and values, as they are before compression
};
/// Every task that ever committed, ascending; `store` is the one in state_path(directory).
Result<std::vector<TaskContents>> list_tasks(const state::Store& store);

}  // namespace weir::runtime
