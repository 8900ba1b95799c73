#include "tools/weir/kafka_home.h"

#include <chrono>
#include <thread>

#include <fmt/format.h>

#include "processors/runtime/kafka_trouble.h"

namespace weir::cli {
namespace {

constexpr std::chrono::milliseconds kPause(500);

}  // namespace

Result<std::unique_ptr<KafkaHome>> open_kafka(const Settings& settings,
                                              const std::function<bool()>& wait) {
  WEIR_ASSIGN(runtime::KafkaOptions options, load_kafka_options(settings.kafka));
  std::int64_t tasks =
      settings.keyed_partitions + std::max<std::int64_t>(settings.raw_partitions, 1);
  options.fetch_queue_bytes = std::max<std::uint64_t>(
      settings.memory_plan().fetch / static_cast<std::uint64_t>(tasks), std::uint64_t{1} << 20);
  auto home = std::make_unique<KafkaHome>();
  WEIR_ASSIGN(home->cluster, runtime::KafkaCluster::open(options));
  auto id = home->cluster->id();
  while (!id && id.error().code == ErrorCode::io && wait()) {
    // Not as an error: librdkafka's own lines come before it, and would take the place of its kind.
    runtime::tell_trouble(
        "no broker", fmt::format("{}; waits for one, and goes on by itself", id.error().message));
    std::this_thread::sleep_for(kPause);
    id = home->cluster->id();
  }
  if (!id) return std::unexpected(id.error());
  home->cluster_id = *id;
  WEIR_ASSIGN(home->reader, runtime::KafkaReader::open(*home->cluster));
  WEIR_ASSIGN(home->appender, runtime::KafkaAppender::open(*home->cluster));
  return home;
}

}  // namespace weir::cli
