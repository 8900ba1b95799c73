#include "processors/runtime/kafka_runner.h"

#include <gtest/gtest.h>

#include "tests/fakes/model_clients.h"
#include "tests/fakes/model_stores.h"
#include "tests/runtime/words.h"

namespace weir::runtime {
namespace {

constexpr TimeUs kNow = 1'700'000'000 * kSecondUs;

TEST(KafkaRunner, TellsHowFarRestoresAre) {
  fakes::ModelKafka kafka({.clock = [] { return kNow; }});
  fakes::ModelClients clients(kafka);
  fakes::ModelStores stores(1);
  ASSERT_TRUE(kafka.create_topic({.name = "in", .raw = true}));
  for (const char* topic : {"out", "weir.words.changelog"})
    ASSERT_TRUE(kafka.create_topic({.name = topic}));
  const auto producer = clients.open_producer("words", "in", "before").value();
  ASSERT_TRUE(producer->begin());
  for (const std::string_view key : {"a", "b", "c"})
    ASSERT_TRUE(
        producer->produce({"weir.words.changelog", 0}, {.key = key, .value = "v"}, nullptr));
  ASSERT_TRUE(producer->commit());

  const SharedLog shared{
      .reader = &kafka, .appender = &kafka, .raw_topics = {"in"}, .draw_id = [] { return Id{1}; }};
  const ProcessorSpec spec{.name = "words", .input = "in", .outputs = {"out"}, .make = [] {
                             return std::make_unique<Words>();
                           }};
  Metrics metrics;
  KafkaRunner runner(
      {{.spec = &spec,
        .instance = "a",
        .clients = &clients,
        .stores = &stores,
        .shared = &shared,
        .cluster = "c"}},
      std::nullopt, [] { return kNow; }, metrics);
  int looks = 0;  // since it runs
  runner.run([&] {
    if (runner.facts().front().worker.phase == KafkaWorkerFacts::Phase::running) ++looks;
    return looks < 3;
  });
  const auto value = [&metrics](std::string_view name) {
    return metrics.gauge(name, "", {{"processor", "words"}}).value();
  };
  EXPECT_EQ(value("weir_kafka_restore_records"), 4);  // with the marker of their commit
  EXPECT_EQ(value("weir_kafka_restored_records"), 4);
}

}  // namespace
}  // namespace weir::runtime
