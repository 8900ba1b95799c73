#include "processors/runtime/kafka_clients.h"

#include <map>

#include "processors/runtime/kafka_cursor.h"
#include "processors/runtime/kafka_member.h"
#include "processors/runtime/kafka_producer.h"

namespace weir::runtime {
namespace {

/// A restore reads as fast as the broker sends.
constexpr std::uint64_t kQueueBytes = 16 << 20;
/// No longer than an idle worker waits, and less than that where something arrives.
constexpr int kWaitMs = 5;

class KafkaChangelogReader final : public ChangelogReader {
 public:
  static Result<std::unique_ptr<ChangelogReader>> open(const KafkaCluster& cluster) {
    std::unique_ptr<KafkaChangelogReader> reader(new KafkaChangelogReader(cluster));
    WEIR_ASSIGN(reader->client_, make_fetching_client(cluster.options(), kQueueBytes));
    return reader;
  }
  ~KafkaChangelogReader() override { cursors_.clear(); }

  Result<std::int64_t> start(const TopicPartition& where) override {
    WEIR_ASSIGN(const Bounds bounds, cluster_.written_bounds(where));
    return bounds.start;
  }
  Result<std::int64_t> high_watermark(const TopicPartition& where) override {
    WEIR_ASSIGN(const Bounds bounds, cluster_.written_bounds(where));
    return bounds.end;
  }
  Result<void> read(const TopicPartition& where, std::int64_t from, std::size_t max_bytes,
                    RecordBatch& batch) override {
    auto& cursor = cursors_[where];
    if (cursor == nullptr || cursor->next() != from) {
      cursor.reset();
      WEIR_ASSIGN(rd_kafka_topic_t * topic,
                  inputs_.find(kafka_topic(cluster_.options(), where.topic)));
      WEIR_ASSIGN(cursor, KafkaCursor::start(client_.get(), topic, where, from));
    }
    auto taken = cursor->take(max_bytes, kWaitMs, batch);
    if (!taken) cursor.reset();  // it reads no further
    return taken;
  }
  void stop(const TopicPartition& where) override { cursors_.erase(where); }

 private:
  explicit KafkaChangelogReader(const KafkaCluster& cluster) : cluster_(cluster) {}

  const KafkaCluster& cluster_;
  KafkaClient client_;
  KafkaInputs inputs_{client_};
  std::map<TopicPartition, std::unique_ptr<KafkaCursor>> cursors_;
};

}  // namespace

RdKafkaClients::RdKafkaClients(const KafkaCluster& cluster, std::uint64_t fetch_queue_bytes)
    : cluster_(cluster), options_(cluster.options()) {
  options_.fetch_queue_bytes = fetch_queue_bytes;
}

Result<std::unique_ptr<GroupMember>> RdKafkaClients::join(std::string_view processor,
                                                          std::string_view topic,
                                                          std::string_view instance) {
  return KafkaMember::join(options_, {.group = kafka_group(options_, processor),
                                      .topic = kafka_topic(options_, topic),
                                      .instance = std::string(instance)});
}

Result<std::unique_ptr<TransactionalProducer>> RdKafkaClients::open_producer(
    std::string_view processor, std::string_view topic, std::string_view id) {
  return KafkaProducer::open(options_, {.id = std::string(id),
                                        .group = kafka_group(options_, processor),
                                        .topic = kafka_topic(options_, topic)});
}

Result<std::unique_ptr<ChangelogReader>> RdKafkaClients::open_changelogs() {
  return KafkaChangelogReader::open(cluster_);
}

}  // namespace weir::runtime
