// What the worker's protocol (kafka_worker.h) needs of Kafka and of this machine, as small
// interfaces: librdkafka and RocksDB are behind them, or a model in the deterministic simulation.
// One worker thread owns what these make; nothing here is thread-safe but KafkaClients and
// TaskStores.
//
// After any error of a member or a producer it must be dropped, with everything that was read or
// begun through it: only what is committed counts.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "processors/core/result.h"
#include "processors/runtime/log.h"

namespace weir::runtime {

/// The next offset that a group reads of a partition of its topic; absent: it never committed one.
struct GroupPosition {
  std::int32_t partition = 0;
  std::optional<std::int64_t> offset;

  bool operator==(const GroupPosition&) const = default;
};

/// A static member of a consumer group with one topic, and the records of what it owns.
class GroupMember {
 public:
  enum class Event : std::uint8_t {
    none,
    assigned,  // owns partitions() from now on: read their positions, then start
    revoked,   // owns nothing more: drop what is not committed
  };

  virtual ~GroupMember() = default;

  /// Serves the group without waiting. To be called at least once in a poll interval, or the
  /// partitions go to others.
  virtual Result<Event> poll() = 0;

  virtual const std::vector<std::int32_t>& partitions() const = 0;
  /// Proof of membership, as of the assignment: a transaction that carries an older one is refused.
  virtual const std::string& metadata() const = 0;

  /// The committed positions of partitions(). Stable ones only: nullopt while a transaction of a
  /// former owner may still commit another; ask again.
  virtual Result<std::optional<std::vector<GroupPosition>>> committed() = 0;
  /// Reading of partitions() begins there; where there is no offset, at the beginning. To be called
  /// after each `assigned`, also with nothing to read: until then the member gives nothing up, and
  /// who takes over from another one waits for it.
  virtual Result<void> start(const std::vector<GroupPosition>& positions) = 0;

  /// As Reader::read for an owned partition, in order and committed records only, but never waits:
  /// empty means that nothing has arrived. batch.next is set. invalid_argument: the broker does not
  /// have what comes next; corrupt: that cannot be read; io: what has arrived lies before `from`.
  virtual Result<void> read(std::int32_t partition, std::int64_t from, std::size_t max_bytes,
                            RecordBatch& batch) = 0;

  /// Returns when there may be something to read or to poll, at the latest after `wait_us`.
  virtual void wait(DurationUs wait_us) = 0;
};

/// What the broker said of a record that was produced.
struct Delivered {
  std::int64_t offset = -1;
  TimeUs append_time_us = 0;
};

/// Transactions of one transactional.id. Making one fences its predecessor and ends what that left
/// open.
class TransactionalProducer {
 public:
  virtual ~TransactionalProducer() = default;

  virtual Result<void> begin() = 0;
  /// The views live until commit() has returned. A null value is a tombstone. `delivered`, where
  /// given, is set before commit() returns.
  virtual Result<void> produce(const TopicPartition& where, const Record& record,
                               Delivered* delivered) = 0;
  /// The positions become the group's when the transaction commits.
  virtual Result<void> send_positions(const std::vector<GroupPosition>& positions,
                                      std::string_view metadata) = 0;
  /// After an error the outcome is unknown.
  virtual Result<void> commit() = 0;
};

/// Reads changelogs.
class ChangelogReader {
 public:
  virtual ~ChangelogReader() = default;

  /// The first offset that there is, of any topic.
  virtual Result<std::int64_t> start(const TopicPartition& where) = 0;
  /// The end, with what is not committed yet.
  virtual Result<std::int64_t> high_watermark(const TopicPartition& where) = 0;
  /// Committed records from `from` on, what has arrived of them: waits some milliseconds at most,
  /// and not for more than the first. batch.next is where reading has come to, behind markers and
  /// aborted records. invalid_argument: the broker does not have `from`; corrupt: what stands there
  /// cannot be read.
  virtual Result<void> read(const TopicPartition& where, std::int64_t from, std::size_t max_bytes,
                            RecordBatch& batch) = 0;
  /// Fetches nothing more there until it is read again.
  virtual void stop(const TopicPartition& where) = 0;
};

/// Makes the above. Thread-safe.
class KafkaClients {
 public:
  virtual ~KafkaClients() = default;

  /// `instance`: group.instance.id. A second live member with the same one fences this one.
  virtual Result<std::unique_ptr<GroupMember>> join(std::string_view processor,
                                                    std::string_view topic,
                                                    std::string_view instance) = 0;
  /// For the positions of that group; `id` is the transactional.id.
  virtual Result<std::unique_ptr<TransactionalProducer>> open_producer(std::string_view processor,
                                                                       std::string_view topic,
                                                                       std::string_view id) = 0;
  virtual Result<std::unique_ptr<ChangelogReader>> open_changelogs() = 0;
};

/// Where the tasks of this machine keep their local copies. Thread-safe; outlives what it opens.
/// A task's store is one holder's at a time: who opens it, until it is closed; who deletes it,
/// until it is gone. Everybody else is told locked: ask again.
class TaskStores {
 public:
  virtual ~TaskStores() = default;

  /// Opens the task's store, made where it is missing.
  virtual Result<std::unique_ptr<state::Store>> open(const TaskId& task) = 0;
  /// The same once what was in it is deleted; nobody has it in between.
  virtual Result<std::unique_ptr<state::Store>> open_empty(const TaskId& task) = 0;
  /// Deletes the store.
  virtual Result<void> discard(const TaskId& task) = 0;
};

}  // namespace weir::runtime
