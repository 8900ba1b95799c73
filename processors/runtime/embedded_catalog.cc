#include "processors/runtime/embedded_catalog.h"

#include <algorithm>

namespace weir::runtime {

void EmbeddedCatalog::add(TopicSpec spec, std::vector<std::unique_ptr<PartitionSlot>> slots) {
  const std::lock_guard lock(mutex_);
  std::string name = spec.name;
  topics_.insert_or_assign(std::move(name), Topic{std::move(spec), std::move(slots)});
}

void EmbeddedCatalog::set_retention(std::string_view topic, const Retention& retention) {
  const std::lock_guard lock(mutex_);
  topics_.find(topic)->second.spec.retention = retention;
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

std::optional<std::int64_t> EmbeddedCatalog::lowest_position(const TopicPartition& where) const {
  const std::lock_guard lock(mutex_);
  std::optional<std::int64_t> lowest;
  for (const auto& [task, position] : positions_) {
    if (position.input == where)
      lowest = std::min(position.position, lowest.value_or(position.position));
  }
  return lowest;
}

Result<const EmbeddedCatalog::Topic*> EmbeddedCatalog::find(std::string_view name) const {
  const auto found = topics_.find(name);
  if (found == topics_.end()) return fail(ErrorCode::not_found, "no topic {}", name);
  return &found->second;
}

}  // namespace weir::runtime
