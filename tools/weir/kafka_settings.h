// The `kafka:` section of a configuration. Plain values. Reading resolves no secret, so a
// configuration can be checked where its secrets are not.
#pragma once

#include <map>
#include <string>

#include "processors/config/document.h"
#include "processors/runtime/kafka_options.h"
#include "processors/runtime/kafka_topics.h"

namespace weir::cli {

struct KafkaSettings {
  runtime::KafkaOptions options;
  runtime::KafkaReplication replication;
  /// Settings of librdkafka whose values are references: see net::Secret::load.
  std::map<std::string, std::string> secrets;
  /// Whether weir.kpi is in JSON instead of protobuf: for consumers that cannot read that, at some
  /// four times the size.
  bool json_results = false;
  /// Whether a process follows the changelogs of the tasks that it does not own: a takeover is
  /// quicker, and costs their disk and network here, too.
  std::int64_t standby = 0;
  /// What tells the processes of a pipeline apart; empty: a random name, kept in `data`.
  std::string instance;
};

/// What is wrong is recorded in the section's document.
///
///   kafka:
///     bootstrap: 127.0.0.1:9092
///     prefix: ""                  # in front of topics, groups and transactional ids
///     replication: 1              # of topics that `weir topics --apply` makes
///     min_insync: 1
///     instance: ""
///     results: protobuf           # or json, in weir.kpi
///     standby: 0                  # 1: keep copies of the state of tasks that run elsewhere
///     session_timeout: 10s
///     transaction_timeout: 10s
///     client: {security.protocol: SASL_SSL, sasl.mechanism: SCRAM-SHA-256, sasl.username: weir}
///     secrets: {sasl.password: env:WEIR_KAFKA_PASSWORD}
KafkaSettings read_kafka(const config::Section& section);

/// The options with their secrets loaded. Error: of Secret::load, with the key.
Result<runtime::KafkaOptions> load_kafka_options(const KafkaSettings& settings);

}  // namespace weir::cli
