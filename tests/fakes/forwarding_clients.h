// Kafka's clients as others make them: for tests that see or change a part of what is asked.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "processors/runtime/kafka_seams.h"

namespace weir::fakes {

class ForwardingMember : public runtime::GroupMember {
 public:
  explicit ForwardingMember(std::unique_ptr<runtime::GroupMember> base) : base_(std::move(base)) {}

  Result<Event> poll() override { return base_->poll(); }
  const std::vector<std::int32_t>& partitions() const override { return base_->partitions(); }
  const std::string& metadata() const override { return base_->metadata(); }
  Result<std::optional<std::vector<runtime::GroupPosition>>> committed() override {
    return base_->committed();
  }
  Result<void> start(const std::vector<runtime::GroupPosition>& positions) override {
    return base_->start(positions);
  }
  Result<void> read(std::int32_t partition, std::int64_t from, std::size_t max_bytes,
                    runtime::RecordBatch& batch) override {
    return base_->read(partition, from, max_bytes, batch);
  }
  void wait(DurationUs wait_us) override { base_->wait(wait_us); }

 private:
  const std::unique_ptr<runtime::GroupMember> base_;
};

class ForwardingChangelogs : public runtime::ChangelogReader {
 public:
  explicit ForwardingChangelogs(std::unique_ptr<runtime::ChangelogReader> base)
      : base_(std::move(base)) {}

  Result<std::int64_t> start(const runtime::TopicPartition& where) override {
    return base_->start(where);
  }
  Result<std::int64_t> high_watermark(const runtime::TopicPartition& where) override {
    return base_->high_watermark(where);
  }
  Result<void> read(const runtime::TopicPartition& where, std::int64_t from, std::size_t max_bytes,
                    runtime::RecordBatch& batch) override {
    return base_->read(where, from, max_bytes, batch);
  }
  void stop(const runtime::TopicPartition& where) override { base_->stop(where); }

 private:
  const std::unique_ptr<runtime::ChangelogReader> base_;
};

class ForwardingClients : public runtime::KafkaClients {
 public:
  /// `base` outlives it.
  explicit ForwardingClients(runtime::KafkaClients& base) : base_(base) {}

  Result<std::unique_ptr<runtime::GroupMember>> join(std::string_view processor,
                                                     std::string_view topic,
                                                     std::string_view instance) override {
    return base_.join(processor, topic, instance);
  }
  Result<std::unique_ptr<runtime::TransactionalProducer>> open_producer(
      std::string_view processor, std::string_view topic, std::string_view id) override {
    return base_.open_producer(processor, topic, id);
  }
  Result<std::unique_ptr<runtime::ChangelogReader>> open_changelogs() override {
    return base_.open_changelogs();
  }

 private:
  runtime::KafkaClients& base_;
};

}  // namespace weir::fakes
