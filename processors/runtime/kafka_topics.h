// Topics as Weir needs them: partitions, retention, compaction, the broker's own time stamps. What
// a cluster has is compared with that; nothing is changed unless it is asked for.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "processors/runtime/kafka_cluster.h"
#include "processors/runtime/kafka_restore.h"
#include "processors/runtime/log.h"

namespace weir::runtime {

/// Of the topics that are made; 3 and 2 in production.
struct KafkaReplication {
  std::int32_t replicas = 1;
  std::int32_t min_insync = 1;
};

struct KafkaTopicSpec {
  std::string name;  // logical
  std::int32_t partitions = 1;
  std::map<std::string, std::string> config;  // by Kafka's names
};

/// How long a compacted changelog keeps the fact that a key is gone. A local copy that is older
/// than half of it is not used.
inline constexpr DurationUs kTombstonesKeptUs = 2 * kCopyUsableUs;

KafkaTopicSpec kafka_topic_spec(const TopicSpec& topic, const KafkaReplication& replication);
KafkaTopicSpec kafka_changelog_spec(std::string_view processor, std::int32_t partitions,
                                    const KafkaReplication& replication);

struct KafkaTopicDifference {
  std::string topic;
  std::string what;  // "partitions", or a configuration's name; "topic": there is none
  std::string is;
  std::string wanted;
  /// Why it cannot be changed, and what to do; empty: `apply` can.
  std::string obstacle;
};
/// "weir.kpi: retention.ms is 1000, wanted 2000".
std::string to_string(const KafkaTopicDifference& difference);

class KafkaTopics {
 public:
  /// `cluster` outlives this.
  KafkaTopics(const KafkaCluster& cluster, const KafkaReplication& replication)
      : cluster_(cluster), replication_(replication) {}

  /// In the order of `specs`. Replicas of topics that exist are not looked at.
  Result<std::vector<KafkaTopicDifference>> compare(const std::vector<KafkaTopicSpec>& specs) const;
  /// Makes what is missing and changes what differs; returns once the cluster shows it. Error: the
  /// first thing that cannot be, before anything is changed; or what is not to be seen after 10 s.
  Result<void> apply(const std::vector<KafkaTopicSpec>& specs) const;

 private:
  using Config = std::map<std::string, std::string>;
  struct Found {
    Config all;
    Config own;  // set for this topic, not a default
  };

  Result<Found> config_of(const std::string& topic) const;
  Result<void> create(const std::vector<const KafkaTopicSpec*>& specs) const;
  Result<void> alter(const KafkaTopicSpec& spec) const;

  const KafkaCluster& cluster_;
  const KafkaReplication replication_;
};

}  // namespace weir::runtime
