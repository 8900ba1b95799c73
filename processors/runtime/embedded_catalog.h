// What is in an embedded log: topics with their partitions, and where tasks have read to.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "processors/runtime/embedded_partition.h"
#include "processors/runtime/group_work.h"

namespace weir::runtime {

/// Producers that wait for one sync of a raw partition.
struct RawAppend {
  std::span<const NewRecord> records;
  std::int64_t first = 0;  // the offset of the first, once done
};

struct PartitionSlot {
  PartitionSlot(PartitionPlace place, PartitionContents contents)
      : partition(std::move(place), std::move(contents)) {}

  EmbeddedPartition partition;
  GroupWork<RawAppend> appends;
};

/// Thread-safe. Topics and slots live as long as the catalog.
class EmbeddedCatalog {
 public:
  void add(TopicSpec spec, std::vector<std::unique_ptr<PartitionSlot>> slots);
  /// Retention and readers of a topic that is there.
  void change(const TopicSpec& spec);

  /// not_found.
  Result<TopicSpec> topic(std::string_view name) const;
  Result<PartitionSlot*> slot(const TopicPartition& where) const;
  /// Every partition, ascending by name and number.
  std::vector<PartitionSlot*> slots() const;
  std::vector<PublishedTopic> published() const;

  void set_position(const TaskId& task, TaskPosition position);
  std::optional<TaskPosition> position(const TaskId& task) const;
  /// The first offset that some task which reads `where` has yet to read; the greatest number where
  /// none does.
  std::int64_t unread_from(const TopicPartition& where) const;

 private:
  struct Topic {
    TopicSpec spec;
    std::vector<std::unique_ptr<PartitionSlot>> slots;
  };

  Result<const Topic*> find(std::string_view name) const;

  mutable std::mutex mutex_;
  std::map<std::string, Topic, std::less<>> topics_;
  std::map<TaskId, TaskPosition> positions_;
};

}  // namespace weir::runtime
