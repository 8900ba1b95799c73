// KafkaClients on librdkafka.
#pragma once

#include "processors/runtime/kafka_cluster.h"
#include "processors/runtime/kafka_seams.h"

namespace weir::runtime {

class RdKafkaClients final : public KafkaClients {
 public:
  /// `cluster` outlives this and what it makes.
  explicit RdKafkaClients(const KafkaCluster& cluster)
      : RdKafkaClients(cluster, cluster.options().fetch_queue_bytes) {}
  /// `fetch_queue_bytes` instead of the cluster's: what its topics have decides.
  RdKafkaClients(const KafkaCluster& cluster, std::uint64_t fetch_queue_bytes);

  Result<std::unique_ptr<GroupMember>> join(std::string_view processor, std::string_view topic,
                                            std::string_view instance) override;
  Result<std::unique_ptr<TransactionalProducer>> open_producer(std::string_view processor,
                                                               std::string_view topic,
                                                               std::string_view id) override;
  Result<std::unique_ptr<ChangelogReader>> open_changelogs() override;

 private:
  const KafkaCluster& cluster_;
  KafkaOptions options_;
};

}  // namespace weir::runtime
