#include "processors/runtime/worker.h"

#include <gtest/gtest.h>

#include "tests/runtime/words.h"

namespace weir::runtime {
namespace {

using Progress = Worker::Progress;

constexpr WorkerOptions kOneRecordAStep{.task = {.fetch_bytes = 1}};

class WorkerTest : public testing::Test {
 protected:
  /// Starts a worker at time 0, in place of the one before.
  void start(const WorkerOptions& options = {}, const std::vector<std::int32_t>& partitions = {0}) {
    worker_ = std::make_unique<Worker>(words_.spec, words_.log, words_.log, options);
    const auto opened = worker_->open(partitions, 0);
    ASSERT_TRUE(opened) << opened.error().message;
  }

  Progress step(TimeUs now, bool input_complete = false) {
    const auto stepped = worker_->step(now, input_complete);
    EXPECT_TRUE(stepped) << stepped.error().message;
    return stepped.value_or(Progress::finished);
  }

  WordLog words_{2};
  std::unique_ptr<Worker> worker_;
};

TEST_F(WorkerTest, CommitsAfterTheInterval) {
  words_.write("1 a");
  start();
  EXPECT_EQ(step(0), Progress::worked);
  EXPECT_EQ(step(1), Progress::idle);
  step(kSecondUs - 1);
  EXPECT_EQ(words_.committed(), "| position 0");
  EXPECT_EQ(step(kSecondUs), Progress::worked);
  EXPECT_EQ(words_.committed(), "1:a | position 1");
  EXPECT_EQ(step(5 * kSecondUs), Progress::idle);  // nothing to commit
}

TEST_F(WorkerTest, CommitsWhenEnoughWaits) {
  words_.write("1 a");
  WorkerOptions options;
  options.commit_bytes = 1;
  start(options);
  step(0);
  EXPECT_EQ(words_.committed(), "1:a | position 1");
}

TEST_F(WorkerTest, CommitsAtOnceWhereAProcessorCannotGoOn) {
  words_.write("1 full");
  words_.write("2 b");
  start();
  step(0);
  EXPECT_EQ(words_.committed(), "1:full | position 1");
}

TEST_F(WorkerTest, CommitsSoonWhatIsUrgentUnlessItIsHistory) {
  words_.write("1 urgent");
  start();
  step(0);
  step(50 * kMillisecondUs - 1);
  EXPECT_EQ(words_.committed(), "| position 0");
  step(50 * kMillisecondUs);
  EXPECT_EQ(words_.committed(), "1:urgent | position 1");

  words_.write("2 urgent", 1);
  words_.write("3 b", 1);
  start({.task = {.fetch_bytes = 1, .history = true}}, {1});
  step(60 * kMillisecondUs);
  EXPECT_EQ(words_.committed(1), "| position 0");
}

TEST_F(WorkerTest, ABacklogWaitsForTheInterval) {
  words_.write("1 a");  // appended at 0
  start();
  step(10 * kSecondUs);  // commits
  words_.write("2 urgent");
  step(10 * kSecondUs + 10 * kMillisecondUs);
  step(10 * kSecondUs + 100 * kMillisecondUs);
  EXPECT_EQ(words_.committed(), "1:a | position 1");
  step(11 * kSecondUs);
  EXPECT_EQ(words_.committed(), "1:a 2:urgent | position 2");
}

TEST_F(WorkerTest, ReadsWhoIsFurthestBehindFirst) {
  for (const std::string_view text : {"1 a", "2 b", "9 c"}) words_.write(text, 0);
  for (const std::string_view text : {"5 d", "6 e", "7 f"}) words_.write(text, 1);
  start(kOneRecordAStep, {0, 1});
  std::string order;
  for (int i = 0; i < 6; ++i) {
    step(0);
    order += fmt::format("{}{} ", worker_->tasks()[0]->position(), worker_->tasks()[1]->position());
  }
  // Neither is known at first; then 1 s, 5 s; 2 s; 9 s; and the other from there on.
  EXPECT_EQ(order, "10 11 21 31 32 33 ");
}

TEST_F(WorkerTest, CommitsAllItsTasksAsOne) {
  words_.write("1 a", 0);
  words_.write("1 b", 1);
  start({}, {0, 1});
  step(0);
  step(0);
  ASSERT_TRUE(worker_->commit(0));  // a graceful stop
  EXPECT_EQ(words_.committed(0), "1:a | position 1");
  EXPECT_EQ(words_.committed(1), "1:b | position 1");
}

TEST_F(WorkerTest, StopsAtAnErrorAndItsSuccessorGoesOnFromTheCommit) {
  words_.write("1 a", 0);
  start(kOneRecordAStep, {0, 1});
  step(0);
  ASSERT_TRUE(worker_->commit(0));
  words_.write("2 b", 0);
  words_.write("1 fail", 1);
  const auto failed = worker_->step(1, false);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "in/1@0: told to fail");

  start(kOneRecordAStep, {0});
  step(2);
  ASSERT_TRUE(worker_->commit(2));
  EXPECT_EQ(words_.committed(0), "1:a 2:b | position 2");
}

TEST_F(WorkerTest, TellsAQuietInputThatTimePasses) {
  words_.spec.ticks = true;
  words_.write("1 a");
  start();
  step(0);
  step(kSecondUs);  // commits
  step(10 * kSecondUs - 1);
  EXPECT_EQ(words_.input(), "1 a");
  step(10 * kSecondUs);
  EXPECT_EQ(words_.input(), "1 a, tick after 0");
  step(11 * kSecondUs);  // reads the tick
  step(12 * kSecondUs);
  EXPECT_EQ(words_.input(), "1 a, tick after 0");
  step(21 * kSecondUs);
  step(22 * kSecondUs);
  EXPECT_EQ(words_.input(), "1 a, tick after 0, tick after 1");
}

TEST_F(WorkerTest, TellsAQuietInputAsSoonAsWhatEndedCanBeClosed) {
  words_.spec.ticks = true;
  words_.write("4 a");
  start({.tick_delay_us = 5 * kSecondUs});
  step(4 * kSecondUs);
  step(5 * kSecondUs - 1);
  EXPECT_EQ(words_.input(), "4 a");
  step(5 * kSecondUs);
  EXPECT_EQ(words_.input(), "4 a, tick after 0");
  step(15 * kSecondUs - 1);  // reads the tick
  step(15 * kSecondUs - 1);
  EXPECT_EQ(words_.input(), "4 a, tick after 0");
  step(15 * kSecondUs);
  EXPECT_EQ(words_.input(), "4 a, tick after 0, tick after 1");
}

TEST_F(WorkerTest, TellsAnInputThatNeverHadARecord) {
  words_.spec.ticks = true;
  start();
  step(0);
  step(10 * kSecondUs);
  EXPECT_EQ(words_.input(), "tick after -1");
}

TEST_F(WorkerTest, ABusyInputDoesNotKeepAQuietOneFromItsTick) {
  words_.spec.ticks = true;
  start(kOneRecordAStep, {0, 1});
  for (TimeUs now = 0; now <= 12 * kSecondUs; now += 100 * kMillisecondUs) {
    words_.write("1 a", 0);
    step(now);
  }
  EXPECT_EQ(words_.input(1), "tick after -1");
  EXPECT_EQ(words_.input(0).find("tick"), std::string::npos);
}

TEST_F(WorkerTest, WritesNoTicksUnasked) {
  start();
  step(0);
  step(kHourUs);
  EXPECT_EQ(words_.input(), "");
  words_.spec.ticks = true;
  start({.task = {.history = true}});
  step(0);
  step(kHourUs);
  EXPECT_EQ(words_.input(), "");
}

TEST_F(WorkerTest, FinishesAHistoryWhenAllInputsHaveEndedAndAreCommitted) {
  words_.write("1 a", 0);
  words_.write("1 b", 1);
  start({.task = {.history = true}}, {0, 1});
  int steps = 0;
  while (step(0, steps > 10) != Progress::finished && steps < 50) ++steps;
  EXPECT_LT(steps, 50);
  EXPECT_EQ(words_.committed(0), "1:a 2:end | position 1");
  EXPECT_EQ(words_.committed(1), "1:b 2:end | position 1");
}

}  // namespace
}  // namespace weir::runtime
