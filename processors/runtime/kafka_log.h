// What producers, sinks and tools see of a Kafka cluster: the Reader and Appender of its topics.
// Only committed records are ever shown; offsets grow and have gaps, where commits and aborted
// records stand. Append times are the broker's.
//
// An append of several records that fails may have stored the first of them: a producer that sends
// them again gives each an id. `append_time_us` of a record is not used.
#pragma once

#include <chrono>
#include <condition_variable>
#include <list>
#include <memory>
#include <mutex>
#include <set>
#include <thread>

#include "processors/runtime/kafka_cluster.h"
#include "processors/runtime/log.h"

namespace weir::runtime {

class KafkaCursor;
class KafkaInputs;

/// Reads by cursors: going on where a read ended costs no request. A cursor goes that has come to
/// the end: it would ask on and on, with what others read waiting behind it. Thread-safe; who reads
/// a partition waits for who reads it already, and for nobody else: kKafkaRequestMs at most, as for
/// a broker to say where the log ends, and to send what is there. Else a read fails with io.
class KafkaReader final : public Reader {
 public:
  /// Cursors that are kept while nobody reads by them; the one not used for longest goes.
  static constexpr std::size_t kMaxCursors = 32;

  /// `cluster` outlives it.
  static Result<std::unique_ptr<KafkaReader>> open(const KafkaCluster& cluster);
  ~KafkaReader() override;

  Result<std::int32_t> partitions(std::string_view topic) const override;
  Result<Bounds> bounds(const TopicPartition& where) const override;
  Result<void> read(const TopicPartition& where, std::int64_t from, std::size_t max_bytes,
                    RecordBatch& batch) const override;

 private:
  struct Open {
    TopicPartition where;
    std::unique_ptr<KafkaCursor> cursor;
  };

  using Clock = std::chrono::steady_clock;
  /// As of read.
  struct Wanted {
    TopicPartition where;
    std::int64_t from = 0;
    std::int64_t end = 0;
    std::size_t max_bytes = 0;
    Clock::time_point deadline;
  };

  explicit KafkaReader(const KafkaCluster& cluster);

  struct Taken;
  /// The partition is the caller's until it gives it back, with the cursor that was kept for it, or
  /// null. io: it is others'.
  Result<std::unique_ptr<KafkaCursor>> take(const TopicPartition& where) const;
  /// null: none is kept.
  void give_back(const TopicPartition& where, std::unique_ptr<KafkaCursor> cursor) const;
  Result<std::unique_ptr<KafkaCursor>> start(const TopicPartition& where, std::int64_t from) const;
  Result<void> read_by(std::unique_ptr<KafkaCursor>& cursor, const Wanted& wanted,
                       RecordBatch& batch) const;

  const KafkaCluster& cluster_;
  KafkaClient client_;
  std::unique_ptr<KafkaInputs> inputs_;
  mutable std::mutex mutex_;  // of what follows, and of the life of kept cursors
  mutable std::condition_variable given_back_;
  mutable std::set<TopicPartition> taken_;
  mutable std::list<Open> open_;  // of those that are not taken; the last used first
};

/// Idempotent, acknowledged by all in-sync replicas. Thread-safe: appends of several threads share
/// batches. A client that has given up for good (it cannot tell any more what was stored) is
/// replaced at the next append.
class KafkaAppender final : public Appender {
 public:
  /// An append that is not acknowledged by then fails with io; whether it was stored is unknown.
  static constexpr DurationUs kTimeoutUs = 10 * kSecondUs;

  static Result<std::unique_ptr<KafkaAppender>> open(const KafkaCluster& cluster);
  ~KafkaAppender() override;

  Result<std::int64_t> append(const TopicPartition& where,
                              std::span<const NewRecord> records) override;

 private:
  class Pending;
  struct Session;

  explicit KafkaAppender(const KafkaCluster& cluster) : cluster_(cluster) {}
  static void on_delivery(rd_kafka_t* client, const rd_kafka_message_t* message, void* self);
  Result<std::shared_ptr<Session>> begin_session() const;
  Result<std::shared_ptr<Session>> living_session();

  const KafkaCluster& cluster_;
  std::mutex mutex_;
  std::shared_ptr<Session> session_;  // and that of each append that is under way
};

}  // namespace weir::runtime
