#include "processors/runtime/kafka_options.h"

#include <algorithm>
#include <array>

namespace weir::runtime {

namespace {

/// What would be overwritten, or break the protocol, and why.
struct Ours {
  std::string_view name;
  std::string_view why;
};
constexpr std::string_view kSection = "it has a key of its own in `kafka:`";
constexpr std::string_view kNames = "it is made of `kafka.prefix` and `kafka.instance`";
constexpr std::string_view kExactlyOnce = "exactly once depends on it";
constexpr std::string_view kTimeouts = "it follows from `kafka.session_timeout`";
constexpr std::string_view kMemory = "it follows from `memory`";
constexpr std::string_view kHeld = "it is fixed, and bounds what a client holds";
constexpr std::string_view kAnswers = "whoever sends events is answered by then";
constexpr std::string_view kLatency = "a result would wait for it";
constexpr std::array kOurs = std::to_array<Ours>({
    {"bootstrap.servers", kSection},
    {"metadata.broker.list", kSection},
    {"transaction.timeout.ms", kSection},
    {"session.timeout.ms", kSection},
    {"group.id", kNames},
    {"group.instance.id", kNames},
    {"transactional.id", kNames},
    {"enable.auto.commit", kExactlyOnce},
    {"auto.commit.enable", kExactlyOnce},
    {"enable.auto.offset.store", kExactlyOnce},
    {"auto.offset.reset", kExactlyOnce},
    {"isolation.level", kExactlyOnce},
    {"enable.idempotence", kExactlyOnce},
    {"partition.assignment.strategy", kExactlyOnce},
    {"enable.partition.eof", kExactlyOnce},
    {"message.max.bytes", "it follows from the largest record that Weir writes"},
    {"message.timeout.ms", kAnswers},
    {"delivery.timeout.ms", kAnswers},
    {"max.poll.interval.ms", kTimeouts},
    {"heartbeat.interval.ms", kTimeouts},
    {"queue.buffering.max.messages", kHeld},
    {"queue.buffering.max.kbytes", kHeld},
    {"queued.max.messages.kbytes", kMemory},
    {"fetch.message.max.bytes", kHeld},
    {"max.partition.fetch.bytes", kHeld},
    {"fetch.wait.max.ms", kLatency},
    {"fetch.error.backoff.ms", kLatency},
    {"retry.backoff.ms", kLatency},
    {"allow.auto.create.topics", "topics are made by `weir topics --apply`"},
});

/// What has two names, and would be set twice.
struct OtherName {
  std::string_view name;
  std::string_view ours;
};
constexpr std::array kOtherNames = std::to_array<OtherName>({
    {"compression.codec", "compression.type"},
    {"queue.buffering.max.ms", "linger.ms"},
});

}  // namespace

Result<void> check_client_setting(std::string_view name) {
  const auto other = std::ranges::find(kOtherNames, name, &OtherName::name);
  if (other != kOtherNames.end())
    return fail(ErrorCode::invalid_argument, "is named {} here", other->ours);
  const auto found = std::ranges::find(kOurs, name, &Ours::name);
  if (found == kOurs.end()) return {};
  return fail(ErrorCode::invalid_argument, "is set by Weir itself ({}); leave it out", found->why);
}

std::string kafka_topic(const KafkaOptions& options, std::string_view topic) {
  return fmt::format("{}{}", options.prefix, topic);
}

std::string kafka_group(const KafkaOptions& options, std::string_view processor) {
  return fmt::format("{}weir.{}", options.prefix, processor);
}

std::string changelog_topic(std::string_view processor) {
  return fmt::format("weir.{}.changelog", processor);
}

std::string kafka_instance(const KafkaOptions& options, std::string_view processor,
                           std::string_view instance, std::int32_t thread) {
  return fmt::format("{}.{}.{}", kafka_group(options, processor), instance, thread);
}

}  // namespace weir::runtime
