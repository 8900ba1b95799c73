#include "tests/broker/kafka_process.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <random>
#include <thread>

namespace weir::runtime {
namespace {

Id random_id() {
  std::random_device random;
  Id id;
  for (auto& byte : id) byte = static_cast<std::uint8_t>(random());
  return id;
}

}  // namespace

KafkaOptions fresh_options() {
  static std::atomic<int> count = 0;
  KafkaOptions options;
  const char* const broker = std::getenv("WEIR_KAFKA_BOOTSTRAP");
  if (broker == nullptr) {
    fmt::print(stderr, "WEIR_KAFKA_BOOTSTRAP names no broker; run tests/broker/cpp_test.py\n");
    std::_Exit(EXIT_FAILURE);
  }
  options.bootstrap = broker;
  options.prefix = fmt::format("t{}-{}-{}.", getpid(), clock_us() % 1'000'000, ++count);
  options.session_timeout_us = 6 * kSecondUs;
  return options;
}

TimeUs clock_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

void make_topics(const KafkaCluster& cluster, const std::vector<KafkaTopicSpec>& specs) {
  const auto made = KafkaTopics(cluster, {}).apply(specs);
  ASSERT_TRUE(made) << made.error().message;
}

void settle(const KafkaCluster& cluster, const TopicPartition& where) {
  while (cluster.committed_bounds(where).value() != cluster.written_bounds(where).value())
    std::this_thread::yield();
}

KafkaProcess::KafkaProcess(const KafkaOptions& options, const std::string& directory,
                           std::set<std::string, std::less<>> raw_topics)
    : cluster(KafkaCluster::open(options).value()),
      clients(std::make_unique<RdKafkaClients>(*cluster)),
      reader(KafkaReader::open(*cluster).value()),
      appender(KafkaAppender::open(*cluster).value()) {
  stores = DirectoryStores::open(
               files, directory,
               [this](const std::string& path) -> Result<std::unique_ptr<state::Store>> {
                 return state::RocksDbStore::open(path, memory);
               },
               random_id)
               .value();
  shared = {.reader = reader.get(),
            .appender = appender.get(),
            .raw_topics = std::move(raw_topics),
            .draw_id = random_id};
}

}  // namespace weir::runtime
