#include "processors/runtime/kafka_cursor.h"

#include <algorithm>

namespace weir::runtime {
namespace {

/// How long a broker keeps a request for which it has nothing. The end of a partition is told after
/// that, and what is asked next of this broker waits as long.
constexpr std::int64_t kFetchWaitMs = 5;

}  // namespace

Result<KafkaClient> make_fetching_client(const KafkaOptions& options, std::uint64_t queue_bytes) {
  KafkaConfig config(options);
  config.set("isolation.level", "read_committed")
      .set("allow.auto.create.topics", "false")
      .set("enable.partition.eof", "true")
      .set("auto.offset.reset", "error")
      .set("fetch.message.max.bytes", 1 << 20)
      .set("fetch.error.backoff.ms", 50)
      .set("fetch.wait.max.ms", kFetchWaitMs)
      .set("queued.max.messages.kbytes",
           static_cast<std::int64_t>(std::max<std::uint64_t>(1, queue_bytes >> 10)));
  return std::move(config).make(RD_KAFKA_CONSUMER);
}

Result<rd_kafka_topic_t*> KafkaInputs::find(const std::string& topic) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = topics_.find(topic);
    if (found != topics_.end()) return found->second.get();
  }
  WEIR_ASSIGN(KafkaTopicHandle handle, find_topic(client_.get(), topic));
  const std::lock_guard lock(mutex_);
  return topics_.try_emplace(topic, std::move(handle)).first->second.get();
}

Result<std::unique_ptr<KafkaCursor>> KafkaCursor::start(rd_kafka_t* client, rd_kafka_topic_t* topic,
                                                        const TopicPartition& where,
                                                        std::int64_t from) {
  std::unique_ptr<KafkaCursor> cursor(new KafkaCursor(client, topic, where, from));
  cursor->queue_.reset(rd_kafka_queue_new(client));
  if (rd_kafka_consume_start_queue(topic, where.partition, from, cursor->queue_.get()) != 0)
    return kafka_failed(to_string(where), "reading", rd_kafka_last_error());
  cursor->started_ = true;
  return cursor;
}

KafkaCursor::~KafkaCursor() {
  if (started_) rd_kafka_consume_stop(topic_, where_.partition);
}

Result<void> KafkaCursor::take(std::size_t max_bytes, int wait_ms, RecordBatch& batch) {
  if (!broken_) return broken_;
  const auto taken = source_.take(queue_.get(), max_bytes, wait_ms, batch);
  if (!batch.records.empty()) next_ = batch.records.back().offset + 1;
  next_ = std::max(next_, taken.end_offset);
  batch.next = next_;
  broken_ = check_taken(to_string(where_), next_, taken);
  return batch.records.empty() ? broken_ : Result<void>();
}

}  // namespace weir::runtime
