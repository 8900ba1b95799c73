#include "processors/runtime/kafka_standby.h"

#include <gtest/gtest.h>

#include "tests/fakes/model_clients.h"
#include "tests/fakes/model_stores.h"
#include "tests/runtime/kafka_trace.h"

namespace weir::runtime {
namespace {

constexpr std::int32_t kTasks = 3;

/// The disk, and how often the copy of each task was opened.
class CountedStores final : public TaskStores {
 public:
  Result<std::unique_ptr<state::Store>> open(const TaskId& task) override {
    ++opened[task.partition];
    return base.open(task);
  }
  Result<std::unique_ptr<state::Store>> open_empty(const TaskId& task) override {
    return base.open_empty(task);
  }
  Result<void> discard(const TaskId& task) override { return base.discard(task); }

  fakes::ModelStores base{1};
  std::map<std::int32_t, int> opened;
};

class StandbyTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(kafka_.create_topic({.name = "weir.words.changelog", .partitions = kTasks}));
    StandbySetup setup{.clients = &traced_, .stores = &stores_, .cluster = "c", .tasks = {}};
    for (std::int32_t partition = 0; partition < kTasks; ++partition) {
      setup.tasks.push_back({"words", partition});
      commit(partition);
    }
    standby_ = std::make_unique<Standby>(std::move(setup));
  }
  void commit(std::int32_t partition, int records = 1, const std::string& value = "v") {
    const auto producer = clients_.open_producer("words", "in", "p").value();
    ASSERT_TRUE(producer->begin());
    for (int i = 0; i < records; ++i)
      ASSERT_TRUE(producer->produce({"weir.words.changelog", partition},
                                    {.key = "k", .value = value}, nullptr));
    ASSERT_TRUE(producer->commit());
  }
  void pass(DurationUs duration, const std::set<TaskId>& owned = {}) {
    for (const TimeUs until = now_ + duration; now_ < until; now_ += 100 * kMillisecondUs)
      for (int steps = 0; steps < 100 && standby_->step(owned, now_); ++steps) {
      }
  }
  /// "0: 2 behind, opened 1", or why there is no copy; a task a line.
  std::string render() {
    std::string text;
    for (const auto& [task, copy] : standby_->facts())
      text += fmt::format(
          "{}: {}, opened {}\n", task.partition,
          copy.trouble.empty() ? fmt::format("{} behind", copy.lag_records) : copy.trouble,
          stores_.opened[task.partition]);
    return text;
  }

  TimeUs now_ = 1'700'000'000 * kSecondUs;
  fakes::ModelKafka kafka_{{.clock = [this] { return now_; }}};
  fakes::ModelClients clients_{kafka_};
  std::string trace_;
  TracingClients traced_{clients_, trace_};
  CountedStores stores_;
  std::unique_ptr<Standby> standby_;
};

TEST_F(StandbyTest, FollowsWhatIsNotOwned) {
  pass(kSecondUs);
  EXPECT_EQ(render(), "0: 0 behind, opened 1\n1: 0 behind, opened 1\n2: 0 behind, opened 1\n");
  commit(2);
  pass(kSecondUs, {{"words", 1}});
  EXPECT_EQ(render(), "0: 0 behind, opened 1\n2: 0 behind, opened 1\n");
  EXPECT_TRUE(stores_.base.open({"words", 1})) << "its worker cannot open it";
}

TEST_F(StandbyTest, WhatIsOwnedIsGivenUpFirstAndNoLongerFetched) {
  pass(kSecondUs);
  commit(0);
  standby_->step({}, now_);  // it knows of that now
  trace_.clear();
  standby_->step({{"words", 2}}, now_);
  EXPECT_EQ(trace_, "stop weir.words.changelog/2 read ");
}

TEST_F(StandbyTest, AStepEndsWhereNobodyAnswersAndTheOthersGoFirst) {
  for (const std::int32_t partition : {0, 1})
    kafka_.set_leaderless({"weir.words.changelog", partition}, true);
  standby_->step({}, now_);
  EXPECT_EQ(render(), "0: weir.words.changelog/0: has no leader (simulated), opened 0\n");
  // The answer took ten seconds each.
  now_ += 10 * kSecondUs;
  standby_->step({}, now_);
  now_ += 10 * kSecondUs;
  standby_->step({}, now_);
  const std::string no_answer =
      "0: weir.words.changelog/0: has no leader (simulated), opened 0\n"
      "1: weir.words.changelog/1: has no leader (simulated), opened 0\n";
  EXPECT_EQ(render(), no_answer + "2: 0 behind, opened 1\n");

  kafka_.set_leaderless({"weir.words.changelog", 0}, false);
  kafka_.set_leaderless({"weir.words.changelog", 1}, false);
  pass(Standby::kRetryPauseUs);
  EXPECT_EQ(render(), no_answer + "2: 0 behind, opened 1\n");
  pass(kSecondUs);
  EXPECT_EQ(render(), "0: 0 behind, opened 1\n1: 0 behind, opened 1\n2: 0 behind, opened 1\n");
}

TEST_F(StandbyTest, OfThoseThatAreFarBehindOneReadsOnAtATime) {
  const std::string value(1000, 'v');  // several reads
  for (const std::int32_t partition : {0, 1}) commit(partition, 2 * Standby::kFarBehind, value);
  const auto behind = [this](std::int32_t partition) {
    return standby_->facts().at({"words", partition}).lag_records;
  };
  standby_->step({}, now_);
  const std::int64_t all = behind(1);
  int steps = 1;
  for (; behind(0) > 0 && steps < 100; ++steps) {
    EXPECT_EQ(behind(1), all) << steps;
    standby_->step({}, now_);
  }
  EXPECT_GT(steps, 3);
  pass(kSecondUs);
  EXPECT_EQ(render(), "0: 0 behind, opened 1\n1: 0 behind, opened 1\n2: 0 behind, opened 1\n");
}

TEST_F(StandbyTest, OneThatCannotBeKeptWaitsAndTheOthersGoOn) {
  ASSERT_TRUE(LocalState::open(stores_.base, {"words", 0}, "another").value()->write({}, {}));
  kafka_.delete_before({"weir.words.changelog", 1}, 1);
  pass(kSecondUs);
  commit(2);
  pass(Standby::kRetryPauseUs + kSecondUs);
  EXPECT_EQ(render(),
            "0: local state of words/0: is that of another, not of c/weir.words.changelog/0; give "
            "this pipeline a `data` directory of its own, opened 2\n"
            "1: weir.words.changelog/1: its first 1 records were deleted at the broker, so the "
            "state of words/1 cannot be rebuilt; bring the topic back from a copy, or start a new "
            "pipeline under another `kafka.prefix`, opened 2\n"
            "2: 0 behind, opened 1\n");
}

}  // namespace
}  // namespace weir::runtime
