#include "processors/runtime/kafka_options.h"

#include <algorithm>
#include <array>

namespace weir::runtime {

Result<void> check_client_setting(std::string_view name) {
  static constexpr std::array<std::string_view, 14> kOurs = {"bootstrap.servers",
                                                             "metadata.broker.list",
                                                             "group.id",
                                                             "group.instance.id",
                                                             "transactional.id",
                                                             "enable.auto.commit",
                                                             "enable.auto.offset.store",
                                                             "auto.offset.reset",
                                                             "isolation.level",
                                                             "enable.idempotence",
                                                             "partition.assignment.strategy",
                                                             "transaction.timeout.ms",
                                                             "session.timeout.ms",
                                                             "max.poll.interval.ms"};
  if (std::ranges::find(kOurs, name) == kOurs.end()) return {};
  return fail(ErrorCode::invalid_argument, "is set by Weir itself; leave it out");
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
