// How a Kafka cluster is reached, and what Weir's names in it begin with. Plain values.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "processors/core/result.h"
#include "processors/core/time.h"

namespace weir::runtime {

struct KafkaOptions {
  /// host:port, comma separated: any of the brokers, to find all of them.
  std::string bootstrap = "127.0.0.1:9092";

  /// Settings of librdkafka as they are: security, sockets, client.id, compression.type, linger.ms
  /// of what `weir ingest` appends, check.crcs (true where it is not given). Those that Weir sets
  /// itself are refused: see check_client_setting.
  std::map<std::string, std::string> client = {};

  /// In front of topics, groups and transactional ids, so that several pipelines share a cluster.
  std::string prefix = {};

  /// The three belong together. A transaction is open for milliseconds; one that a dead process
  /// left is aborted by the broker after `transaction_timeout_us`, and blocks readers until then.
  /// A member that is silent for `session_timeout_us` loses its partitions: about as long, because
  /// its successor would wait for that transaction anyway. The poll interval is derived: it must
  /// outlast a commit that waits for a broker as long as its transaction lives, or a live worker
  /// would lose its partitions for being patient.
  DurationUs transaction_timeout_us = 10 * kSecondUs;
  DurationUs session_timeout_us = 10 * kSecondUs;
  DurationUs poll_interval_us() const {
    return 2 * transaction_timeout_us + session_timeout_us + 10 * kSecondUs;
  }

  /// Records fetched ahead of a worker, of each of its partitions.
  std::uint64_t fetch_queue_bytes = 16 << 20;
};

/// invalid_argument: Weir sets this one itself, and why.
Result<void> check_client_setting(std::string_view name);

/// Weir's names in the cluster.
std::string kafka_topic(const KafkaOptions& options, std::string_view topic);
std::string kafka_group(const KafkaOptions& options, std::string_view processor);
/// The logical name of a task's changelog: "weir.fold.changelog", as TopicPartition::topic has it.
std::string changelog_topic(std::string_view processor);
/// group.instance.id and transactional.id of one worker thread.
std::string kafka_instance(const KafkaOptions& options, std::string_view processor,
                           std::string_view instance, std::int32_t thread);

}  // namespace weir::runtime
