// One partition, read from an offset on, without a group: committed records only.
#pragma once

#include <string>

#include "processors/runtime/kafka_client.h"
#include "processors/runtime/kafka_record.h"

namespace weir::runtime {

struct KafkaFetching {
  std::uint64_t queue_bytes = 4 << 20;  // fetched ahead, of each cursor
  /// How long a broker keeps a request for which it has nothing: the end of a partition is told
  /// after that. Shorter tells sooner, and asks more often while nothing comes.
  std::int64_t wait_ms = 100;
};
/// A client that cursors read through. Thread-safe; a cursor is one thread's at a time.
Result<KafkaClient> make_fetching_client(const KafkaOptions& options,
                                         const KafkaFetching& fetching);

class KafkaCursor {
 public:
  /// `client` outlives the cursor. `topic` is the cluster's name; `where` is for errors.
  static Result<std::unique_ptr<KafkaCursor>> start(rd_kafka_t* client, const std::string& topic,
                                                    const TopicPartition& where, std::int64_t from);
  ~KafkaCursor();
  KafkaCursor(const KafkaCursor&) = delete;
  KafkaCursor& operator=(const KafkaCursor&) = delete;

  /// As KafkaBatchSource::take, with batch.next set. invalid_argument: the broker does not have
  /// next().
  Result<void> take(std::size_t max_bytes, int wait_ms, RecordBatch& batch);
  /// Where reading has come to.
  std::int64_t next() const { return next_; }

 private:
  KafkaCursor(TopicPartition where, std::int64_t from) : where_(std::move(where)), next_(from) {}

  const TopicPartition where_;
  KafkaTopicHandle topic_;
  KafkaQueue queue_;
  KafkaBatchSource source_;
  std::int64_t next_;
  bool started_ = false;
};

}  // namespace weir::runtime
