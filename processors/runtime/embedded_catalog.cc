#include "processors/runtime/embedded_catalog.h"

#include <algorithm>
#include <limits>

namespace weir::runtime {

void EmbeddedCatalog::add(TopicSpec spec, std::vector<std::unique_ptr<PartitionSlot>> slots) {
  const std::lock_guard lock(mutex_);
  std::string name = spec.name;
  topics_.insert_or_assign(std::move(name), Topic{std::move(spec), std::move(slots)});
}

void EmbeddedCatalog::change(const TopicSpec& spec) {
  const std::lock_guard lock(mutex_);
  TopicSpec& known = topics_.find(spec.name)->second.spec;
  known.retention = spec.retention;
  known.readers = spec.readers;
}

Result<TopicSpec> EmbeddedCatalog::topic(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  WEIR_ASSIGN(const Topic* found, find(name));
  return found->spec;
}

Result<PartitionSlot*> EmbeddedCatalog::slot(const TopicPartition& where) const {
  const std::lock_guard lock(mutex_);
  WEIR_ASSIGN(const Topic* found, find(where.topic));
  if (where.partition < 0 || where.partition >= found->spec.partitions)
    return fail(ErrorCode::not_found, "no partition {}: {} has {}", to_string(where), where.topic,
                found->spec.partitions);
  return found->slots[static_cast<std::size_t>(where.partition)].get();
}

std::vector<PartitionSlot*> EmbeddedCatalog::slots() const {
  const std::lock_guard lock(mutex_);
  std::vector<PartitionSlot*> all;
  for (const auto& [name, topic] : topics_) {
    for (const auto& slot : topic.slots) all.push_back(slot.get());
  }
  return all;
}

std::vector<PublishedTopic> EmbeddedCatalog::published() const {
  const std::lock_guard lock(mutex_);
  std::vector<PublishedTopic> all;
  for (const auto& [name, topic] : topics_) {
    PublishedTopic& published = all.emplace_back(name, topic.spec.raw);
    for (const auto& slot : topic.slots)
      published.partitions.push_back(
          {slot->partition.readable().bounds().start, slot->partition.durable()});
  }
  return all;
}

void EmbeddedCatalog::set_position(const TaskId& task, TaskPosition position) {
  const std::lock_guard lock(mutex_);
  positions_.insert_or_assign(task, std::move(position));
}

std::optional<TaskPosition> EmbeddedCatalog::position(const TaskId& task) const {
  const std::lock_guard lock(mutex_);
  const auto found = positions_.find(task);
  if (found == positions_.end()) return std::nullopt;
  return found->second;
}

std::int64_t EmbeddedCatalog::unread_from(const TopicPartition& where) const {
  const std::lock_guard lock(mutex_);
  std::int64_t lowest = std::numeric_limits<std::int64_t>::max();
  const auto topic = topics_.find(where.topic);
  if (topic != topics_.end() && topic->second.spec.readers) {
    for (const std::string& reader : *topic->second.spec.readers) {
      const auto found = positions_.find({reader, where.partition});
      lowest = std::min(lowest, found == positions_.end() ? 0 : found->second.position);
    }
    return lowest;
  }
  for (const auto& [task, position] : positions_) {
    if (position.input == where) lowest = std::min(lowest, position.position);
  }
  return lowest;
}

Result<const EmbeddedCatalog::Topic*> EmbeddedCatalog::find(std::string_view name) const {
  const auto found = topics_.find(name);
  if (found == topics_.end()) return fail(ErrorCode::not_found, "no topic {}", name);
  return &found->second;
}

}  // namespace weir::runtime
