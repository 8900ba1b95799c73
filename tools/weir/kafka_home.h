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
  std::string cluster_id;
  std::unique_ptr<runtime::KafkaReader> reader;
  std::unique_ptr<runtime::KafkaAppender> appender;
};

/// Waits for a broker while `wait` says so; the log says so after ten seconds, and then once a
/// minute. Errors: of the options and secrets; io, where it no longer waits.
Result<std::unique_ptr<KafkaHome>> open_kafka(const Settings& settings,
                                              const std::function<bool()>& wait);

}  // namespace weir::cli
