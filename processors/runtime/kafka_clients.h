// KafkaClients on librdkafka.
#pragma once

#include "processors/runtime/kafka_cluster.h"
#include "processors/runtime/kafka_seams.h"

namespace weir::runtime {

class RdKafkaClients final : public KafkaClients {
 public:
  /// `cluster` outlives this and what it makes.
  explicit RdKafkaClients(const KafkaCluster& cluster) : cluster_(cluster) {}

  Result<std::unique_ptr<GroupMember>> join(std::string_view processor, std::string_view topic,
                                            std::string_view instance) override;
  Result<std::unique_ptr<TransactionalProducer>> open_producer(std::string_view processor,
                                                               std::string_view topic,
                                                               std::string_view id) override;
  Result<std::unique_ptr<ChangelogReader>> open_changelogs() override;

 private:
  const KafkaCluster& cluster_;
};

}  // namespace weir::runtime
