// A Kafka cluster as the settings name it, opened for this process.
#pragma once

#include <functional>
#include <memory>

#include "processors/runtime/kafka_cluster.h"
#include "processors/runtime/kafka_log.h"
#include "tools/weir/settings.h"

namespace weir::cli {

struct KafkaHome {
  std::unique_ptr<runtime::KafkaCluster> cluster;
  std::string cluster_id;  // empty until find_cluster
  std::unique_ptr<runtime::KafkaReader> reader;
  std::unique_ptr<runtime::KafkaAppender> appender;
};

/// Asks no broker yet. Errors: of the options and secrets.
Result<std::unique_ptr<KafkaHome>> make_kafka_home(const Settings& settings);

/// Waits for a broker while `wait` says so; the log says so after ten seconds, and then once a
/// minute. Errors: invalid_argument, brokers refuse our credentials; io, where it no longer waits.
Result<void> find_cluster(KafkaHome& home, const std::function<bool()>& wait);

/// Both, for who does not wait for a broker that is away.
Result<std::unique_ptr<KafkaHome>> open_kafka(const Settings& settings);

}  // namespace weir::cli
