// librdkafka's handles behind RAII, and its errors as ours. For the other kafka_*.cc files only.
//
// Faults of librdkafka 2.0.2 that this and its users avoid by construction:
// - a consumer is destroyed without closing it: closing waits for a rebalance, and a static member
//   does not leave its group anyhow;
// - no seek: a position is given when reading starts, by assign or consume_start;
// - no pause and resume: each partition has a queue of its own, and a full one stops its fetching;
// - the eager assignor: cooperative rebalances lose partitions when members come and go at once;
// - consume_batch_queue waits out its timeout unless its array fills: it is called without one.
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

/// The settings of a client: how the cluster is reached, then what its user sets.
class KafkaConfig {
 public:
  explicit KafkaConfig(const KafkaOptions& options);

  KafkaConfig& set(const char* name, std::string_view value);
  KafkaConfig& set(const char* name, std::int64_t value) {
    return set(name, std::to_string(value));
  }
  /// For callbacks.
  rd_kafka_conf_t* get() const { return conf_.get(); }

  /// Error: the first setting that was refused, by name.
  Result<KafkaClient> make(rd_kafka_type_t type) &&;

 private:
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
/// Nothing, or the error as ours; takes it.
Result<void> kafka_result(std::string_view where, std::string_view what, rd_kafka_error_t* error);

}  // namespace weir::runtime
