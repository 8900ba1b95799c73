#include "tools/weir/kafka_home.h"

#include <chrono>
#include <thread>

#include <fmt/format.h>

#include "processors/runtime/kafka_trouble.h"

namespace weir::cli {
namespace {

constexpr std::chrono::milliseconds kPause(500);

}  // namespace

Result<std::unique_ptr<KafkaHome>> make_kafka_home(const Settings& settings) {
  WEIR_ASSIGN(const runtime::KafkaOptions options, load_kafka_options(settings.kafka));
  auto home = std::make_unique<KafkaHome>();
  WEIR_ASSIGN(home->cluster, runtime::KafkaCluster::open(options));
  WEIR_ASSIGN(home->reader, runtime::KafkaReader::open(*home->cluster));
  WEIR_ASSIGN(home->appender, runtime::KafkaAppender::open(*home->cluster));
  return home;
}

Result<void> find_cluster(KafkaHome& home, const std::function<bool()>& wait) {
  auto id = home.cluster->id();
  while (!id && id.error().code == ErrorCode::io && wait()) {
    // Not as an error: librdkafka's own lines come before it, and would take the place of its kind.
    runtime::tell_trouble(
        "no broker", fmt::format("{}; waits for one, and goes on by itself", id.error().message));
    std::this_thread::sleep_for(kPause);
    id = home.cluster->id();
  }
  if (!id) return std::unexpected(id.error());
  home.cluster_id = *std::move(id);
  return {};
}

Result<std::unique_ptr<KafkaHome>> open_kafka(const Settings& settings) {
  WEIR_ASSIGN(auto home, make_kafka_home(settings));
  WEIR_TRY(find_cluster(*home, [] { return false; }));
  return home;
}

}  // namespace weir::cli
