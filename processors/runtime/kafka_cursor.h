// One partition, read from an offset on, without a group: committed records only.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "processors/runtime/kafka_client.h"
#include "processors/runtime/kafka_record.h"

namespace weir::runtime {

/// A client that cursors read through: each fetches up to `queue_bytes` ahead. Thread-safe; a
/// cursor is one thread's at a time.
Result<KafkaClient> make_fetching_client(const KafkaOptions& options, std::uint64_t queue_bytes);

/// The topics that a client reads, each found once: a request for every cursor would wait behind
/// what the others fetch. Thread-safe; who waits for a broker holds up nobody.
class KafkaInputs {
 public:
  /// `client` outlives this, and is made before the first topic is asked for.
  explicit KafkaInputs(const KafkaClient& client) : client_(client) {}

  /// `topic` is the cluster's name.
  Result<rd_kafka_topic_t*> find(const std::string& topic);

 private:
  const KafkaClient& client_;
  std::mutex mutex_;
  std::map<std::string, KafkaTopicHandle> topics_;
};

class KafkaCursor {
 public:
  /// `client` and `topic` outlive the cursor. `where` is for errors.
  static Result<std::unique_ptr<KafkaCursor>> start(rd_kafka_t* client, rd_kafka_topic_t* topic,
                                                    const TopicPartition& where, std::int64_t from);
  ~KafkaCursor();
  KafkaCursor(const KafkaCursor&) = delete;
  KafkaCursor& operator=(const KafkaCursor&) = delete;

  /// As KafkaBatchSource::take, with batch.next set. What stands before an error is given first;
  /// after one it reads no further. invalid_argument: the broker does not have next(); corrupt:
  /// what stands there cannot be read.
  Result<void> take(std::size_t max_bytes, int wait_ms, RecordBatch& batch);
  /// Where reading has come to.
  std::int64_t next() const { return next_; }

 private:
  KafkaCursor(rd_kafka_t* client, rd_kafka_topic_t* topic, const TopicPartition& where,
              std::int64_t from)
      : topic_(topic),
        where_(where),
        source_(client, rd_kafka_topic_name(topic), where.partition),
        next_(from) {}

  rd_kafka_topic_t* const topic_;
  const TopicPartition where_;
  KafkaQueue queue_;
  KafkaBatchSource source_;
  std::int64_t next_;
  Result<void> broken_;  // an error that lasts and stood behind records
  bool started_ = false;
};

}  // namespace weir::runtime
