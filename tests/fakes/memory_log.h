// The log in memory, with the contract of the real ones: for tests of processors and of the
// runtime. What it holds dies with it.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "processors/runtime/log.h"
#include "processors/state/memory_store.h"

namespace weir::fakes {

/// Thread-safe.
class MemoryLog final : public runtime::Log {
 public:
  /// `clock` stamps records that bring no append time; called under a lock.
  explicit MemoryLog(std::function<TimeUs()> clock = [] { return TimeUs{0}; })
      : clock_(std::move(clock)) {}

  Result<std::int32_t> partitions(std::string_view topic) const override;
  Result<runtime::Bounds> bounds(const runtime::TopicPartition& where) const override;
  Result<void> read(const runtime::TopicPartition& where, std::int64_t from, std::size_t max_bytes,
                    runtime::RecordBatch& batch) const override;
  Result<std::int64_t> append(const runtime::TopicPartition& where,
                              std::span<const runtime::NewRecord> records) override;

  Result<void> create_topic(const runtime::TopicSpec& spec) override;
  Result<void> commit(std::span<runtime::TaskCommit> commits) override;
  Result<std::int64_t> position(const runtime::TaskId& task) const override;
  std::unique_ptr<state::Store> task_store(const runtime::TaskId& task) const override;

 private:
  struct Stored {
    runtime::NewRecord record;
    TimeUs append_time_us;
  };
  struct Partition {
    std::deque<Stored> records;
  };
  struct Topic {
    runtime::TopicSpec spec;
    std::vector<Partition> partitions;
  };

  Result<const Topic*> topic(std::string_view name) const;
  Result<const Partition*> partition(const runtime::TopicPartition& where) const;
  void add(const runtime::TopicPartition& where, runtime::NewRecord record);
  Result<void> check(const runtime::TaskCommit& commit) const;

  const std::function<TimeUs()> clock_;
  mutable std::mutex mutex_;
  std::map<std::string, Topic, std::less<>> topics_;
  std::map<runtime::TaskId, std::int64_t> positions_;
  mutable std::map<runtime::TaskId, state::MemoryStore> stores_;
};

}  // namespace weir::fakes
