// The seams of a Kafka worker (runtime/kafka_seams.h) over the model of Kafka.
#pragma once

#include "processors/runtime/kafka_seams.h"
#include "tests/fakes/model_kafka.h"

namespace weir::fakes {

class ModelClients final : public runtime::KafkaClients {
 public:
  /// `kafka` outlives it and what it makes.
  explicit ModelClients(ModelKafka& kafka) : kafka_(kafka) {}

  Result<std::unique_ptr<runtime::GroupMember>> join(std::string_view processor,
                                                     std::string_view topic,
                                                     std::string_view instance) override;
  Result<std::unique_ptr<runtime::TransactionalProducer>> open_producer(
      std::string_view processor, std::string_view topic, std::string_view id) override;
  Result<std::unique_ptr<runtime::ChangelogReader>> open_changelogs() override;

 private:
  ModelKafka& kafka_;
};

}  // namespace weir::fakes
