// TransactionalProducer on librdkafka. One thread, which also runs the callbacks.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "processors/runtime/kafka_client.h"
#include "processors/runtime/kafka_seams.h"

namespace weir::runtime {

/// What every producer of Weir's sets: no record lost, doubled or reordered by a retry.
void set_producer(KafkaConfig& config);

/// The topics that a client produces to. Thread-safe.
class KafkaOutputs {
 public:
  /// `client` outlives this, and is made before the first record.
  explicit KafkaOutputs(const KafkaClient& client) : client_(client) {}

  /// Hands a record to the client. `flags` and `opaque` are librdkafka's.
  Result<rd_kafka_resp_err_t> produce(const std::string& topic, std::int32_t partition,
                                      const Record& record, int flags, void* opaque);

 private:
  Result<rd_kafka_topic_t*> find(const std::string& topic);

  const KafkaClient& client_;
  std::mutex mutex_;
  std::map<std::string, KafkaTopicHandle> topics_;
};

struct KafkaProducerNames {
  std::string id;     // transactional.id
  std::string group;  // whose positions it commits
  std::string topic;  // what that group reads, in the cluster
};

class KafkaProducer final : public TransactionalProducer {
 public:
  /// Waits for the broker to end what a predecessor of this id left open.
  static Result<std::unique_ptr<TransactionalProducer>> open(const KafkaOptions& options,
                                                             KafkaProducerNames names);
  ~KafkaProducer() override;

  Result<void> begin() override;
  Result<void> produce(const TopicPartition& where, const Record& record,
                       Delivered* delivered) override;
  Result<void> send_positions(const std::vector<GroupPosition>& positions,
                              std::string_view metadata) override;
  Result<void> commit() override;

 private:
  KafkaProducer(const KafkaOptions& options, KafkaProducerNames names)
      : options_(options), names_(std::move(names)) {}

  /// After an error the client goes at once: what is under way points into its caller's memory.
  Result<void> kept(Result<void> result);
  void close();
  static void on_delivery(rd_kafka_t* client, const rd_kafka_message_t* message, void* self);

  const KafkaOptions options_;
  const KafkaProducerNames names_;
  Result<void> delivery_;  // the first record that failed
  KafkaClient client_;
  std::unique_ptr<KafkaOutputs> outputs_ = std::make_unique<KafkaOutputs>(client_);
};

}  // namespace weir::runtime
