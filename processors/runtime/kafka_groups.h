// What a cluster knows of a consumer group, without joining it: for people who look.
#pragma once

#include <string>
#include <vector>

#include "processors/runtime/kafka_cluster.h"
#include "processors/runtime/kafka_seams.h"

namespace weir::runtime {

struct KafkaGroupFacts {
  std::string name;
  std::string state;  // Kafka's word: "Stable", "Empty", ...
  std::size_t members = 0;
  std::vector<GroupPosition> positions;  // of its topic's partitions, also unstable ones
};

/// The group of a processor that reads `topic`. Errors: as KafkaCluster's.
Result<KafkaGroupFacts> look_at_group(const KafkaCluster& cluster, std::string_view processor,
                                      std::string_view topic);

}  // namespace weir::runtime
