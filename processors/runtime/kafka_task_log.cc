#include "processors/runtime/kafka_task_log.h"

#include <algorithm>
#include <cassert>

#include "processors/runtime/kafka_options.h"

namespace weir::runtime {

struct KafkaTaskLog::Written {
  ChangelogHead head;
  std::string head_text;
  Delivered changelog;  // its last record
};

void KafkaTaskLog::own(const GroupPosition& committed, std::optional<std::int64_t> start) {
  Owned& owned = owned_[committed.partition];
  owned.committed = committed.offset;
  owned.start = start;
}

void KafkaTaskLog::restored(std::int32_t partition, std::unique_ptr<LocalState> local) {
  owned_.at(partition).local = std::move(local);
}

bool KafkaTaskLog::damaged(std::int32_t partition) const {
  const auto& local = owned_.at(partition).local;
  return local != nullptr && local->damaged();
}

std::optional<std::int64_t> KafkaTaskLog::unreadable_at(std::int32_t partition) const {
  const auto found = unreadable_.find(partition);
  return found == unreadable_.end() ? std::nullopt : std::optional(found->second);
}

Result<std::int32_t> KafkaTaskLog::partitions(std::string_view topic) const {
  return shared_.reader->partitions(topic);
}

bool KafkaTaskLog::owns_input(const TopicPartition& where) const {
  return where.topic == spec_.input && owned_.contains(where.partition);
}

/// A task whose input begins behind its position would go on there. Another broker may not know yet
/// that records are gone, which are not read any more.
Result<Bounds> KafkaTaskLog::bounds(const TopicPartition& where) const {
  WEIR_ASSIGN(Bounds bounds, shared_.reader->bounds(where));
  if (!owns_input(where)) return bounds;
  const Owned& owned = owned_.at(where.partition);
  if (!shared_.accept_loss && owned.committed.value_or(bounds.start) < bounds.start)
    return lost(where, bounds);
  bounds.start = std::max(bounds.start, owned.start.value_or(bounds.start));
  return bounds;
}

Result<void> KafkaTaskLog::read(const TopicPartition& where, std::int64_t from,
                                std::size_t max_bytes, RecordBatch& batch) const {
  if (!owns_input(where)) return shared_.reader->read(where, from, max_bytes, batch);
  auto read = member_.read(where.partition, from, max_bytes, batch);
  if (!read && read.error().code == ErrorCode::corrupt) unreadable_[where.partition] = from;
  if (read || read.error().code != ErrorCode::invalid_argument) return read;
  WEIR_ASSIGN(const Bounds bounds, shared_.reader->bounds(where));
  return lost(where, bounds);
}

/// By the group's position: what was read since then is read again.
std::unexpected<Error> KafkaTaskLog::lost(const TopicPartition& where, const Bounds& bounds) const {
  const std::int64_t position = owned_.at(where.partition).committed.value_or(bounds.start);
  if (position > bounds.end)
    return fail(ErrorCode::invalid_argument,
                "{}: was read up to {}, but ends at {}: it was made anew, or lost its last records "
                "at the broker. Bring it back from a copy, or start a new pipeline under another "
                "`kafka.prefix`",
                to_string(where), position, bounds.end);
  if (position < bounds.start && !shared_.accept_loss)
    return fail(
        ErrorCode::invalid_argument,
        "{}: was read up to {}, but begins at {}: {} records were deleted at the broker "
        "before they were read. Go on without them: `weir run --accept-loss`; and keep them "
        "longer (`retention:`)",
        to_string(where), position, bounds.start, bounds.start - position);
  return fail(ErrorCode::io, "{}: records went while they were read; reading begins anew",
              to_string(where));
}

Result<std::int64_t> KafkaTaskLog::append(const TopicPartition& where,
                                          std::span<const NewRecord> records) {
  auto appended = shared_.appender->append(where, records);
  if (!appended && appended.error().code == ErrorCode::io)
    return fail(ErrorCode::exhausted, "{}", appended.error().message);
  return appended;
}

Result<void> KafkaTaskLog::create_topic(const TopicSpec& spec) {
  WEIR_ASSIGN(const std::int32_t count, partitions(spec.name));
  if (count == spec.partitions) return {};
  return fail(ErrorCode::invalid_argument, "topic {}: has {} partitions, not {}", spec.name, count,
              spec.partitions);
}

Result<std::int64_t> KafkaTaskLog::position(const TaskId& task) const {
  const auto found = owned_.find(task.partition);
  return found == owned_.end() ? 0 : found->second.committed.value_or(0);
}

std::unique_ptr<state::Store> KafkaTaskLog::task_store(const TaskId& task) const {
  assert(task.processor == spec_.name && owned_.at(task.partition).local != nullptr);
  return owned_.at(task.partition).local->state();
}

Result<void> KafkaTaskLog::commit(std::span<TaskCommit> commits) {
  for (TaskCommit& commit : commits) {
    WEIR_TRY(encode_outputs(commit));
    WEIR_TRY(check(commit));
  }
  std::vector<Written> written(commits.size());  // not moved: the producer points into it
  WEIR_TRY(producer_.begin());
  for (std::size_t i = 0; i < commits.size(); ++i) {
    WEIR_TRY(produce(commits[i], written[i]));
    owned_.at(commits[i].task.partition).committed = commits[i].position;
  }
  std::vector<GroupPosition> positions;
  for (const auto& [partition, owned] : owned_) positions.push_back({partition, owned.committed});
  WEIR_TRY(producer_.send_positions(positions, member_.metadata()));
  WEIR_TRY(producer_.commit());
  for (std::size_t i = 0; i < commits.size(); ++i) WEIR_TRY(keep(commits[i], written[i]));
  return {};
}

Result<void> KafkaTaskLog::encode_outputs(TaskCommit& commit) const {
  if (shared_.as_json.empty()) return {};
  for (auto& [where, record] : commit.outputs) {
    const auto found = shared_.as_json.find(where.topic);
    if (found == shared_.as_json.end()) continue;
    WEIR_ASSIGN(record.value, found->second(record.value));
    record.content_type = kJsonType;
  }
  return {};
}

Result<void> KafkaTaskLog::check(const TaskCommit& commit) const {
  assert(commit.input.topic == spec_.input && commit.input.partition == commit.task.partition);
  for (const auto& [where, record] : commit.outputs) {
    WEIR_TRY(validate(where, record));
    WEIR_ASSIGN(const std::int32_t count, partitions(where.topic));
    if (where.partition < 0 || where.partition >= count)
      return fail(ErrorCode::not_found, "no partition {}", to_string(where));
    if (shared_.raw_topics.contains(where.topic))
      return fail(ErrorCode::invalid_argument, "{} is raw: no output of a commit goes there",
                  to_string(where));
  }
  return {};
}

Result<void> KafkaTaskLog::produce(const TaskCommit& commit, Written& written) {
  for (const auto& [where, record] : commit.outputs)
    WEIR_TRY(producer_.produce(where,
                               {.key = record.key.empty() ? std::string_view() : record.key,
                                .content_type = record.content_type,
                                .value = record.value,
                                .id = record.id},
                               nullptr));
  const TopicPartition changelog{changelog_topic(spec_.name), commit.task.partition};
  for (const auto& [key, value] : commit.state.changes()) {
    assert(key != kChangelogHeadKey);
    WEIR_TRY(producer_.produce(
        changelog, {.key = key, .value = value ? std::string_view(*value) : std::string_view()},
        &written.changelog));
  }
  const auto& last = owned_.at(commit.task.partition).local->head();
  written.head = {.incarnation = last ? last->incarnation : shared_.draw_id(),
                  .input_position = commit.position};
  written.head_text = encode(written.head);
  return producer_.produce(changelog, {.key = kChangelogHeadKey, .value = written.head_text},
                           &written.changelog);
}

Result<void> KafkaTaskLog::keep(TaskCommit& commit, const Written& written) {
  return owned_.at(commit.task.partition)
      .local->write(commit.state, {.position = written.changelog.offset + 1,
                                   .changed_us = written.changelog.append_time_us,
                                   .head = written.head});
}

}  // namespace weir::runtime
