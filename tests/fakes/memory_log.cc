#include "tests/fakes/memory_log.h"

#include <algorithm>

#include "processors/state/prefix_store.h"

namespace weir::fakes {

using runtime::NewRecord;
using runtime::TaskId;
using runtime::TopicPartition;

Result<std::int32_t> MemoryLog::partitions(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  WEIR_ASSIGN(const Topic* found, topic(name));
  return found->spec.partitions;
}

Result<runtime::Bounds> MemoryLog::bounds(const TopicPartition& where) const {
  const std::lock_guard lock(mutex_);
  WEIR_ASSIGN(const Partition* found, partition(where));
  return runtime::Bounds{.start = 0, .end = std::ssize(found->records)};
}

Result<void> MemoryLog::read(const TopicPartition& where, std::int64_t from, std::size_t max_bytes,
                             runtime::RecordBatch& batch) const {
  const std::lock_guard lock(mutex_);
  batch.records.clear();
  batch.bytes.clear();
  WEIR_ASSIGN(const Partition* found, partition(where));
  const auto end = std::ssize(found->records);
  if (from < 0 || from > end)
    return fail(ErrorCode::invalid_argument, "{}@{}: readable are [0, {})", to_string(where), from,
                end);
  std::size_t bytes = 0;
  std::int64_t until = from;
  while (until < end && (until == from || bytes < max_bytes))
    bytes += record_bytes(found->records[static_cast<std::size_t>(until++)].record);

  batch.bytes.reserve(bytes + 64);  // never so small that moving the batch would move its bytes
  const auto kept = [&batch](std::string_view text) {
    batch.bytes += text;
    return std::string_view(batch.bytes).substr(batch.bytes.size() - text.size());
  };
  for (; from < until; ++from) {
    const auto& [record, append_time_us] = found->records[static_cast<std::size_t>(from)];
    batch.records.push_back({.offset = from,
                             .append_time_us = append_time_us,
                             .key = kept(record.key),
                             .content_type = kept(record.content_type),
                             .value = kept(record.value),
                             .id = record.id});
  }
  return {};
}

Result<std::int64_t> MemoryLog::append(const TopicPartition& where,
                                       std::span<const NewRecord> records) {
  const std::lock_guard lock(mutex_);
  WEIR_ASSIGN(const Partition* found, partition(where));
  const std::int64_t first = std::ssize(found->records);
  for (const NewRecord& record : records) WEIR_TRY(validate(where, record));
  for (const NewRecord& record : records) add(where, record);
  return first;
}

Result<void> MemoryLog::create_topic(const runtime::TopicSpec& spec) {
  const std::lock_guard lock(mutex_);
  WEIR_TRY(validate(spec));
  const auto [it, made] = topics_.try_emplace(spec.name);
  Topic& found = it->second;
  if (!made && (found.spec.partitions != spec.partitions || found.spec.raw != spec.raw))
    return fail(ErrorCode::invalid_argument, "topic {} is there with another shape", spec.name);
  found.spec = spec;
  found.partitions.resize(static_cast<std::size_t>(spec.partitions));
  return {};
}

Result<void> MemoryLog::commit(std::span<runtime::TaskCommit> commits) {
  const std::lock_guard lock(mutex_);
  for (const auto& commit : commits) WEIR_TRY(check(commit));
  for (auto& commit : commits) {
    for (auto& [where, record] : commit.outputs) add(where, std::move(record));
    commit.outputs.clear();
    WEIR_TRY(stores_[commit.task].write(commit.state, state::Durability::synced));
    commit.state.clear();
    positions_[commit.task] = commit.position;
  }
  return {};
}

Result<std::int64_t> MemoryLog::position(const TaskId& task) const {
  const std::lock_guard lock(mutex_);
  const auto found = positions_.find(task);
  return found == positions_.end() ? 0 : found->second;
}

std::unique_ptr<state::Store> MemoryLog::task_store(const TaskId& task) const {
  const std::lock_guard lock(mutex_);
  return std::make_unique<state::PrefixStore>(stores_[task], "");
}

Result<const MemoryLog::Topic*> MemoryLog::topic(std::string_view name) const {
  const auto found = topics_.find(name);
  if (found == topics_.end()) return fail(ErrorCode::not_found, "no topic {}", name);
  return &found->second;
}

Result<const MemoryLog::Partition*> MemoryLog::partition(const TopicPartition& where) const {
  WEIR_ASSIGN(const Topic* found, topic(where.topic));
  if (where.partition < 0 || where.partition >= found->spec.partitions)
    return fail(ErrorCode::not_found, "no partition {}", to_string(where));
  return &found->partitions[static_cast<std::size_t>(where.partition)];
}

void MemoryLog::add(const TopicPartition& where, NewRecord record) {
  auto& records = topics_.find(where.topic)
                      ->second.partitions[static_cast<std::size_t>(where.partition)]
                      .records;
  const TimeUs stamp = record.append_time_us ? *record.append_time_us : clock_();
  const TimeUs last = records.empty() ? kMinTime : records.back().append_time_us;
  if (record.content_type.empty()) record.content_type = runtime::kProtobufType;
  records.push_back({std::move(record), std::max(stamp, last)});
}

Result<void> MemoryLog::check(const runtime::TaskCommit& commit) const {
  for (const auto& [where, record] : commit.outputs) {
    WEIR_TRY(validate(where, record));
    WEIR_TRY(partition(where));
    if (topics_.find(where.topic)->second.spec.raw)
      return fail(ErrorCode::invalid_argument, "{} is raw: no output of a commit goes there",
                  to_string(where));
  }
  return {};
}

}  // namespace weir::fakes
