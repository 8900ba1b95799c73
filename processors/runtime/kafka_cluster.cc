#include "processors/runtime/kafka_cluster.h"

#include <chrono>
#include <thread>

#include "processors/runtime/kafka_trouble.h"

namespace weir::runtime {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kLeaderPause(20);

/// librdkafka before 2.6.1 repeats its nonce, which brokers from 4.0 on refuse (librdkafka #4895).
constexpr int kScramWorksFrom = 0x02060100;

std::string_view scram_hint(const KafkaOptions& options) {
  for (const char* name : {"sasl.mechanism", "sasl.mechanisms"}) {
    const auto found = options.client.find(name);
    if (found != options.client.end() && found->second.starts_with("SCRAM") &&
        rd_kafka_version() < kScramWorksFrom)
      return "; this librdkafka cannot use SCRAM with Kafka 4 and later: install 2.6.1 or a newer "
             "one, or use PLAIN over TLS";
  }
  return "";
}

/// A partition that is there has no leader for a moment: when it was made, and when a broker goes.
/// A client that has just begun may not know a partition yet that there is.
bool is_passing(rd_kafka_resp_err_t error) {
  return error == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION ||
         error == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
         error == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION ||
         error == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE ||
         error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
         error == RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE;
}

using Metadata =
    std::unique_ptr<const rd_kafka_metadata_t, KafkaDestroy<rd_kafka_metadata_destroy>>;

/// Asks for a topic and its leaders, and lets the client know. librdkafka does so of itself for
/// topics of which the client holds a handle, and goes on to ask a former leader of another one
/// until its cache is old.
rd_kafka_resp_err_t read_metadata(rd_kafka_t* client, const std::string& topic, int wait_ms,
                                  Metadata& metadata) {
  const KafkaTopicHandle handle(rd_kafka_topic_new(client, topic.c_str(), nullptr));
  const rd_kafka_metadata_t* read = nullptr;
  const auto error = rd_kafka_metadata(client, 0, handle.get(), &read, wait_ms);
  metadata.reset(read);
  return error;
}

int milliseconds_until(Clock::time_point deadline) {
  return static_cast<int>(
      std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count());
}

}  // namespace

Result<std::unique_ptr<KafkaCluster>> KafkaCluster::open(const KafkaOptions& options) {
  std::unique_ptr<KafkaCluster> cluster(new KafkaCluster(options));
  WEIR_ASSIGN(cluster->committed_, cluster->make_client("read_committed"));
  WEIR_ASSIGN(cluster->uncommitted_, cluster->make_client("read_uncommitted"));
  return cluster;
}

Result<KafkaClient> KafkaCluster::make_client(const char* isolation) {
  KafkaConfig config(options_);
  config.set("isolation.level", isolation).set("allow.auto.create.topics", "false");
  rd_kafka_conf_set_opaque(config.get(), this);
  rd_kafka_conf_set_error_cb(config.get(), on_error);
  return std::move(config).make(RD_KAFKA_CONSUMER);
}

void KafkaCluster::on_error(rd_kafka_t*, int error, const char* reason, void* self) {
  auto& cluster = *static_cast<KafkaCluster*>(self);
  if (error != RD_KAFKA_RESP_ERR__AUTHENTICATION && error != RD_KAFKA_RESP_ERR__SSL)
    return tell_trouble(kafka_trouble_kind(static_cast<rd_kafka_resp_err_t>(error)), reason);
  const std::lock_guard lock(cluster.refusal_mutex_);
  cluster.refusal_ = reason;
}

Result<std::string> KafkaCluster::id() const {
  char* id = rd_kafka_clusterid(client(), kKafkaRequestMs);
  rd_kafka_poll(client(), 0);  // tells errors
  if (id == nullptr) {
    const std::lock_guard lock(refusal_mutex_);
    if (!refusal_.empty())
      return fail(ErrorCode::invalid_argument,
                  "kafka {}: authentication failed: {}; check `kafka.client` and `kafka.secrets`{}",
                  options_.bootstrap, refusal_, scram_hint(options_));
    return fail(ErrorCode::io, "kafka {}: no broker answers; check `kafka.bootstrap`",
                options_.bootstrap);
  }
  std::string text = id;
  rd_kafka_mem_free(client(), id);
  return text;
}

Result<std::int32_t> KafkaCluster::partitions(std::string_view topic) const {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = partitions_.find(topic); found != partitions_.end())
      return found->second;
  }
  const std::string name = kafka_topic(options_, topic);
  Metadata metadata;
  if (const auto error = read_metadata(client(), name, kKafkaRequestMs, metadata))
    return kafka_failed(topic, "looking it up", error);
  if (metadata->topic_cnt == 1 && metadata->topics[0].err != RD_KAFKA_RESP_ERR_NO_ERROR &&
      metadata->topics[0].err != RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
    return kafka_failed(topic, "looking it up", metadata->topics[0].err);
  if (metadata->topic_cnt != 1 || metadata->topics[0].partition_cnt == 0)
    return fail(ErrorCode::not_found, "no topic {}; make it with `weir topics --apply`", name);
  const std::lock_guard lock(mutex_);
  return partitions_[std::string(topic)] = metadata->topics[0].partition_cnt;
}

Result<Bounds> KafkaCluster::committed_bounds(const TopicPartition& where) const {
  return bounds(committed_.get(), where);
}

Result<Bounds> KafkaCluster::written_bounds(const TopicPartition& where) const {
  return bounds(uncommitted_.get(), where);
}

Result<Bounds> KafkaCluster::bounds(rd_kafka_t* client, const TopicPartition& where) const {
  WEIR_ASSIGN(const std::int32_t count, partitions(where.topic));
  if (where.partition < 0 || where.partition >= count)
    return fail(ErrorCode::not_found, "no partition {}", to_string(where));
  const std::string topic = kafka_topic(options_, where.topic);
  Bounds bounds;
  Metadata leaders;
  auto error = RD_KAFKA_RESP_ERR_NO_ERROR;
  const auto deadline = Clock::now() + std::chrono::milliseconds(kKafkaRequestMs);
  for (int left_ms = kKafkaRequestMs; left_ms > 0; left_ms = milliseconds_until(deadline)) {
    error = rd_kafka_query_watermark_offsets(client, topic.c_str(), where.partition, &bounds.start,
                                             &bounds.end, left_ms);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return bounds;
    if (!is_passing(error)) break;
    (void)read_metadata(client, topic, std::max(1, milliseconds_until(deadline)), leaders);
    std::this_thread::sleep_for(kLeaderPause);
  }
  return kafka_failed(to_string(where), "reading its bounds", error);
}

}  // namespace weir::runtime
