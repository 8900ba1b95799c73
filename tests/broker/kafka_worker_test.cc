// Workers on a real broker: restarts, takeovers, fencing, open transactions.
#include "processors/runtime/kafka_worker.h"

#include "processors/runtime/kafka_standby.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <thread>

#include <fmt/ranges.h>

#include "tests/broker/kafka_process.h"
#include "tests/fakes/temp_directory.h"
#include "tests/runtime/log_contract.h"
#include "tests/runtime/words.h"

namespace weir::runtime {
namespace {

using Phase = KafkaWorkerFacts::Phase;

constexpr std::int32_t kPartitions = 2;
constexpr DurationUs kPatienceUs = 60 * kSecondUs;

/// A process with one worker. Destroyed without a word, as if it was killed.
struct Machine {
  Machine(const KafkaOptions& options, const std::string& directory, const ProcessorSpec& spec,
          const std::string& instance = "")
      : process(options, directory, {"in"}),
        worker(
            {.spec = &spec,
             .options = {.commit_interval_us = 20 * kMillisecondUs, .idle_after_us = kDayUs},
             .instance = kafka_instance(
                 options, spec.name, instance.empty() ? process.stores->instance() : instance, 0),
             .clients = process.clients.get(),
             .stores = process.stores.get(),
             .shared = &process.shared,
             .cluster = "c"}) {}

  void step() {
    if (!worker.step(clock_us())) worker.wait(kMillisecondUs);
  }

  KafkaProcess process;
  KafkaWorker worker;
};

class KafkaWorkerTest : public testing::Test {
 protected:
  void SetUp() override {
    options_ = fresh_options();
    cluster_ = KafkaCluster::open(options_).value();
    reader_ = KafkaReader::open(*cluster_).value();
    appender_ = KafkaAppender::open(*cluster_).value();
    make_topics(*cluster_, {kafka_topic_spec({.name = "in", .partitions = kPartitions}, {}),
                            kafka_topic_spec({.name = "out", .partitions = kPartitions}, {}),
                            kafka_changelog_spec("words", kPartitions, {})});
  }

  void write(std::string_view words, std::int32_t partition) {
    for (const char word : words) {
      const NewRecord record{.value = fmt::format("1 {}", word)};
      ASSERT_TRUE(appender_->append({"in", partition}, {&record, 1}));
    }
  }
  /// "1:a 2:b".
  std::string told(std::int32_t partition) {
    std::vector<std::string> words;
    RecordBatch batch;
    const TopicPartition where{"out", partition};
    const Bounds bounds = reader_->bounds(where).value();
    for (std::int64_t at = 0; at < bounds.end; at = std::max(batch.next, at + 1)) {
      EXPECT_TRUE(reader_->read(where, at, 1 << 20, batch));
      for (const Record& record : batch.records) words.emplace_back(record.value);
      if (!batch.records.empty()) at = batch.records.back().offset;
    }
    return fmt::format("{}", fmt::join(words, " "));
  }
  /// Steps the machines until it is so.
  void run_until(std::initializer_list<Machine*> machines, const std::function<bool()>& so) {
    const TimeUs deadline = clock_us() + kPatienceUs;
    TimeUs next_look = 0;
    while (true) {
      for (Machine* machine : machines) machine->step();
      if (clock_us() < next_look) continue;
      if (so()) return;
      ASSERT_LT(clock_us(), deadline) << "told: " << told(0) << " and " << told(1);
      next_look = clock_us() + 20 * kMillisecondUs;
    }
  }
  void run_until_told(std::initializer_list<Machine*> machines, const std::string& first,
                      const std::string& second) {
    run_until(machines, [&] { return told(0) == first && told(1) == second; });
    EXPECT_EQ(told(0), first);
    EXPECT_EQ(told(1), second);
  }

  KafkaOptions options_;
  std::unique_ptr<KafkaCluster> cluster_;
  std::unique_ptr<KafkaReader> reader_;
  std::unique_ptr<KafkaAppender> appender_;
  const ProcessorSpec spec_{.name = "words", .input = "in", .outputs = {"out"}, .make = [] {
                              return std::make_unique<Words>();
                            }};
};

TEST_F(KafkaWorkerTest, AKilledOneGoesOnWhereItHadCommitted) {
  const fakes::TempDirectory disk;
  auto machine = std::make_unique<Machine>(options_, disk.path(), spec_);
  write("ab", 0);
  write("x", 1);
  run_until_told({machine.get()}, "1:a 2:b", "1:x");
  write("c", 0);
  for (int i = 0; i < 3; ++i) machine->worker.step(clock_us());

  machine.reset();
  write("d", 0);
  write("y", 1);
  machine = std::make_unique<Machine>(options_, disk.path(), spec_);
  run_until_told({machine.get()}, "1:a 2:b 3:c 4:d", "1:x 2:y");
}

TEST_F(KafkaWorkerTest, AnotherOneWithAnEmptyDiskTakesOver) {
  const fakes::TempDirectory first;
  const fakes::TempDirectory second;
  {
    Machine machine(options_, first.path(), spec_);
    write("ab", 0);
    write("x", 1);
    run_until_told({&machine}, "1:a 2:b", "1:x");
  }
  write("c", 0);
  Machine other(options_, second.path(), spec_);
  run_until_told({&other}, "1:a 2:b 3:c", "1:x");
}

TEST_F(KafkaWorkerTest, TwoShareThePartitionsAndOneIsEnough) {
  const fakes::TempDirectory disks[2];
  auto first = std::make_unique<Machine>(options_, disks[0].path(), spec_);
  write("a", 0);
  write("x", 1);
  run_until_told({first.get()}, "1:a", "1:x");

  Machine second(options_, disks[1].path(), spec_);
  run_until({first.get(), &second}, [&] {
    return first->worker.facts().phase == Phase::running &&
           second.worker.facts().phase == Phase::running &&
           first->worker.facts().partitions.size() == 1;
  });
  write("b", 0);
  write("y", 1);
  run_until_told({first.get(), &second}, "1:a 2:b", "1:x 2:y");

  first.reset();
  write("c", 0);
  write("z", 1);
  run_until_told({&second}, "1:a 2:b 3:c", "1:x 2:y 3:z");
}

TEST_F(KafkaWorkerTest, AZombieCommitsNothing) {
  const fakes::TempDirectory disks[2];
  Machine zombie(options_, disks[0].path(), spec_, "same");
  write("a", 0);
  run_until_told({&zombie}, "1:a", "");
  Machine successor(options_, disks[1].path(), spec_, "same");
  run_until({&successor}, [&] { return successor.worker.facts().phase == Phase::running; });

  write("b", 0);
  run_until_told({&successor}, "1:a 2:b", "");
  // It has not looked since, and now reads what is committed already.
  for (int i = 0; i < 50 && zombie.worker.facts().trouble.empty(); ++i) zombie.step();
  EXPECT_NE(zombie.worker.facts().trouble, "");
  EXPECT_EQ(told(0), "1:a 2:b");
}

TEST_F(KafkaWorkerTest, ATransactionOfAFormerOwnerIsWaitedOut) {
  options_.transaction_timeout_us = 3 * kSecondUs;
  const fakes::TempDirectory disks[2];
  KafkaProcess former(options_, disks[0].path(), {});
  write("a", 0);
  auto producer = former.clients->open_producer("words", "in", "former").value();
  const std::string instance = kafka_instance(options_, "words", "same", 0);
  auto member = former.clients->join("words", "in", instance).value();
  while (member->poll().value() != GroupMember::Event::assigned) member->wait(kSecondUs);
  ASSERT_TRUE(producer->begin());
  Delivered delivered;
  ASSERT_TRUE(producer->produce({changelog_topic("words"), 0}, {.key = "words", .value = "xxxxx"},
                                &delivered));
  ASSERT_TRUE(producer->produce({"out", 0}, {.value = "5:false"}, nullptr));
  ASSERT_TRUE(producer->send_positions({{0, 1}}, member->metadata()));
  member.reset();

  Machine machine(options_, disks[1].path(), spec_, "same");
  TimeUs settling_since = 0;
  TimeUs settled = 0;
  run_until({&machine}, [&] {
    const Phase phase = machine.worker.facts().phase;
    const TimeUs now = clock_us();
    if (phase == Phase::settling && settling_since == 0) settling_since = now;
    if (phase == Phase::restoring && settled == 0) settled = now;
    return phase == Phase::running;
  });
  EXPECT_GT(settling_since, 0);
  EXPECT_GT(settled - settling_since, kSecondUs) << "it did not wait for stable positions";
  run_until_told({&machine}, "1:a", "");
}

TEST_F(KafkaWorkerTest, WhatATaskCannotReadStopsItAndNotTheOthers) {
  const fakes::TempDirectory disk;
  Machine machine(options_, disk.path(), spec_);
  write("ab", 0);
  run_until_told({&machine}, "1:a 2:b", "");
  const NewRecord bad{.value = "1 fail"};
  ASSERT_TRUE(appender_->append({"in", 1}, {&bad, 1}));
  write("c", 0);
  run_until({&machine}, [&] { return machine.worker.facts().stopped.contains(1); });
  write("d", 0);

  run_until_told({&machine}, "1:a 2:b 3:c 4:d", "");
  EXPECT_EQ(machine.worker.facts().stopped.at(1), "in/1@0: told to fail");
}

TEST_F(KafkaWorkerTest, AChangelogThatWasMadeAnewIsSeen) {
  const fakes::TempDirectory disk;
  const TaskId task{"words", 0};
  KafkaProcess process(options_, disk.path(), {});
  const auto restore = [&](std::optional<std::int64_t> committed) -> Result<std::string> {
    const auto changelogs = process.clients->open_changelogs().value();
    WEIR_ASSIGN(const auto one, Restore::begin({.task = task,
                                                .changelog = {changelog_topic("words"), 0},
                                                .owner = "o",
                                                .committed = committed},
                                               *changelogs, *process.stores, clock_us()));
    while (true) {
      WEIR_ASSIGN(const bool complete, one->step());
      if (complete) break;
    }
    const auto local = one->take();
    std::string text = one->from_local_copy() ? "kept" : "whole";
    EXPECT_TRUE(local->state()->scan("", "", [&](std::string_view key, std::string_view value) {
      text += fmt::format(" {}={}", key, value);
      return true;
    }));
    return text;
  };
  const auto commit = [&](std::string_view key, const ChangelogHead& head) {
    const auto producer = process.clients->open_producer("words", "in", "p").value();
    const std::string text = encode(head);
    EXPECT_TRUE(producer->begin());
    EXPECT_TRUE(
        producer->produce({changelog_topic("words"), 0}, {.key = key, .value = "v"}, nullptr));
    EXPECT_TRUE(producer->produce({changelog_topic("words"), 0},
                                  {.key = kChangelogHeadKey, .value = text}, nullptr));
    EXPECT_TRUE(producer->commit());
  };
  EXPECT_EQ(restore(std::nullopt).value(), "whole");
  commit("a", {.incarnation = {1}, .input_position = 5});
  EXPECT_EQ(restore(5).value(), "whole a=v");
  EXPECT_EQ(restore(5).value(), "kept a=v");
  commit("b", {.incarnation = {1}, .input_position = 6});
  EXPECT_EQ(restore(6).value(), "kept a=v b=v");
  // The group's position is not that of the state: something was lost.
  EXPECT_EQ(restore(5).error().code, ErrorCode::corrupt);
  EXPECT_EQ(restore(std::nullopt).error().code, ErrorCode::corrupt);
  // A record of another incarnation: all is read again.
  commit("c", {.incarnation = {2}, .input_position = 7});
  EXPECT_EQ(restore(7).value(), "whole a=v b=v c=v");
}

TEST_F(KafkaWorkerTest, AStandbyHasTheStateBeforeItIsAsked) {
  const fakes::TempDirectory disks[2];
  auto machine = std::make_unique<Machine>(options_, disks[0].path(), spec_);
  Machine other(options_, disks[1].path(), spec_);
  Standby standby({.clients = other.process.clients.get(),
                   .stores = other.process.stores.get(),
                   .cluster = "c",
                   .tasks = {{"words", 0}, {"words", 1}}});
  write("abc", 0);
  write("x", 1);
  run_until_told({machine.get()}, "1:a 2:b 3:c", "1:x");
  const std::map<TaskId, StandbyFacts> none = {{{"words", 0}, {}}, {{"words", 1}, {}}};
  run_until({machine.get()}, [&] {
    standby.step({}, clock_us());
    return standby.facts() == none;
  });

  machine.reset();
  std::int64_t restored = -1;
  write("d", 0);
  run_until({&other}, [&] {
    const KafkaWorkerFacts facts = other.worker.facts();
    std::set<TaskId> owned;
    for (const std::int32_t partition : facts.partitions) owned.insert({"words", partition});
    standby.step(owned, clock_us());
    restored = facts.restored;
    return facts.phase == Phase::running;
  });
  EXPECT_LE(restored, 2) << "more than the markers of the last commits was read";
  run_until_told({&other}, "1:a 2:b 3:c 4:d", "1:x");
}

TEST_F(KafkaWorkerTest, TopicsAreComparedAndMadeAsWanted) {
  const KafkaTopics topics(*cluster_, {});
  const std::vector<KafkaTopicSpec> wanted = {
      kafka_topic_spec({.name = "new", .partitions = 3, .retention = {.max_age_us = kDayUs}}, {}),
      kafka_changelog_spec("new", 3, {})};
  const auto differences = [&](const std::vector<KafkaTopicSpec>& specs) {
    std::vector<std::string> texts;
    const auto found = topics.compare(specs).value();
    for (const auto& each : found) texts.push_back(to_string(each).substr(options_.prefix.size()));
    return texts;
  };
  EXPECT_THAT(differences(wanted),
              testing::ElementsAre("new: is not there; wanted with 3 partitions, 1 replicas",
                                   "weir.new.changelog: is not there; wanted with 3 partitions, 1 "
                                   "replicas"));
  ASSERT_TRUE(topics.apply(wanted));
  EXPECT_THAT(differences(wanted), testing::IsEmpty());

  const std::vector<KafkaTopicSpec> longer = {kafka_topic_spec(
      {.name = "new", .partitions = 3, .retention = {.max_age_us = 2 * kDayUs}}, {})};
  EXPECT_THAT(differences(longer),
              testing::ElementsAre("new: retention.ms is 86400000, wanted 172800000"));
  ASSERT_TRUE(topics.apply(longer));
  EXPECT_THAT(differences(longer), testing::IsEmpty());

  const std::vector<KafkaTopicSpec> more = {kafka_topic_spec({.name = "new", .partitions = 4}, {})};
  EXPECT_EQ(topics.apply(more).error().code, ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace weir::runtime
