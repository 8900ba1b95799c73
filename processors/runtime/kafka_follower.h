// A follower of a partition of a Kafka topic: of all processes that follow under one name, the
// group lets one do so at a time. Its place is the group's position; the place and what goes with
// it are one transaction. A note is not kept: who goes on may repeat what lies behind the position.
#pragma once

#include <memory>
#include <string>

#include "processors/runtime/follower.h"
#include "processors/runtime/kafka_seams.h"

namespace weir::runtime {

/// Everything referred to outlives the follower.
struct KafkaFollowerSetup {
  std::string name;  // of its group, as a processor's is
  TopicPartition input;
  std::string instance;  // as KafkaWorkerSetup's
  KafkaClients* clients = nullptr;
  const Reader* reader = nullptr;
};

class KafkaFollower final : public Follower {
 public:
  explicit KafkaFollower(KafkaFollowerSetup setup) : setup_(std::move(setup)) {}

  Result<bool> take() override;
  Result<std::optional<FollowerPlace>> place() override { return place_; }
  Result<Bounds> bounds() override { return setup_.reader->bounds(setup_.input); }
  Result<void> read(std::int64_t from, std::size_t max_bytes, RecordBatch& batch) override {
    return setup_.reader->read(setup_.input, from, max_bytes, batch);
  }
  Result<void> commit(const FollowerPlace& place, std::vector<Output> outputs) override;

 private:
  enum class Turn : std::uint8_t { others, settling, ours };

  Result<void> follow_group();
  Result<void> settle();
  Result<void> write(const FollowerPlace& place, const std::vector<Output>& outputs);
  template <class T>
  Result<T> or_leave(Result<T> result);

  const KafkaFollowerSetup setup_;
  std::unique_ptr<GroupMember> member_;
  std::unique_ptr<TransactionalProducer> producer_;
  Turn turn_ = Turn::others;
  std::optional<FollowerPlace> place_;
};

}  // namespace weir::runtime
