// What a cluster knows of a consumer group, without joining it, and of its partitions: for people
// who look, also while some of its brokers are away.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "processors/runtime/kafka_cluster.h"

namespace weir::runtime {

struct KafkaGroupFacts {
  struct Position {
    std::int32_t partition = 0;
    std::optional<std::int64_t> offset;  // committed, also unstable; absent: none was
    std::string trouble;                 // why it is not known; empty: it is
  };

  std::string name;
  std::string state;  // Kafka's word: "Stable", "Empty", ...; "none": there is no such group
  std::size_t members = 0;
  std::string trouble;              // why state and members are not known; empty: they are
  std::vector<Position> positions;  // of its topic's partitions
};

/// The group of a processor that reads `topic`. Errors: as KafkaCluster's, where no position is
/// known.
Result<KafkaGroupFacts> look_at_group(const KafkaCluster& cluster, std::string_view processor,
                                      std::string_view topic);

/// The partitions of `topic` that cannot be asked now, as no broker leads them. Errors: as
/// KafkaCluster's.
Result<std::set<std::int32_t>> partitions_without_leader(const KafkaCluster& cluster,
                                                         std::string_view topic);

}  // namespace weir::runtime
