// The log in a directory of this machine: the home of the contract that needs no broker. Layout and
// formats: embedded_format.h, segment_format.h.
//
// - A commit appends the outputs of all tasks that are ready, syncs the files, and writes one
//   synced batch with ends, positions and state; only then is any of it acknowledged or read.
// - A raw append is acknowledged when its partition's file is synced; its end is its last whole
//   append.
// - After any failed write or sync every call fails: the process ends and starts from what is
//   durable.
// - One process writes; others read beside it (embedded_reader.h).
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "processors/runtime/embedded_recovery.h"
#include "processors/runtime/embedded_writer.h"
#include "processors/runtime/file_system.h"
#include "processors/runtime/log.h"

namespace weir::runtime {

struct EmbeddedLogOptions {
  std::string directory = {};

  /// Outlives the log.
  FileSystem* files = nullptr;

  /// Opens the store in the directory it is given: RocksDB, or a memory store in tests. It must be
  /// thread-safe.
  std::function<Result<std::unique_ptr<state::Store>>(const std::string&)> open_store = {};

  /// Stamps records that bring no append time. Called from several threads.
  std::function<TimeUs()> clock = {};

  /// Segments and state together; never passed. A commit or an append without room is refused once
  /// nothing older can go: what a task has yet to read never does.
  std::uint64_t disk_bytes = std::uint64_t{20} << 30;

  /// Where a segment file is followed by the next at the latest; a small budget or retention makes
  /// them smaller. Expiry deletes whole files, so smaller is finer; each costs an open file for a
  /// moment and a line in a directory.
  std::uint64_t segment_bytes = 128 << 20;

  /// Files of one commit that are synced at once. 1: in order, by the committing thread.
  std::size_t sync_threads = 8;
};

/// Thread-safe.
class EmbeddedLog final : public Log {
 public:
  /// Opens the directory, or makes it where it is missing or empty, and brings it back to what was
  /// acknowledged. locked: another process writes it; corrupt: it is damaged (file and byte), or
  /// lacks what was acknowledged, and no segment was touched; version: of a newer weir;
  /// invalid_argument: it holds something else.
  static Result<std::unique_ptr<EmbeddedLog>> open(EmbeddedLogOptions options);
  ~EmbeddedLog() override;

  Result<std::int32_t> partitions(std::string_view topic) const override;
  Result<Bounds> bounds(const TopicPartition& where) const override;
  Result<void> read(const TopicPartition& where, std::int64_t from, std::size_t max_bytes,
                    RecordBatch& batch) const override;
  Result<std::int64_t> append(const TopicPartition& where,
                              std::span<const NewRecord> records) override;
  Result<void> create_topic(const TopicSpec& spec) override;
  Result<void> commit(std::span<TaskCommit> commits) override;
  Result<std::int64_t> position(const TaskId& task) const override;
  std::unique_ptr<state::Store> task_store(const TaskId& task) const override;

 private:
  EmbeddedLog(EmbeddedLogOptions options, std::unique_ptr<FileLock> lock,
              std::unique_ptr<state::Store> store);

  struct RecoveredTopic {
    TopicSpec spec;
    std::vector<RecoveredPartition> partitions;
  };

  Result<void> recover();
  Result<std::vector<TopicSpec>> read_catalog();
  Result<RecoveredTopic> recover_topic(TopicSpec spec, std::uint64_t commit) const;
  Result<void> check_published(const std::vector<RecoveredTopic>& topics) const;
  Result<void> check_new(const TopicSpec& spec) const;
  Result<void> add_topic(RecoveredTopic topic);
  PartitionPlace place_of(const TopicPartition& where) const;

  const EmbeddedLogOptions options_;
  const std::unique_ptr<FileLock> lock_;
  const std::unique_ptr<state::Store> store_;
  EmbeddedCatalog catalog_;
  EmbeddedHealth health_;
  EmbeddedDisk disk_;
  std::unique_ptr<EmbeddedWriter> writer_;
  std::mutex creating_;  // one topic at a time
};

}  // namespace weir::runtime
