#include "processors/runtime/embedded_writer.h"

#include <algorithm>
#include <set>
#include <thread>

#include "processors/state/prefix_store.h"

namespace weir::runtime {
namespace {

// Keys, values and the store's own overhead of a batch's entry.
constexpr std::uint64_t kEntryBytes = 64;

Result<void> validate(const TaskId& task) {
  if (!task.processor.empty() && task.processor.find('/') == std::string::npos) return {};
  return fail(ErrorCode::invalid_argument,
              "task {}: a processor's name is not empty and has no '/'", to_string(task));
}

}  // namespace

Result<void> EmbeddedHealth::check() const {
  if (!failed_.load(std::memory_order_acquire)) return {};
  const std::lock_guard lock(mutex_);
  return fail(error_->code, "the log stopped after an earlier error, start again: {}",
              error_->message);
}

Result<void> EmbeddedHealth::keep(Result<void> result) {
  if (result) return result;
  if (result.error().code == ErrorCode::exhausted) result.error().code = ErrorCode::io;
  const std::lock_guard lock(mutex_);
  if (!error_) error_ = result.error();
  failed_.store(true, std::memory_order_release);
  return result;
}

Result<void> EmbeddedWriter::commit(std::span<TaskCommit> commits) {
  Request request{.commits = commits};
  WEIR_TRY(check(request));
  return commits_.run(request, [this](auto group) { return commit_group(group); });
}

Result<std::int64_t> EmbeddedWriter::append(const TopicPartition& where,
                                            std::span<const NewRecord> records) {
  WEIR_ASSIGN(PartitionSlot* const slot, parts_.catalog.slot(where));
  WEIR_ASSIGN(const TopicSpec spec, parts_.catalog.topic(where.topic));
  for (const NewRecord& record : records) WEIR_TRY(validate(where, record));
  if (records.empty()) {
    if (spec.raw) WEIR_TRY(check_room());
    return slot->partition.readable().bounds().end;
  }
  if (spec.raw) {
    RawAppend append{records};
    WEIR_TRY(
        slot->appends.run(append, [this, slot](auto group) { return append_raw(*slot, group); }));
    return append.first;
  }
  Request request{.to = &slot->partition, .records = records};
  WEIR_TRY(check(request));
  WEIR_TRY(commits_.run(request, [this](auto group) { return commit_group(group); }));
  return request.first;
}

// What can be wrong with one request is found before it joins others.
Result<void> EmbeddedWriter::check(Request& request) const {
  for (const NewRecord& record : request.records) request.frame_bytes += frame_bytes(record);
  for (const TaskCommit& commit : request.commits) {
    WEIR_TRY(validate(commit.task));
    for (const auto& [where, record] : commit.outputs) {
      WEIR_TRY(validate(where, record));
      WEIR_TRY(parts_.catalog.slot(where));
      WEIR_ASSIGN(const TopicSpec spec, parts_.catalog.topic(where.topic));
      if (spec.raw)
        return fail(ErrorCode::invalid_argument,
                    "{}: {} is a raw topic, and no output of a commit goes there",
                    to_string(commit.task), to_string(where));
      request.frame_bytes += frame_bytes(record);
    }
    request.state_bytes += commit.state.bytes() + (commit.state.changes().size() + 1) * kEntryBytes;
  }
  return {};
}

// What is refused here was not begun, and may come again.
Result<std::uint64_t> EmbeddedWriter::take_room(const EmbeddedRoom& room) {
  WEIR_TRY(parts_.health.check());
  WEIR_TRY(parts_.disk.check_writable());
  auto taken = parts_.disk.reserve(room);
  if (!taken) return std::unexpected(parts_.health.keep(std::unexpected(taken.error())).error());
  if (*taken == 0) return parts_.disk.no_room(room);
  return taken;
}

Result<void> EmbeddedWriter::commit_group(std::span<Request* const> group) {
  std::uint64_t frame_bytes = 0;
  std::uint64_t state_bytes = 0;
  for (const Request* request : group) {
    frame_bytes += request->frame_bytes;
    state_bytes += request->state_bytes;
  }
  WEIR_ASSIGN(const std::uint64_t room,
              take_room({.frame_bytes = frame_bytes, .state_bytes = state_bytes}));
  auto written = parts_.health.keep(write_group(group));
  parts_.disk.release(room, state_bytes);
  return written;
}

Result<void> EmbeddedWriter::write_group(std::span<Request* const> group) {
  const TimeUs now = parts_.clock();
  WEIR_ASSIGN(Touched touched, stage_group(group, now));
  if (now - retained_us_ >= kRetainEveryUs) WEIR_TRY(begin_segments(now, touched));
  for (EmbeddedPartition* partition : touched) WEIR_TRY(partition->write());
  WEIR_TRY(sync(touched));

  state::StoreBatch batch;
  for (const EmbeddedPartition* partition : touched)
    batch.put(end_key(partition->where()), encode_end(partition->mark()));
  for (const Request* request : group) {
    for (TaskCommit& commit : request->commits) {
      batch.put(position_key(commit.task), encode_position({commit.position, commit.input}));
      batch.append_below(state_prefix(commit.task), commit.state);
    }
  }
  batch.put(kCommitKey, encode_number(commit_ + 1));
  WEIR_TRY(parts_.store.write(batch, state::Durability::synced));
  ++commit_;

  Touched rolled;
  for (EmbeddedPartition* partition : touched) {
    if (partition->publish()) rolled.push_back(partition);
  }
  for (const Request* request : group) {
    for (const TaskCommit& commit : request->commits)
      parts_.catalog.set_position(commit.task, {commit.position, commit.input});
  }
  if (!touched.empty()) WEIR_TRY(parts_.disk.publish());
  return retain(rolled, now);
}

// What is written no more has to leave its last segment to expire. Raw partitions do so by
// themselves: they have ticks.
Result<void> EmbeddedWriter::begin_segments(TimeUs now, Touched& touched) {
  for (PartitionSlot* slot : parts_.catalog.slots()) {
    EmbeddedPartition& partition = slot->partition;
    WEIR_ASSIGN(const TopicSpec spec, parts_.catalog.topic(partition.where().topic));
    const DurationUs age_us = spec.retention.max_age_us;
    if (spec.raw || age_us == 0 || !partition.is_quiet_since(now - age_us)) continue;
    WEIR_TRY(partition.begin_segment());
    touched.push_back(&partition);
  }
  return {};
}

Result<void> EmbeddedWriter::retain(const Touched& rolled, TimeUs now) {
  if (now - retained_us_ < kRetainEveryUs) {
    for (EmbeddedPartition* partition : rolled) WEIR_TRY(parts_.disk.retain(*partition, now));
    return {};
  }
  for (PartitionSlot* slot : parts_.catalog.slots())
    WEIR_TRY(parts_.disk.retain(slot->partition, now));
  retained_us_ = now;
  return {};
}

// Returns the partitions that have something to sync, in the order they were first written to.
Result<EmbeddedWriter::Touched> EmbeddedWriter::stage_group(std::span<Request* const> group,
                                                            TimeUs now) {
  Touched touched;
  const auto stage = [&](EmbeddedPartition& partition,
                         const NewRecord& record) -> Result<std::int64_t> {
    if (std::find(touched.begin(), touched.end(), &partition) == touched.end())
      touched.push_back(&partition);
    return partition.stage(record, now, commit_ + 1, false);
  };
  for (Request* request : group) {
    for (TaskCommit& commit : request->commits) {
      for (const auto& [where, record] : commit.outputs) {
        WEIR_ASSIGN(PartitionSlot* const slot, parts_.catalog.slot(where));
        WEIR_TRY(stage(slot->partition, record));
      }
      commit.outputs.clear();
    }
    if (request->to != nullptr) request->first = request->to->mark().end.offset;
    for (const NewRecord& record : request->records) WEIR_TRY(stage(*request->to, record));
  }
  return touched;
}

// A disk takes several syncs at once; one after the other would add up their times.
Result<void> EmbeddedWriter::sync(const Touched& touched) const {
  std::vector<Result<void>> results(touched.size());
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < touched.size(); i = next++) results[i] = touched[i]->sync();
  };
  {
    std::vector<std::jthread> helpers;
    for (std::size_t i = 1; i < std::min(parts_.sync_threads, touched.size()); ++i)
      helpers.emplace_back(work);
    work();
  }
  for (const Result<void>& result : results) WEIR_TRY(result);
  return {};
}

// For the least that a producer can bring.
Result<void> EmbeddedWriter::check_room() {
  WEIR_ASSIGN(const std::uint64_t room,
              take_room({.frame_bytes = frame_bytes(NewRecord{}), .producer = true}));
  parts_.disk.release(room, 0);
  return {};
}

Result<void> EmbeddedWriter::append_raw(PartitionSlot& slot, std::span<RawAppend* const> group) {
  std::uint64_t bytes = 0;
  for (const RawAppend* append : group) {
    for (const NewRecord& record : append->records) bytes += frame_bytes(record);
  }
  WEIR_ASSIGN(const std::uint64_t room, take_room({.frame_bytes = bytes, .producer = true}));
  auto written = parts_.health.keep(write_raw(slot.partition, group));
  parts_.disk.release(room, 0);
  return written;
}

Result<void> EmbeddedWriter::write_raw(EmbeddedPartition& partition,
                                       std::span<RawAppend* const> group) {
  const TimeUs now = parts_.clock();
  const auto durable = static_cast<std::uint64_t>(partition.mark().end.offset);
  for (RawAppend* append : group) {
    append->first = partition.mark().end.offset;
    for (const NewRecord& record : append->records) {
      const bool more = &record != &append->records.back();
      WEIR_TRY(partition.stage(record, now, durable, more));
    }
  }
  WEIR_TRY(partition.write());
  WEIR_TRY(partition.sync());
  if (!partition.publish()) return {};
  // So that the next opening need not read the whole topic; losing it costs only that.
  state::StoreBatch batch;
  batch.put(end_key(partition.where()), encode_end(partition.mark()));
  WEIR_TRY(parts_.store.write(batch, state::Durability::buffered));
  WEIR_TRY(parts_.disk.publish());
  return parts_.disk.retain(partition, now);
}

}  // namespace weir::runtime
