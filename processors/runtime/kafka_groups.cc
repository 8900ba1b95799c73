#include "processors/runtime/kafka_groups.h"

namespace weir::runtime {
namespace {

void read_state(const KafkaCluster& cluster, KafkaGroupFacts& facts) {
  const struct rd_kafka_group_list* read = nullptr;
  const auto error =
      rd_kafka_list_groups(cluster.client(), facts.name.c_str(), &read, kKafkaRequestMs);
  const std::unique_ptr<const struct rd_kafka_group_list, KafkaDestroy<rd_kafka_group_list_destroy>>
      groups(read);
  const bool found = groups != nullptr && groups->group_cnt > 0;
  // That a broker does not answer matters where none of the others has the group.
  if (const auto failed = found ? groups->groups[0].err : error) {
    facts.trouble = fmt::format("looking at it failed: {}", rd_kafka_err2str(failed));
    return;
  }
  facts.state = found ? groups->groups[0].state : "none";
  if (found) facts.members = static_cast<std::size_t>(groups->groups[0].member_cnt);
}

KafkaGroupFacts::Position to_position(const rd_kafka_topic_partition_t& committed) {
  KafkaGroupFacts::Position position{
      .partition = committed.partition, .offset = std::nullopt, .trouble = {}};
  if (committed.err) {
    position.trouble =
        fmt::format("reading its position failed: {}", rd_kafka_err2str(committed.err));
  } else if (committed.offset >= 0) {
    position.offset = committed.offset;
  }
  return position;
}

}  // namespace

Result<KafkaGroupFacts> look_at_group(const KafkaCluster& cluster, std::string_view processor,
                                      std::string_view topic) {
  KafkaGroupFacts facts;
  facts.name = kafka_group(cluster.options(), processor);
  WEIR_ASSIGN(const std::int32_t partitions, cluster.partitions(topic));
  KafkaConfig config(cluster.options());
  config.set("group.id", facts.name).set("isolation.level", "read_uncommitted");
  WEIR_ASSIGN(const KafkaClient client, std::move(config).make(RD_KAFKA_CONSUMER));
  const std::string name = kafka_topic(cluster.options(), topic);
  const KafkaPartitionList list(rd_kafka_topic_partition_list_new(partitions));
  for (std::int32_t partition = 0; partition < partitions; ++partition)
    rd_kafka_topic_partition_list_add(list.get(), name.c_str(), partition);
  if (const auto error = rd_kafka_committed(client.get(), list.get(), kKafkaRequestMs))
    return kafka_failed(facts.name, "reading its positions", error);
  for (int i = 0; i < list->cnt; ++i) facts.positions.push_back(to_position(list->elems[i]));
  read_state(cluster, facts);
  return facts;
}

Result<std::set<std::int32_t>> partitions_without_leader(const KafkaCluster& cluster,
                                                         std::string_view topic) {
  const KafkaTopicHandle handle(
      rd_kafka_topic_new(cluster.client(), kafka_topic(cluster.options(), topic).c_str(), nullptr));
  const rd_kafka_metadata_t* read = nullptr;
  if (const auto error =
          rd_kafka_metadata(cluster.client(), 0, handle.get(), &read, kKafkaRequestMs))
    return kafka_failed(topic, "looking it up", error);
  const std::unique_ptr<const rd_kafka_metadata_t, KafkaDestroy<rd_kafka_metadata_destroy>>
      metadata(read);
  std::set<std::int32_t> without;
  if (metadata->topic_cnt != 1) return without;
  for (int i = 0; i < metadata->topics[0].partition_cnt; ++i)
    if (const auto& each = metadata->topics[0].partitions[i]; each.leader < 0)
      without.insert(each.id);
  return without;
}

}  // namespace weir::runtime
