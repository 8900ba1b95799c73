// The log as the tasks of one worker see it between an assignment and its end: their input comes
// from the group's member, a commit is one transaction, state is the local copy.
//
// The order of a commit: outputs, changelogs and the position of every owned partition in one
// transaction; it commits; then the same state goes to the local copies with the changelog's
// position. So a local copy is never ahead of the log, and at most one commit behind. Nothing is
// begun before there is something to commit: a transaction that a dead process left open blocks
// every reader of its partitions.
//
// One thread. After any error of commit it must be dropped, with its member and its producer.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>

#include "processors/runtime/kafka_seams.h"
#include "processors/runtime/kafka_state.h"
#include "processors/runtime/processor.h"

namespace weir::runtime {

/// What tasks of all workers share. All outlive the logs made with it.
struct SharedLog {
  const Reader* reader = nullptr;
  Appender* appender = nullptr;
  /// Raw topics, which no commit writes.
  std::set<std::string, std::less<>> raw_topics;
  /// Topics whose records go out in another encoding, as JSON: from their protobuf.
  using ToJson = std::function<Result<std::string>(std::string_view)>;
  std::map<std::string, ToJson, std::less<>> as_json = {};
  /// Draws the incarnation of a changelog.
  std::function<Id()> draw_id;
  /// Where the broker has deleted records that were never read, go on behind them instead of
  /// stopping the task.
  bool accept_loss = false;
};

class KafkaTaskLog final : public Log {
 public:
  KafkaTaskLog(const ProcessorSpec& spec, const SharedLog& shared, GroupMember& member,
               TransactionalProducer& producer)
      : spec_(spec), shared_(shared), member_(member), producer_(producer) {}

  /// A partition that is owned: its committed position, and where its task begins to read, which is
  /// behind that where a loss is accepted. The group learns that with a commit of the task itself,
  /// whose changelog says the same then.
  void own(const GroupPosition& committed, std::optional<std::int64_t> start);
  /// Its task's state.
  void restored(std::int32_t partition, std::unique_ptr<LocalState> local);
  /// Whether its task has found its local copy damaged.
  bool damaged(std::int32_t partition) const;
  /// The offset at which what its task reads cannot be read; nullopt: it can.
  std::optional<std::int64_t> unreadable_at(std::int32_t partition) const;

  Result<std::int32_t> partitions(std::string_view topic) const override;
  /// An owned input begins no sooner than its task does. Of one invalid_argument: records of it are
  /// gone; the message says what to do.
  Result<Bounds> bounds(const TopicPartition& where) const override;
  /// Errors as of bounds, and GroupMember::read.
  Result<void> read(const TopicPartition& where, std::int64_t from, std::size_t max_bytes,
                    RecordBatch& batch) const override;
  /// Brokers that do not answer are exhausted, as a log that takes nothing now.
  Result<std::int64_t> append(const TopicPartition& where,
                              std::span<const NewRecord> records) override;
  /// Topics are made by `weir topics`: not_found where one is missing.
  Result<void> create_topic(const TopicSpec& spec) override;
  Result<void> commit(std::span<TaskCommit> commits) override;
  Result<std::int64_t> position(const TaskId& task) const override;
  std::unique_ptr<state::Store> task_store(const TaskId& task) const override;

 private:
  struct Owned {
    std::optional<std::int64_t> committed;
    std::optional<std::int64_t> start;
    std::unique_ptr<LocalState> local;
  };
  struct Written;  // what a transaction has of one task

  bool owns_input(const TopicPartition& where) const;
  std::unexpected<Error> lost(const TopicPartition& where, const Bounds& bounds) const;
  Result<void> encode_outputs(TaskCommit& commit) const;
  Result<void> check(const TaskCommit& commit) const;
  Result<void> produce(const TaskCommit& commit, Written& written);
  Result<void> keep(TaskCommit& commit, const Written& written);

  const ProcessorSpec& spec_;
  const SharedLog& shared_;
  GroupMember& member_;
  TransactionalProducer& producer_;
  std::map<std::int32_t, Owned> owned_;
  mutable std::map<std::int32_t, std::int64_t> unreadable_;  // noted where it is read
};

}  // namespace weir::runtime
