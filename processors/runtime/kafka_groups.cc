#include "processors/runtime/kafka_groups.h"

namespace weir::runtime {
namespace {

Result<void> read_state(const KafkaCluster& cluster, KafkaGroupFacts& facts) {
  const struct rd_kafka_group_list* read = nullptr;
  if (const auto error =
          rd_kafka_list_groups(cluster.client(), facts.name.c_str(), &read, kKafkaRequestMs))
    return kafka_failed(facts.name, "looking at it", error);
  const std::unique_ptr<const struct rd_kafka_group_list, KafkaDestroy<rd_kafka_group_list_destroy>>
      groups(read);
  if (groups->group_cnt == 0) return {};
  facts.state = groups->groups[0].state;
  facts.members = static_cast<std::size_t>(groups->groups[0].member_cnt);
  return {};
}

}  // namespace

Result<KafkaGroupFacts> look_at_group(const KafkaCluster& cluster, std::string_view processor,
                                      std::string_view topic) {
  KafkaGroupFacts facts{.name = kafka_group(cluster.options(), processor), .state = "none"};
  WEIR_TRY(read_state(cluster, facts));
  KafkaConfig config(cluster.options());
  config.set("group.id", facts.name).set("isolation.level", "read_uncommitted");
  WEIR_ASSIGN(const KafkaClient client, std::move(config).make(RD_KAFKA_CONSUMER));
  WEIR_ASSIGN(const std::int32_t partitions, cluster.partitions(topic));
  const std::string name = kafka_topic(cluster.options(), topic);
  const KafkaPartitionList list(rd_kafka_topic_partition_list_new(partitions));
  for (std::int32_t partition = 0; partition < partitions; ++partition)
    rd_kafka_topic_partition_list_add(list.get(), name.c_str(), partition);
  if (const auto error = rd_kafka_committed(client.get(), list.get(), kKafkaRequestMs))
    return kafka_failed(facts.name, "reading its positions", error);
  for (int i = 0; i < list->cnt; ++i) {
    facts.positions.push_back({.partition = list->elems[i].partition, .offset = std::nullopt});
    if (list->elems[i].offset >= 0) facts.positions.back().offset = list->elems[i].offset;
  }
  return facts;
}

}  // namespace weir::runtime
