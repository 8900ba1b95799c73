// What producers, sinks and tools see of a Kafka cluster: the Reader and Appender of its topics.
// Only committed records are ever shown; offsets grow and have gaps, where commits and aborted
// records stand. Append times are the broker's.
//
// An append of several records that fails may have stored the first of them: a producer that sends
// them again gives each an id. `append_time_us` of a record is not used.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <thread>

#include "processors/runtime/kafka_cluster.h"
#include "processors/runtime/log.h"

namespace weir::runtime {

class KafkaCursor;
class KafkaInputs;

/// Reads by cursors: going on where a read ended costs no request. A cursor goes that has come to
/// the end: it would ask on and on, with what others read waiting behind it. Thread-safe; reads one
/// at a time.
class KafkaReader final : public Reader {
 public:
  /// Cursors that are kept; the one not used for longest goes.
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

  explicit KafkaReader(const KafkaCluster& cluster);

  Result<KafkaCursor*> cursor_at(const TopicPartition& where, std::int64_t from) const;

  const KafkaCluster& cluster_;
  KafkaClient client_;
  mutable std::mutex mutex_;
  std::unique_ptr<KafkaInputs> inputs_;
  mutable std::list<Open> open_;  // the last used first
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
