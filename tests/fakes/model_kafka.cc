#include "tests/fakes/model_kafka.h"

#include <algorithm>

namespace weir::fakes {
namespace {

using runtime::NewRecord;
using runtime::TopicPartition;

constexpr std::string_view kChangelogEnd = ".changelog";

}  // namespace

Result<void> ModelKafka::create_topic(const runtime::TopicSpec& spec) {
  const std::lock_guard lock(mutex_);
  WEIR_TRY(validate(spec));
  const auto [found, made] = topics_.try_emplace(spec.name);
  Topic& topic = found->second;
  if (!made && (topic.spec.partitions != spec.partitions || topic.spec.raw != spec.raw))
    return fail(ErrorCode::invalid_argument, "topic {} is there with another shape", spec.name);
  topic.spec = spec;
  topic.compacted = spec.name.ends_with(kChangelogEnd);
  topic.partitions.resize(static_cast<std::size_t>(spec.partitions));
  return {};
}

Result<std::int32_t> ModelKafka::partitions(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  WEIR_ASSIGN(const Topic* found, topic(name));
  return found->spec.partitions;
}

Result<runtime::Bounds> ModelKafka::bounds(const TopicPartition& where) const {
  const std::lock_guard lock(mutex_);
  pass_time();
  WEIR_ASSIGN(const ModelPartition* found, led(where));
  return runtime::Bounds{.start = found->start(), .end = found->stable_end()};
}

Result<void> ModelKafka::read(const TopicPartition& where, std::int64_t from, std::size_t max_bytes,
                              runtime::RecordBatch& batch) const {
  const std::lock_guard lock(mutex_);
  pass_time();
  WEIR_ASSIGN(const ModelPartition* found, led(where));
  if (from > found->stable_end())
    return fail(ErrorCode::invalid_argument, "{}@{}: readable are [{}, {})", to_string(where), from,
                found->start(), found->stable_end());
  return fetch_locked(where, from, max_bytes, batch);
}

Result<std::int64_t> ModelKafka::append(const TopicPartition& where,
                                        std::span<const NewRecord> records) {
  const std::lock_guard lock(mutex_);
  pass_time();
  for (const NewRecord& record : records) WEIR_TRY(validate(where, record));
  WEIR_ASSIGN(const ModelPartition* found, led(where));
  if (chance(disturbed_)) {
    if (chance(40)) {
      appends_.push_back({options_.clock() + below(5 * kSecondUs), where,
                          std::vector<NewRecord>(records.begin(), records.end())});
    } else if (chance(60)) {
      for (const NewRecord& record : records) add(where, record);
    }
    return fail(ErrorCode::io, "{}: the answer is lost (simulated)", to_string(where));
  }
  const std::int64_t first = found->end();
  for (const NewRecord& record : records) add(where, record);
  return first;
}

void ModelKafka::disturb(int percent) {
  const std::lock_guard lock(mutex_);
  disturbed_ = percent;
}

void ModelKafka::compact(TimeUs tombstones_since) {
  const std::lock_guard lock(mutex_);
  for (auto& [name, topic] : topics_) {
    if (!topic.compacted) continue;
    for (ModelPartition& each : topic.partitions)
      each.compact(each.start() + below(each.end() - each.start() + 1), tombstones_since);
  }
}

void ModelKafka::delete_before(const TopicPartition& where, std::int64_t offset) {
  const std::lock_guard lock(mutex_);
  if (const auto found = partition(where)) (*found)->delete_before(offset);
}

void ModelKafka::begin_rebalance(std::string_view processor) {
  const std::lock_guard lock(mutex_);
  group(processor).begin_rebalance();
}

void ModelKafka::remake(std::string_view name) {
  const std::lock_guard lock(mutex_);
  const auto found = topics_.find(name);
  if (found == topics_.end()) return;
  std::ranges::fill(found->second.partitions, ModelPartition());
}

void ModelKafka::set_leaderless(const TopicPartition& where, bool leaderless) {
  const std::lock_guard lock(mutex_);
  if (leaderless) {
    leaderless_.insert(where);
  } else {
    leaderless_.erase(where);
  }
}

std::int64_t ModelKafka::transactions() const {
  const std::lock_guard lock(mutex_);
  return last_transaction_;
}

Result<void> ModelKafka::call(std::string_view what) const {
  const std::lock_guard lock(mutex_);
  pass_time();
  if (!chance(disturbed_)) return {};
  return fail(ErrorCode::io, "{}: no broker answers (simulated)", what);
}

Result<ModelKafka::Position> ModelKafka::ends(const TopicPartition& where) const {
  const std::lock_guard lock(mutex_);
  pass_time();
  WEIR_ASSIGN(const ModelPartition* found, led(where));
  return Position{.start = found->start(), .end = found->end()};
}

Result<void> ModelKafka::fetch(const TopicPartition& where, std::int64_t from,
                               std::size_t max_bytes, runtime::RecordBatch& batch) const {
  const std::lock_guard lock(mutex_);
  pass_time();
  // An answer may bring less than is there, or nothing yet.
  if (chance(disturbed_)) max_bytes = 1;
  if (chance(disturbed_) || leaderless_.contains(where)) {
    batch.records.clear();
    batch.next = from;
    return {};
  }
  return fetch_locked(where, from, max_bytes, batch);
}

Result<const ModelKafka::Topic*> ModelKafka::topic(std::string_view name) const {
  const auto found = topics_.find(name);
  if (found == topics_.end()) return fail(ErrorCode::not_found, "no topic {}", name);
  return &found->second;
}

Result<ModelPartition*> ModelKafka::partition(const TopicPartition& where) const {
  const auto found = topics_.find(where.topic);
  if (found == topics_.end() || where.partition < 0 ||
      where.partition >= found->second.spec.partitions)
    return fail(ErrorCode::not_found, "no partition {}", to_string(where));
  return &found->second.partitions[static_cast<std::size_t>(where.partition)];
}

Result<ModelPartition*> ModelKafka::led(const TopicPartition& where) const {
  if (leaderless_.contains(where))
    return fail(ErrorCode::io, "{}: has no leader (simulated)", to_string(where));
  return partition(where);
}

Result<void> ModelKafka::fetch_locked(const TopicPartition& where, std::int64_t from,
                                      std::size_t max_bytes, runtime::RecordBatch& batch) const {
  WEIR_ASSIGN(const ModelPartition* found, led(where));
  if (from < found->start() || from > found->end())
    return fail(ErrorCode::invalid_argument, "{}@{}: there are [{}, {})", to_string(where), from,
                found->start(), found->end());
  found->read(from, max_bytes, batch);
  return {};
}

bool ModelKafka::chance(int percent) const { return percent > 0 && below(100) < percent; }

std::int64_t ModelKafka::below(std::int64_t count) const {
  return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(count));
}

void ModelKafka::add(const TopicPartition& where, const NewRecord& record) const {
  topics_.find(where.topic)
      ->second.partitions[static_cast<std::size_t>(where.partition)]
      .append({.key = record.key,
               .value = record.value,
               .content_type = record.content_type.empty() ? std::string(runtime::kProtobufType)
                                                           : record.content_type,
               .id = record.id,
               .append_time_us = record.append_time_us.value_or(options_.clock())});
}

}  // namespace weir::fakes
