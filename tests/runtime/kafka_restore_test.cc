// When a local copy is used and when it is made anew, on the model of Kafka; and on a real disk.
#include "processors/runtime/kafka_restore.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "processors/runtime/kafka_stores.h"
#include "processors/runtime/posix_file_system.h"
#include "processors/state/rocksdb_store.h"
#include "tests/fakes/model_clients.h"
#include "tests/fakes/model_stores.h"
#include "tests/fakes/temp_directory.h"

namespace weir::runtime {
namespace {

const TaskId kTask{"words", 0};
const TopicPartition kChangelog{"weir.words.changelog", 0};

class KafkaRestoreTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(kafka_.create_topic({.name = kChangelog.topic})); }

  /// Of the task at this input position. No value: the key is gone.
  void commit(std::string_view key, const std::optional<std::string>& value,
              std::int64_t input_position) {
    const auto producer = clients_.open_producer("words", "in", "p").value();
    const std::string head = encode({.incarnation = {1}, .input_position = input_position});
    ASSERT_TRUE(producer->begin());
    ASSERT_TRUE(producer->produce(
        kChangelog, {.key = key, .value = value ? std::string_view(*value) : std::string_view()},
        nullptr));
    ASSERT_TRUE(producer->produce(kChangelog, {.key = kChangelogHeadKey, .value = head}, nullptr));
    ASSERT_TRUE(producer->commit());
    committed_ = input_position;
  }
  Result<std::unique_ptr<Restore>> begin() {
    return Restore::begin(
        {.task = kTask, .changelog = kChangelog, .owner = "o", .committed = committed_},
        *changelogs_, *stores_, now_);
  }
  /// "kept a=1 b=2": whether the local copy was used, and the state.
  Result<std::string> restore() {
    WEIR_ASSIGN(const auto restore, begin());
    while (true) {
      WEIR_ASSIGN(const bool complete, restore->step());
      if (complete) break;
    }
    return render(*restore);
  }
  static std::string render(Restore& restore) {
    std::string text = restore.from_local_copy() ? "kept" : "whole";
    const auto local = restore.take();
    EXPECT_TRUE(local->state()->scan("", "", [&](std::string_view key, std::string_view value) {
      text += fmt::format(" {}={}", key, value.size() < 10 ? value : "long");
      return true;
    }));
    return text;
  }
  /// All of it.
  void compact(TimeUs tombstones_since) {
    for (int times = 0; times < 100; ++times) kafka_.compact(tombstones_since);
  }

  TimeUs now_ = 1'700'000'000 * kSecondUs;
  std::optional<std::int64_t> committed_;
  fakes::ModelKafka kafka_{{.clock = [this] { return now_; }}};
  fakes::ModelClients clients_{kafka_};
  std::unique_ptr<ChangelogReader> changelogs_ = clients_.open_changelogs().value();
  fakes::ModelStores model_stores_{1};
  TaskStores* stores_ = &model_stores_;
};

TEST_F(KafkaRestoreTest, ACopyIsUsedForHalfTheTimeThatTombstonesAreKept) {
  commit("a", "1", 1);
  EXPECT_EQ(restore().value(), "whole a=1");
  commit("a", std::nullopt, 2);
  commit("b", "2", 3);
  now_ += kCopyUsableUs;
  compact(now_ - 2 * kCopyUsableUs);
  EXPECT_EQ(restore().value(), "kept b=2");
}

TEST_F(KafkaRestoreTest, ACopyOlderThanThatIsMadeAnew) {
  commit("a", "1", 1);
  EXPECT_EQ(restore().value(), "whole a=1");
  commit("a", std::nullopt, 2);
  commit("b", "2", 3);
  now_ += 2 * kCopyUsableUs + 1;
  compact(now_ - 2 * kCopyUsableUs);  // that a is gone is forgotten
  EXPECT_EQ(restore().value(), "whole b=2");
}

TEST_F(KafkaRestoreTest, ACopyAtTheEndIsUsedHoweverOld) {
  commit("a", "1", 1);
  EXPECT_EQ(restore().value(), "whole a=1");
  now_ += 10 * kDayUs;
  EXPECT_EQ(restore().value(), "kept a=1");
}

TEST_F(KafkaRestoreTest, WhatIsGatheredIsWrittenInPortions) {
  for (int i = 0; i < 30; ++i) commit(fmt::format("k{:02}", i), std::string(1'000'000, 'x'), i + 1);
  commit("k03", std::nullopt, 31);
  commit("k04", "4", 32);
  {
    const auto interrupted = begin().value();
    for (int times = 0; times < 5; ++times) ASSERT_FALSE(interrupted->step().value());
  }
  std::string expected = "kept";
  for (int i = 0; i < 30; ++i)
    if (i != 3) expected += fmt::format(" k{:02}={}", i, i == 4 ? "4" : "long");
  EXPECT_EQ(restore().value(), expected);
}

TEST_F(KafkaRestoreTest, OfFewKeysToldOftenTheCopyIsWrittenToo) {
  for (int i = 0; i < 80; ++i) commit("a", std::string(1'000'000, 'x'), i + 1);
  commit("a", "1", 81);
  {
    const auto interrupted = begin().value();
    for (int times = 0; times < 15; ++times) ASSERT_FALSE(interrupted->step().value());
  }
  EXPECT_EQ(restore().value(), "kept a=1");
}

TEST_F(KafkaRestoreTest, ACopyBelowTheChangelogsStartIsRefusedAndKept) {
  commit("a", "1", 1);
  EXPECT_EQ(restore().value(), "whole a=1");
  commit("b", "2", 2);
  kafka_.delete_before(kChangelog, 4);
  const std::string why =
      "weir.words.changelog/0: its first 4 records were deleted at the broker, so the state of "
      "words/0 cannot be rebuilt; bring the topic back from a copy, or start a new pipeline under "
      "another `kafka.prefix`";
  for (int times = 0; times < 2; ++times) EXPECT_EQ(restore().error().message, why);
  const auto copy = LocalState::open(*stores_, kTask, "o").value();
  EXPECT_EQ(copy->head()->input_position, 1);
}

TEST_F(KafkaRestoreTest, ACopyAboveTheChangelogsEndIsRefusedAndKept) {
  commit("a", "1", 1);
  EXPECT_EQ(restore().value(), "whole a=1");
  const std::int64_t position = LocalState::open(*stores_, kTask, "o").value()->position();
  kafka_.remake(kChangelog.topic);
  const std::string why = fmt::format(
      "weir.words.changelog/0: ends at 0, but the local copy of words/0 was read up to {}: it was "
      "made anew, or lost its last records at the broker; the copy is kept. Bring the topic back "
      "from a copy, or start a new pipeline under another `kafka.prefix`. Only if the cluster was "
      "set back on purpose, with the group's positions: stop `weir run` and delete "
      "`tasks/words-0` in its `data`",
      position);
  for (int times = 0; times < 2; ++times) EXPECT_EQ(restore().error().message, why);
  const auto copy = LocalState::open(*stores_, kTask, "o").value();
  EXPECT_EQ(copy->head()->input_position, 1);
}

TEST_F(KafkaRestoreTest, ACopyThatIsAboveTheEndOnlyWhenItIsReadIsKeptToo) {
  commit("a", "1", 1);
  EXPECT_EQ(restore().value(), "whole a=1");
  commit("b", "2", 2);
  {
    const auto restore = begin().value();
    kafka_.remake(kChangelog.topic);
    EXPECT_EQ(restore->step().error().message.substr(0, 54),
              "weir.words.changelog/0: ends at 0, but the local copy ");
  }
  const auto copy = LocalState::open(*stores_, kTask, "o").value();
  EXPECT_EQ(copy->head()->input_position, 1);
}

TEST_F(KafkaRestoreTest, WhatAnotherHasOpenIsNeitherUsedNorMadeAnew) {
  commit("a", "1", 1);
  EXPECT_EQ(restore().value(), "whole a=1");
  const auto open = stores_->open(kTask).value();
  EXPECT_EQ(begin().error().code, ErrorCode::locked);
  EXPECT_EQ(stores_->open_empty(kTask).error().code, ErrorCode::locked);
  EXPECT_EQ(stores_->discard(kTask).error().code, ErrorCode::locked);
}

TEST_F(KafkaRestoreTest, AChangelogThatIsCutWhileItIsReadSaysWhatToDo) {
  commit("a", "1", 1);
  const auto restore = begin().value();
  kafka_.delete_before(kChangelog, 2);
  const auto step = restore->step();
  ASSERT_FALSE(step);
  EXPECT_EQ(step.error().code, ErrorCode::corrupt);
  EXPECT_EQ(step.error().message,
            "weir.words.changelog/0: its first 2 records were deleted at the broker, so the state "
            "of words/0 cannot be rebuilt; bring the topic back from a copy, or start a new "
            "pipeline under another `kafka.prefix`");
}

TEST_F(KafkaRestoreTest, AChangelogThatIsMadeAnewWhileItIsReadIsReadFromItsStart) {
  for (int i = 0; i < 10; ++i) commit("a", std::string(1'000'000, 'x'), i + 1);
  const auto restore = begin().value();
  ASSERT_FALSE(restore->step().value());
  kafka_.remake(kChangelog.topic);
  bool complete = false;
  for (int steps = 0; steps < 3 && !complete; ++steps) {
    const auto step = restore->step();
    if (!step) {
      EXPECT_EQ(step.error().message.substr(0, 72),
                "words/0: the state in weir.words.changelog/0 belongs to input position n");
      return;
    }
    complete = *step;
  }
  FAIL() << "a state that is lost was taken for one: " << render(*restore);
}

TEST_F(KafkaRestoreTest, AStateOfAnotherPositionSaysHowTheyAgreeAgain) {
  commit("a", "1", 7);
  committed_ = 5;
  EXPECT_EQ(restore().error().message,
            "words/0: the state in weir.words.changelog/0 belongs to input position 7, but the "
            "group's position is 5: one of them was lost or changed at the broker. Either stop "
            "every `weir run` and set the group's position to that of the state "
            "(kafka-consumer-groups --reset-offsets --to-offset 7 --execute), or start a new "
            "pipeline under another `kafka.prefix`");
  committed_ = 7;
  EXPECT_EQ(restore().value(), "kept a=1");
}

TEST_F(KafkaRestoreTest, ADamagedCopyIsMadeAnew) {
  commit("a", "1", 1);
  EXPECT_EQ(restore().value(), "whole a=1");
  model_stores_.damage(kTask);
  EXPECT_EQ(restore().value(), "whole a=1");
  EXPECT_EQ(restore().value(), "kept a=1");
}

/// Copies in RocksDB, in a directory that is opened again and again.
class KafkaRestoreOnDiskTest : public KafkaRestoreTest {
 protected:
  Result<std::string> restore_again() {
    const state::RocksDbMemory memory(8 << 20, 4 << 20);
    const auto stores =
        DirectoryStores::open(
            files_, directory_.path() + "/tasks",
            [&memory](const std::string& path) -> Result<std::unique_ptr<state::Store>> {
              return state::RocksDbStore::open(path, memory);
            },
            [] { return Id{1}; })
            .value();
    stores_ = stores.get();
    return restore();
  }
  /// RocksDB's files of the copy that end so, ascending.
  std::vector<std::filesystem::path> files(std::string_view end) const {
    std::vector<std::filesystem::path> found;
    for (const auto& each :
         std::filesystem::directory_iterator(directory_.path() + "/tasks/words-0"))
      if (each.path().filename().string().ends_with(end) && each.file_size() > 0)
        found.push_back(each.path());
    std::ranges::sort(found);
    return found;
  }

  PosixFileSystem files_;
  fakes::TempDirectory directory_;
};

TEST_F(KafkaRestoreOnDiskTest, AHalfWrittenBatchIsReadFromTheChangelogAgain) {
  commit("a", "1", 1);
  EXPECT_EQ(restore_again().value(), "whole a=1");
  commit("b", "2", 2);
  EXPECT_EQ(restore_again().value(), "kept a=1 b=2");

  const auto logs = files(".log");
  ASSERT_FALSE(logs.empty());
  std::filesystem::resize_file(logs.back(), std::filesystem::file_size(logs.back()) - 5);
  EXPECT_EQ(restore_again().value(), "kept a=1 b=2");
}

TEST_F(KafkaRestoreOnDiskTest, WhatIsWrittenInBulkIsKeptAndChangedLater) {
  for (int i = 0; i < 20; ++i) commit(fmt::format("k{}", i % 3), std::string(1'000'000, 'x'), i);
  commit("k1", std::nullopt, 20);
  EXPECT_EQ(restore_again().value(), "whole k0=long k2=long");
  for (const auto& log : files(".log")) EXPECT_LT(std::filesystem::file_size(log), 1'000'000U);
  commit("k2", "2", 21);
  commit("k3", std::string(5'000'000, 'x'), 22);
  EXPECT_EQ(restore_again().value(), "kept k0=long k2=2 k3=long");
  EXPECT_EQ(restore_again().value(), "kept k0=long k2=2 k3=long");
}

TEST_F(KafkaRestoreOnDiskTest, ADatabaseThatDoesNotOpenIsMadeAnew) {
  commit("a", "1", 1);
  EXPECT_EQ(restore_again().value(), "whole a=1");
  const auto current = files("CURRENT");
  ASSERT_EQ(current.size(), 1U);
  std::filesystem::resize_file(current.front(), 3);
  EXPECT_EQ(restore_again().value(), "whole a=1");
  EXPECT_EQ(restore_again().value(), "kept a=1");
}

}  // namespace
}  // namespace weir::runtime
