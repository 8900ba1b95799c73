#include "processors/runtime/kafka_topics.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <thread>

namespace weir::runtime {
namespace {

using Event = std::unique_ptr<rd_kafka_event_t, KafkaDestroy<rd_kafka_event_destroy>>;
using AdminOptions =
    std::unique_ptr<rd_kafka_AdminOptions_t, KafkaDestroy<rd_kafka_AdminOptions_destroy>>;
using NewTopic = std::unique_ptr<rd_kafka_NewTopic_t, KafkaDestroy<rd_kafka_NewTopic_destroy>>;
using ConfigResource =
    std::unique_ptr<rd_kafka_ConfigResource_t, KafkaDestroy<rd_kafka_ConfigResource_destroy>>;

constexpr std::chrono::seconds kMadeWithin(10);
constexpr std::chrono::milliseconds kMadePause(20);
constexpr std::string_view kTopicItself = "topic";
constexpr std::string_view kPartitions = "partitions";

/// A key, a value and headers of a record of the largest size, in a batch.
constexpr std::size_t kMaxMessageBytes = 2 * kMaxRecordBytes;

std::map<std::string, std::string> common_config(const KafkaReplication& replication) {
  return {{"message.timestamp.type", "LogAppendTime"},
          {"max.message.bytes", std::to_string(kMaxMessageBytes)},
          {"min.insync.replicas", std::to_string(replication.min_insync)}};
}

template <class T>
std::string limit_text(T value, T unit) {
  return value == 0 ? "-1" : std::to_string(value / unit);
}

/// Waits for the answer of an admin request.
Result<Event> answer_of(rd_kafka_queue_t* queue, std::string_view what) {
  Event event(rd_kafka_queue_poll(queue, 2 * kKafkaRequestMs));
  if (event == nullptr) return fail(ErrorCode::io, "{}: no broker answers", what);
  if (const auto error = rd_kafka_event_error(event.get()))
    return kafka_failed("topics", what, error, rd_kafka_event_error_string(event.get()));
  return event;
}

AdminOptions admin_options(rd_kafka_t* client) {
  AdminOptions options(rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_ANY));
  char text[256];
  rd_kafka_AdminOptions_set_request_timeout(options.get(), kKafkaRequestMs, text, sizeof text);
  return options;
}

/// The first error among the resources of an answer.
Result<void> check_resources(const rd_kafka_ConfigResource_t* const* resources, std::size_t count,
                             std::string_view what) {
  for (std::size_t i = 0; i < count; ++i)
    if (const auto error = rd_kafka_ConfigResource_error(resources[i])) {
      const char* detail = rd_kafka_ConfigResource_error_string(resources[i]);
      return kafka_failed(rd_kafka_ConfigResource_name(resources[i]), what, error,
                          detail == nullptr ? "" : detail);
    }
  return {};
}

/// Asks again until it is so; what was done is seen by the broker that is asked a little later.
/// Error: the last one, once it took too long.
Result<void> wait_until_so(const std::function<Result<void>()>& is_so) {
  const auto deadline = std::chrono::steady_clock::now() + kMadeWithin;
  while (true) {
    auto so = is_so();
    if (so || std::chrono::steady_clock::now() > deadline) return so;
    std::this_thread::sleep_for(kMadePause);
  }
}

std::string partitions_obstacle(const KafkaTopicSpec& spec) {
  return fmt::format(
      "state and offsets belong to partitions, so their number stays; set the configuration to "
      "what is there, or start a new pipeline under another `kafka.prefix` ({})",
      spec.name);
}

}  // namespace

std::string to_string(const KafkaTopicDifference& difference) {
  if (difference.what == kTopicItself)
    return fmt::format("{}: is not there; wanted with {}", difference.topic, difference.wanted);
  return fmt::format("{}: {} is {}, wanted {}{}{}", difference.topic, difference.what,
                     difference.is, difference.wanted, difference.obstacle.empty() ? "" : "; ",
                     difference.obstacle);
}

KafkaTopicSpec kafka_topic_spec(const TopicSpec& topic, const KafkaReplication& replication) {
  KafkaTopicSpec spec{
      .name = topic.name, .partitions = topic.partitions, .config = common_config(replication)};
  spec.config["cleanup.policy"] = "delete";
  spec.config["retention.ms"] = limit_text(topic.retention.max_age_us, kMillisecondUs);
  spec.config["retention.bytes"] = limit_text(topic.retention.max_bytes, std::uint64_t{1});
  return spec;
}

KafkaTopicSpec kafka_changelog_spec(std::string_view processor, std::int32_t partitions,
                                    const KafkaReplication& replication) {
  KafkaTopicSpec spec{.name = changelog_topic(processor),
                      .partitions = partitions,
                      .config = common_config(replication)};
  spec.config["cleanup.policy"] = "compact";
  spec.config["delete.retention.ms"] = std::to_string(kTombstonesKeptUs / kMillisecondUs);
  // What is compacted are closed segments, once a fifth of them is stale: a restore reads the rest.
  spec.config["segment.bytes"] = std::to_string(64 << 20);
  spec.config["min.cleanable.dirty.ratio"] = "0.2";
  return spec;
}

Result<std::vector<KafkaTopicDifference>> KafkaTopics::compare(
    const std::vector<KafkaTopicSpec>& specs) const {
  std::vector<KafkaTopicDifference> differences;
  for (const KafkaTopicSpec& spec : specs) {
    const auto partitions = cluster_.partitions(spec.name);
    if (!partitions && partitions.error().code != ErrorCode::not_found)
      return std::unexpected(partitions.error());
    const std::string name = kafka_topic(cluster_.options(), spec.name);
    if (!partitions) {
      differences.push_back(
          {name, std::string(kTopicItself), "",
           fmt::format("{} partitions, {} replicas", spec.partitions, replication_.replicas), ""});
      continue;
    }
    if (*partitions != spec.partitions)
      differences.push_back({name, std::string(kPartitions), std::to_string(*partitions),
                             std::to_string(spec.partitions), partitions_obstacle(spec)});
    WEIR_ASSIGN(const Found found, config_of(name));
    for (const auto& [key, wanted] : spec.config) {
      const auto is = found.all.find(key);
      const std::string text = is == found.all.end() ? "not set" : is->second;
      if (text != wanted) differences.push_back({name, key, text, wanted, ""});
    }
  }
  return differences;
}

Result<void> KafkaTopics::apply(const std::vector<KafkaTopicSpec>& specs) const {
  WEIR_ASSIGN(const auto differences, compare(specs));
  std::vector<const KafkaTopicSpec*> missing;
  std::vector<const KafkaTopicSpec*> other;
  for (const KafkaTopicDifference& difference : differences) {
    if (!difference.obstacle.empty())
      return fail(ErrorCode::invalid_argument, "{}", to_string(difference));
    const auto spec = std::ranges::find_if(specs, [&](const KafkaTopicSpec& each) {
      return kafka_topic(cluster_.options(), each.name) == difference.topic;
    });
    auto& list = difference.what == kTopicItself ? missing : other;
    if (list.empty() || list.back() != &*spec) list.push_back(&*spec);
  }
  if (!missing.empty()) WEIR_TRY(create(missing));
  for (const KafkaTopicSpec* spec : other) WEIR_TRY(alter(*spec));
  return wait_until_so([&] -> Result<void> {
    WEIR_ASSIGN(const auto left, compare(specs));
    if (left.empty()) return {};
    return fail(ErrorCode::io, "{}, though it was changed", to_string(left.front()));
  });
}

Result<KafkaTopics::Found> KafkaTopics::config_of(const std::string& topic) const {
  const KafkaQueue queue(rd_kafka_queue_new(cluster_.client()));
  const ConfigResource resource(
      rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
  rd_kafka_ConfigResource_t* resources[] = {resource.get()};
  rd_kafka_DescribeConfigs(cluster_.client(), resources, 1, admin_options(cluster_.client()).get(),
                           queue.get());
  WEIR_ASSIGN(const Event event, answer_of(queue.get(), "describing"));
  std::size_t count = 0;
  const auto* described = rd_kafka_DescribeConfigs_result_resources(
      rd_kafka_event_DescribeConfigs_result(event.get()), &count);
  WEIR_TRY(check_resources(described, count, "describing"));
  Found found;
  for (std::size_t i = 0; i < count; ++i) {
    std::size_t entries = 0;
    const auto* const* entry = rd_kafka_ConfigResource_configs(described[i], &entries);
    for (std::size_t j = 0; j < entries; ++j) {
      const char* value = rd_kafka_ConfigEntry_value(entry[j]);
      const std::string name = rd_kafka_ConfigEntry_name(entry[j]);
      found.all[name] = value == nullptr ? "" : value;
      if (rd_kafka_ConfigEntry_source(entry[j]) == RD_KAFKA_CONFIG_SOURCE_DYNAMIC_TOPIC_CONFIG)
        found.own[name] = found.all[name];
    }
  }
  return found;
}

Result<void> KafkaTopics::create(const std::vector<const KafkaTopicSpec*>& specs) const {
  std::vector<NewTopic> topics;
  std::vector<rd_kafka_NewTopic_t*> pointers;
  char text[512];
  for (const KafkaTopicSpec* spec : specs) {
    const std::string name = kafka_topic(cluster_.options(), spec->name);
    topics.emplace_back(rd_kafka_NewTopic_new(name.c_str(), spec->partitions, replication_.replicas,
                                              text, sizeof text));
    if (topics.back() == nullptr)
      return fail(ErrorCode::invalid_argument, "topic {}: {}", name, text);
    for (const auto& [key, value] : spec->config)
      rd_kafka_NewTopic_set_config(topics.back().get(), key.c_str(), value.c_str());
    pointers.push_back(topics.back().get());
  }
  const KafkaQueue queue(rd_kafka_queue_new(cluster_.client()));
  rd_kafka_CreateTopics(cluster_.client(), pointers.data(), pointers.size(),
                        admin_options(cluster_.client()).get(), queue.get());
  WEIR_ASSIGN(const Event event, answer_of(queue.get(), "making them"));
  std::size_t count = 0;
  const auto* results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto error = rd_kafka_topic_result_error(results[i]);
    // Somebody else who makes them at the same time makes the same ones.
    if (error && error != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
      const char* detail = rd_kafka_topic_result_error_string(results[i]);
      return kafka_failed(rd_kafka_topic_result_name(results[i]), "making it", error,
                          detail == nullptr ? "" : detail);
    }
  }
  // A leader has to be found for each partition.
  for (const KafkaTopicSpec* spec : specs)
    for (std::int32_t partition = 0; partition < spec->partitions; ++partition)
      WEIR_TRY(wait_until_so([&] -> Result<void> {
        WEIR_TRY(cluster_.written_bounds({spec->name, partition}));
        return {};
      }));
  return {};
}

Result<void> KafkaTopics::alter(const KafkaTopicSpec& spec) const {
  const std::string name = kafka_topic(cluster_.options(), spec.name);
  // The request replaces all that is set for the topic, so what is not ours is set again.
  WEIR_ASSIGN(Found found, config_of(name));
  for (const auto& [key, value] : spec.config) found.own[key] = value;
  const ConfigResource resource(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name.c_str()));
  for (const auto& [key, value] : found.own)
    rd_kafka_ConfigResource_set_config(resource.get(), key.c_str(), value.c_str());
  rd_kafka_ConfigResource_t* resources[] = {resource.get()};
  const KafkaQueue queue(rd_kafka_queue_new(cluster_.client()));
  rd_kafka_AlterConfigs(cluster_.client(), resources, 1, admin_options(cluster_.client()).get(),
                        queue.get());
  WEIR_ASSIGN(const Event event, answer_of(queue.get(), "changing them"));
  std::size_t count = 0;
  const auto* altered = rd_kafka_AlterConfigs_result_resources(
      rd_kafka_event_AlterConfigs_result(event.get()), &count);
  return check_resources(altered, count, "changing it");
}

}  // namespace weir::runtime
