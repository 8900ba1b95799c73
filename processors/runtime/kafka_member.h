// GroupMember on librdkafka: eager range assignor, static membership, a queue for each partition.
// One thread, which also runs the callbacks.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>

#include "processors/runtime/kafka_client.h"
#include "processors/runtime/kafka_record.h"
#include "processors/runtime/kafka_seams.h"

namespace weir::runtime {

struct KafkaMemberNames {
  std::string group;
  std::string topic;     // in the cluster
  std::string instance;  // group.instance.id
};

class KafkaMember final : public GroupMember {
 public:
  static Result<std::unique_ptr<GroupMember>> join(const KafkaOptions& options,
                                                   KafkaMemberNames names);
  ~KafkaMember() override;

  Result<Event> poll() override;
  const std::vector<std::int32_t>& partitions() const override { return partitions_; }
  const std::string& metadata() const override { return metadata_; }
  Result<std::optional<std::vector<GroupPosition>>> committed() override;
  Result<void> start(const std::vector<GroupPosition>& positions) override;
  Result<void> read(std::int32_t partition, std::int64_t from, std::size_t max_bytes,
                    RecordBatch& batch) override;
  void wait(DurationUs wait_us) override;

 private:
  struct Input {
    explicit Input(KafkaBatchSource from) : source(std::move(from)) {}

    KafkaBatchSource source;
    KafkaQueue queue;
    Result<void> broken;  // an error that lasts and stood behind records
  };

  explicit KafkaMember(KafkaMemberNames names) : names_(std::move(names)) {}

  static void on_rebalance(rd_kafka_t* client, rd_kafka_resp_err_t error,
                           rd_kafka_topic_partition_list_t* partitions, void* self);
  static void on_event(rd_kafka_t* client, void* self);
  void take_assignment(const rd_kafka_topic_partition_list_t& partitions);
  Result<void> check(const rd_kafka_message_t& event) const;
  KafkaPartitionList partition_list() const;
  std::string where(std::int32_t partition) const;

  const KafkaMemberNames names_;
  std::vector<std::int32_t> partitions_;
  std::string metadata_;
  Event event_ = Event::none;
  std::optional<Error> failure_;

  std::mutex mutex_;  // of what the client's threads tell
  std::condition_variable told_;
  bool something_ = false;

  KafkaClient client_;
  std::map<std::int32_t, Input> inputs_;  // before the client, they hold it
};

}  // namespace weir::runtime
