// Kafka's clients as others make them: for tests that see or change a part of what is asked.
#pragma once

#include <memory>
#include <string_view>
#include <utility>

#include "processors/runtime/kafka_seams.h"

namespace weir::fakes {

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
