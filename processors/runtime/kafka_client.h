// librdkafka's handles behind RAII, and its errors as ours. For the other kafka_*.cc files only.
//
// What librdkafka 2.0.2 does that would harm, how this and its users avoid it by construction, and
// which test in tests/broker or tests/runtime would notice, where one would:
// - closing a consumer waits for a rebalance: it is destroyed without closing, for a static member
//   does not leave its group anyhow (destroy_client);
// - a seek may never end: a position is given when reading starts, by assign or consume_start
//   (KafkaMember::start, KafkaCursor::start);
// - pause and resume lose what was fetched: each partition has a queue of its own, and a full one
//   stops its fetching (KafkaMember::start);
// - a queue not forwarded away before assign leaves the first records in that of the consumer: it
//   is, and such a record is an error (KafkaMember::check), so every test that reads notices;
// - cooperative rebalances lose partitions when members come and go at once: the eager assignor
//   (KafkaMember::join; workers_test.py);
// - consume_batch_queue waits out its timeout unless its array fills: it is called without one
//   (KafkaBatchSource);
// - whether what was fetched ahead has been taken meanwhile it finds out a second later, unless a
//   broker answers something: something is asked then (KafkaBatchSource);
// - a member that was assigned nothing is held in that rebalance until it takes it: it does
//   (KafkaFollower; alerts_test.py, on a loaded machine);
// - a batch that it cannot read it tells like what passes, and goes on behind it, or far away; one
//   that is damaged it notices only where it is to check: it is (KafkaConfig::make), and nothing is
//   read behind such an error (check_taken; kafka_damage_test.cc);
// - a topic that a client does not know yet is looked for up to a second later: it is found first
//   (find_topic);
// - bounds of a topic of which the client holds no handle are asked of a former leader on and on:
//   its metadata is read again after each refusal (KafkaCluster::bounds; broker.torture);
// - each commit waits 100 ms for its coordinator: retry.backoff.ms is 1 (KafkaProducer::open);
// - records under way point into their caller's memory when a transaction fails: they are purged,
//   and the client goes at once (KafkaProducer::close; workers_test.py kills a broker);
// - an idempotent producer may give up for good, for one, where records of a batch that it sends
//   again have timed out meanwhile: it is replaced (KafkaAppender; kafka_appender_test.cc);
// - what it cannot tell anybody it prints: every client has callbacks for logs and errors
//   (KafkaConfig);
// - before 2.6.1 it repeats its nonce, so that SCRAM fails with brokers from 4.0 on (#4895): that
//   cannot be avoided, and KafkaCluster::id says so (security_test.py).
#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>
#include <string>
#include <string_view>

#include "processors/core/result.h"
#include "processors/runtime/kafka_options.h"

namespace weir::runtime {

/// Longest wait for an answer of a broker about topics, offsets or groups.
inline constexpr int kKafkaRequestMs = 10'000;

template <auto destroy>
struct KafkaDestroy {
  template <class T>
  void operator()(T* object) const {
    destroy(object);
  }
};
inline void destroy_client(rd_kafka_t* client) {
  rd_kafka_destroy_flags(client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}
using KafkaClient = std::unique_ptr<rd_kafka_t, KafkaDestroy<destroy_client>>;
using KafkaQueue = std::unique_ptr<rd_kafka_queue_t, KafkaDestroy<rd_kafka_queue_destroy>>;
using KafkaTopicHandle = std::unique_ptr<rd_kafka_topic_t, KafkaDestroy<rd_kafka_topic_destroy>>;
using KafkaPartitionList = std::unique_ptr<rd_kafka_topic_partition_list_t,
                                           KafkaDestroy<rd_kafka_topic_partition_list_destroy>>;
using KafkaMessage = std::unique_ptr<rd_kafka_message_t, KafkaDestroy<rd_kafka_message_destroy>>;
using KafkaHeaders = std::unique_ptr<rd_kafka_headers_t, KafkaDestroy<rd_kafka_headers_destroy>>;
using KafkaError = std::unique_ptr<rd_kafka_error_t, KafkaDestroy<rd_kafka_error_destroy>>;

/// The settings of a client: how the cluster is reached, then what its user sets. `options` outlive
/// it.
class KafkaConfig {
 public:
  explicit KafkaConfig(const KafkaOptions& options);

  KafkaConfig& set(const char* name, std::string_view value);
  KafkaConfig& set(const char* name, std::int64_t value) {
    return set(name, std::to_string(value));
  }
  /// For what `kafka.client` may change.
  KafkaConfig& set_unless_given(const char* name, std::string_view value);
  /// For callbacks.
  rd_kafka_conf_t* get() const { return conf_.get(); }

  /// Consumers check checksums, unless `kafka.client` says otherwise. Error: the first setting that
  /// was refused, by name.
  Result<KafkaClient> make(rd_kafka_type_t type) &&;

 private:
  const KafkaOptions& options_;
  std::unique_ptr<rd_kafka_conf_t, KafkaDestroy<rd_kafka_conf_destroy>> conf_;
  std::string problem_;
};

/// A topic of the cluster for a client that is to produce to it or read it, with its leaders: found
/// now, because librdkafka by itself looks up to a second later.
Result<KafkaTopicHandle> find_topic(rd_kafka_t* client, const std::string& topic);

/// "weir.kpi/3: <what> failed: <librdkafka's words>". Connections that are down are io.
[[nodiscard]] std::unexpected<Error> kafka_failed(std::string_view where, std::string_view what,
                                                  rd_kafka_resp_err_t error,
                                                  std::string_view detail = {});
/// The kind of a line for tell_trouble: of librdkafka's own log, or of an error of its.
std::string_view kafka_trouble_kind(std::string_view facility);
std::string_view kafka_trouble_kind(rd_kafka_resp_err_t error);
/// Nothing, or the error as ours; takes it.
Result<void> kafka_result(std::string_view where, std::string_view what, rd_kafka_error_t* error);

}  // namespace weir::runtime
