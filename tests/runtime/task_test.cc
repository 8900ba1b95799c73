#include "processors/runtime/task.h"

#include <gtest/gtest.h>

#include "tests/fakes/expired_reader.h"
#include "tests/runtime/words.h"

namespace weir::runtime {
namespace {

constexpr TaskOptions kOneRecordARead{.fetch_bytes = 1};
constexpr TaskOptions kHistory{.history = true};

std::unique_ptr<Task> start(WordLog& words, const TaskOptions& options = {}) {
  auto task = std::make_unique<Task>(words.spec, 0, words.log, words.log);
  const auto opened = task->open(options);
  EXPECT_TRUE(opened) << opened.error().message;
  return task;
}

/// Runs while there is something to do; how often that was.
int run(Task& task, bool input_complete = false) {
  int runs = 0;
  while (task.run(input_complete).value()) ++runs;
  return runs;
}

void commit(Task& task, WordLog& words) {
  auto prepared = task.prepare_commit();
  ASSERT_TRUE(prepared) << prepared.error().message;
  ASSERT_TRUE(words.log.commit({&*prepared, 1}));
  task.committed();
}

TEST(Task, ShowsNothingBeforeItsCommit) {
  WordLog words;
  words.write("1 a");
  words.write("2 b");
  const auto task = start(words);
  EXPECT_FALSE(task->has_changes());
  EXPECT_EQ(run(*task), 1);
  EXPECT_TRUE(task->has_changes());
  EXPECT_GT(task->pending_bytes(), 0U);
  EXPECT_EQ(task->watermark(), 2 * kSecondUs);
  EXPECT_EQ(words.committed(), "| position 0");

  commit(*task, words);
  EXPECT_FALSE(task->has_changes());
  EXPECT_EQ(task->pending_bytes(), 0U);
  EXPECT_EQ(words.committed(), "1:a 2:b | position 2");
}

TEST(Task, GoesOnFromWhatIsCommittedAndNothingElse) {
  WordLog words;
  words.write("1 a");
  {
    const auto first = start(words);
    run(*first);
    commit(*first, words);
    words.write("2 b");
    run(*first);  // and dies
  }
  words.write("3 c");
  const auto second = start(words);
  EXPECT_EQ(second->position(), 1);
  run(*second);
  commit(*second, words);
  EXPECT_EQ(words.committed(), "1:a 2:b 3:c | position 3");
}

TEST(Task, TakesNoInputWhileAStepIsOpen) {
  WordLog words;
  words.write("1 step2");
  words.write("2 b");
  const auto task = start(words);
  EXPECT_TRUE(task->run(false).value());  // opens the step
  EXPECT_TRUE(task->run(false).value());
  commit(*task, words);  // in the middle of it
  EXPECT_EQ(words.committed(), "1:step2 2:resumed | position 1");
  EXPECT_EQ(run(*task), 2);
  commit(*task, words);
  EXPECT_EQ(words.committed(), "1:step2 2:resumed 3:resumed 4:b | position 2");
}

TEST(Task, TakesNothingMoreBeforeACommitThatIsRequired) {
  WordLog words;
  words.write("1 full");
  words.write("2 b");
  const auto task = start(words);
  EXPECT_TRUE(task->run(false).value());
  EXPECT_TRUE(task->commit_required());
  EXPECT_TRUE(task->run(false).value());
  EXPECT_EQ(task->position(), 1);
  commit(*task, words);
  EXPECT_EQ(run(*task), 1);
  commit(*task, words);
  EXPECT_EQ(words.committed(), "1:full 2:b | position 2");
}

TEST(Task, SaysWhereItFailed) {
  WordLog words;
  words.write("1 a");
  words.write("2 fail");
  const auto task = start(words, kOneRecordARead);
  EXPECT_TRUE(task->run(false).value());
  const auto failed = task->run(false);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::protocol);
  EXPECT_EQ(failed.error().message, "in/0@1: told to fail");
}

TEST(Task, NeedsItsTopics) {
  WordLog words;
  words.spec.outputs = {"nowhere"};
  Task task(words.spec, 0, words.log, words.log);
  const auto opened = task.open({});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::not_found);
}

TEST(Task, TellsTheEndOfAHistoryOnce) {
  WordLog words;
  words.write("1 a");
  {
    const auto task = start(words, kHistory);
    EXPECT_EQ(run(*task, false), 1);  // more may come
    EXPECT_FALSE(task->finished());
    EXPECT_EQ(run(*task, true), 1);
    EXPECT_TRUE(task->finished());
    commit(*task, words);
    EXPECT_EQ(words.committed(), "1:a 2:end | position 1");
  }
  const auto again = start(words, kHistory);  // a run that is resumed after its end
  run(*again, true);
  EXPECT_TRUE(again->finished());
  commit(*again, words);
  EXPECT_EQ(words.committed(), "1:a 2:end | position 1");
}

TEST(Task, HasNoEndWhereItIsNoHistory) {
  WordLog words;
  words.write("1 a");
  const auto task = start(words);
  EXPECT_EQ(run(*task, true), 1);
  EXPECT_FALSE(task->finished());
  commit(*task, words);
  EXPECT_EQ(words.committed(), "1:a | position 1");
}

/// Reads as many keys as a record says, and keeps memory of its own.
class Keeper final : public Processor {
 public:
  Keeper(std::size_t kept_bytes, std::size_t& cached_bytes)
      : kept_bytes_(kept_bytes), cached_bytes_(cached_bytes) {}

  Result<void> open(TaskContext&) override { return {}; }
  Result<std::size_t> process(std::span<const Record> records, TaskContext& context) override {
    for (int key = std::stoi(std::string(records[0].value)); key > 0; --key)
      WEIR_TRY(context.store().get(std::to_string(key)));
    cached_bytes_ = context.store().memory_bytes();
    return 1;
  }
  Result<void> prepare_commit(TaskContext&) override { return {}; }
  std::size_t memory_bytes() const override { return kept_bytes_; }
  TimeUs watermark() const override { return kMinTime; }

 private:
  const std::size_t kept_bytes_;
  std::size_t& cached_bytes_;
};

TEST(Task, LeavesToTheCacheWhatItsProcessorDoesNotKeep) {
  constexpr std::size_t kMemory = 100'000;
  constexpr std::size_t kEntry = 300;
  struct Case {
    std::size_t kept;
    std::size_t cached;  // at most; an eighth goes at once where it is full
  };
  for (const auto& [kept, most] :
       {Case{0, kMemory}, {kMemory / 2, kMemory / 2}, {2 * kMemory, kMemory / 8}}) {
    std::size_t cached = 0;
    WordLog words;
    words.spec.make = [&, kept = kept] { return std::make_unique<Keeper>(kept, cached); };
    for (const char* keys : {"1", "10000"}) words.write(keys);
    const auto task = start(words, {.fetch_bytes = 1, .cache_bytes = kMemory});
    ASSERT_TRUE(task->run(false).value());
    commit(*task, words);
    ASSERT_TRUE(task->run(false).value());

    EXPECT_LE(cached, most + kEntry) << kept;
    EXPECT_GE(cached, most - most / 8 - kEntry) << kept;
  }
}

TEST(Task, BeginsWhereItsInputDoes) {
  WordLog words;
  for (const char* word : {"1 a", "2 b", "3 c"}) words.write(word);
  for (const std::int64_t start : {1, 2}) {
    const fakes::ExpiredReader input(words.log, start);
    Task task(words.spec, 0, words.log, input);
    ASSERT_TRUE(task.open(kOneRecordARead));
    ASSERT_TRUE(task.run(false));
    commit(task, words);
  }

  EXPECT_EQ(words.committed(), "1:b 2:c | position 3");
}

/// Notes how many offsets it lost when it was opened.
class Loser final : public Processor {
 public:
  explicit Loser(std::string& lost) : lost_(lost) {}

  Result<void> open(TaskContext& context) override {
    lost_ += fmt::format("{} before {} ", context.lost_offsets(), context.position());
    return {};
  }
  Result<std::size_t> process(std::span<const Record> records, TaskContext&) override {
    return records.size();
  }
  Result<void> prepare_commit(TaskContext&) override { return {}; }
  TimeUs watermark() const override { return kMinTime; }

 private:
  std::string& lost_;
};

TEST(Task, TellsItsProcessorWhatIsGoneUnreadUntilThatIsCommitted) {
  std::string lost;
  WordLog words;
  words.spec.make = [&lost] { return std::make_unique<Loser>(lost); };
  for (int i = 0; i < 5; ++i) words.write("1 a");
  const auto begin = [&words](std::int64_t start, bool commits) {
    const fakes::ExpiredReader input(words.log, start);
    Task task(words.spec, 0, words.log, input);
    ASSERT_TRUE(task.open(kOneRecordARead));
    ASSERT_TRUE(task.run(false));
    if (commits) commit(task, words);
  };
  begin(1, true);  // it is new: nothing of it is lost
  begin(4, false);
  begin(4, true);
  begin(5, false);

  EXPECT_EQ(lost, "0 before 1 2 before 4 2 before 4 0 before 5 ");
}

}  // namespace
}  // namespace weir::runtime
