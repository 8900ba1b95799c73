// A worker on the model of Kafka, stepped by a clock, and what it came to.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>

#include "processors/runtime/kafka_worker.h"
#include "tests/fakes/model_clients.h"
#include "tests/fakes/model_stores.h"
#include "tests/runtime/words.h"

namespace weir::runtime {

class KafkaWorkerModelTest : public testing::Test {
 protected:
  static constexpr std::int32_t kPartitions = 3;
  static constexpr DurationUs kStepUs = 100 * kMillisecondUs;
  inline static const std::string kChangelog = "weir.words.changelog";

  void SetUp() override {
    ASSERT_TRUE(kafka_.create_topic({.name = "in", .partitions = kPartitions, .raw = true}));
    for (const std::string& topic : {std::string("out"), kChangelog})
      ASSERT_TRUE(kafka_.create_topic({.name = topic, .partitions = kPartitions}));
    shared_ = {.reader = &kafka_, .appender = &kafka_, .raw_topics = {"in"}, .draw_id = [this] {
                 return Id{++drawn_};
               }};
    spec_ = {.name = "words", .input = "in", .outputs = {"out"}, .make = [this] {
               ++opened_;
               if (on_open_) on_open_();
               return std::make_unique<Words>();
             }};
  }

  /// Another process in place of the one before, which was killed.
  void start(KafkaClients* clients = nullptr) {
    worker_.reset();
    worker_ = std::make_unique<KafkaWorker>(
        KafkaWorkerSetup{.spec = &spec_,
                         .options = {.tick_delay_us = 0},
                         .instance = "a",
                         .clients = clients == nullptr ? &clients_ : clients,
                         .stores = stores_.get(),
                         .shared = &shared_,
                         .cluster = "c"});
  }
  void pass(DurationUs duration) {
    for (const TimeUs until = now_ + duration; now_ < until; now_ += kStepUs)
      for (int steps = 0; steps < 100 && worker_->step(now_); ++steps) {
      }
  }
  void write(std::string_view word, std::int32_t partition) {
    const NewRecord record{.value = fmt::format("1 {}", word)};
    ASSERT_TRUE(kafka_.append({"in", partition}, {&record, 1}));
  }
  void lose_disk() {
    worker_.reset();
    stores_ = std::make_unique<fakes::ModelStores>(1);
  }
  /// What a task has told: "1:a 2:b".
  std::string told(std::int32_t partition) {
    RecordBatch batch;
    EXPECT_TRUE(kafka_.read({"out", partition}, 0, 1 << 20, batch));
    std::string text;
    for (const Record& record : batch.records)
      text += fmt::format("{}{}", text.empty() ? "" : " ", record.value);
    return text;
  }
  std::size_t ticks(std::int32_t partition) {
    RecordBatch batch;
    EXPECT_TRUE(kafka_.read({"in", partition}, 0, 1 << 20, batch));
    return static_cast<std::size_t>(
        std::ranges::count(batch.records, kTickType, &Record::content_type));
  }
  /// "a" and "b" of input 0 are read, and while nobody runs "c" and "d" come and go.
  void lose_what_was_not_read() {
    for (const char* each : {"a", "b"}) write(each, 0);
    start();
    pass(3 * kSecondUs);
    worker_.reset();
    for (const char* each : {"c", "d"}) write(each, 0);
    kafka_.delete_before({"in", 0}, 4);
  }
  /// "running 1:a | | 1:x", then who does not run, and why.
  std::string render() {
    const KafkaWorkerFacts facts = worker_->facts();
    std::string text =
        fmt::format("{} {} | {} | {}", to_string(facts.phase), told(0), told(1), told(2));
    for (const auto& [partition, why] : facts.stopped)
      text += fmt::format("\n{} stopped: {}", partition, why);
    for (const auto& [partition, why] : facts.waiting)
      text += fmt::format("\n{} waits: {}", partition, why);
    return text;
  }

  TimeUs now_ = 1'700'000'000 * kSecondUs;
  std::uint8_t drawn_ = 0;
  int opened_ = 0;
  std::function<void()> on_open_;
  fakes::ModelKafka kafka_{{.clock = [this] { return now_; }}};
  fakes::ModelClients clients_{kafka_};
  std::unique_ptr<fakes::ModelStores> stores_ = std::make_unique<fakes::ModelStores>(1);
  SharedLog shared_;
  ProcessorSpec spec_;
  std::unique_ptr<KafkaWorker> worker_;
};

}  // namespace weir::runtime
