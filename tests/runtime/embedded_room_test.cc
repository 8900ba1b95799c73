// The room of an embedded log: its budget, what expires, and what a full disk does.
#include <gmock/gmock.h>

#include "processors/runtime/embedded_reader.h"
#include "tests/runtime/embedded_fixture.h"

namespace weir::runtime {
namespace {

struct EmbeddedRoomTest : EmbeddedLogTest {};

TEST_F(EmbeddedRoomTest, RetentionBySizeKeepsTheNewestWithinIt) {
  open();
  ASSERT_TRUE(
      log->create_topic({.name = "weir.raw", .retention = {.max_bytes = 1500}, .raw = true}));
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(append());

  const Bounds bounds = log->bounds(kRaw).value();
  EXPECT_EQ(bounds.end, 50);
  EXPECT_EQ(bounds.start, 40) << disk.render();
  open();
  EXPECT_EQ(log->bounds(kRaw).value(), bounds);
}

TEST_F(EmbeddedRoomTest, RetentionByAgeCountsBackFromTheNewestRecord) {
  open();
  ASSERT_TRUE(
      log->create_topic({.name = "weir.raw", .retention = {.max_age_us = 100}, .raw = true}));
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(append(i * 10));

  // At the beginning of the last segment the newest was 480. The one that ends below 380 is kept,
  // as its last record may be as young.
  EXPECT_EQ(log->bounds(kRaw).value(), (Bounds{36, 50})) << disk.render();
}

TEST_F(EmbeddedRoomTest, RetentionKeepsWhatATaskHasNotRead) {
  open();
  ASSERT_TRUE(
      log->create_topic({.name = "weir.raw", .retention = {.max_bytes = 1000}, .raw = true}));
  ASSERT_TRUE(commit(2));
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(append());
  EXPECT_EQ(log->bounds(kRaw).value(), (Bounds{0, 20}));

  ASSERT_TRUE(commit(17));
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(append());

  EXPECT_EQ(log->bounds(kRaw).value(), (Bounds{16, 24}));
}

// Where the last segment begins is noted, not for good: after a loss of power it is found anew.
TEST_F(EmbeddedRoomTest, WhatExpiresAfterALossOfPowerIsNotMissedAfterTheNext) {
  fill(50, 0);
  disk.restart();
  open();
  ASSERT_TRUE(
      log->create_topic({.name = "weir.raw", .retention = {.max_bytes = 1500}, .raw = true}));
  now += kHourUs;
  ASSERT_TRUE(commit(50));
  const Bounds bounds = log->bounds(kRaw).value();
  ASSERT_EQ(bounds, (Bounds{44, 50})) << disk.render();

  disk.restart();
  open();
  EXPECT_EQ(log->bounds(kRaw).value(), bounds);
}

// By the clock, also where nothing comes any more: not of weir.out since 100, the last segment too.
TEST_F(EmbeddedRoomTest, WhatIsQuietExpires) {
  open();
  ASSERT_TRUE(log->create_topic({.name = "weir.out", .retention = {.max_age_us = kHourUs}}));
  ASSERT_TRUE(log->create_topic({.name = "weir.tick"}));
  for (now = 1; now <= 10; ++now) ASSERT_TRUE(commit(0));
  const auto pass = [&](DurationUs time_us) {
    now += time_us;
    TaskCommit one{.task = {"fold", 0}, .input = kRaw};
    one.outputs = {{{"weir.tick", 0}, record("", "")}};
    EXPECT_TRUE(log->commit({&one, 1}));
  };
  const auto reader = EmbeddedReader::open(disk, "/log").value();
  EXPECT_EQ(reader->bounds(kOut).value(), (Bounds{0, 10}));

  pass(kHourUs - kSecondUs);
  EXPECT_EQ(log->bounds(kOut).value(), (Bounds{0, 10}));
  pass(kMinuteUs);
  EXPECT_EQ(log->bounds(kOut).value(), (Bounds{10, 10}));

  EXPECT_EQ(reader->bounds(kOut).value(), (Bounds{10, 10}));
  disk.restart();
  open();
  EXPECT_EQ(log->bounds(kOut).value(), (Bounds{10, 10})) << disk.render();
  ASSERT_TRUE(commit(0));
  EXPECT_EQ(log->bounds(kOut).value(), (Bounds{10, 11}));
  EXPECT_EQ(reader->bounds(kOut).value(), (Bounds{10, 11}));
  EXPECT_EQ(render(*reader, kOut), render(*log, kOut));
}

TEST_F(EmbeddedRoomTest, AnOldSegmentIsFollowedByAnotherSoThatItCanExpire) {
  segment_bytes = 128 << 20;
  open();
  ASSERT_TRUE(
      log->create_topic({.name = "weir.raw", .retention = {.max_age_us = 800}, .raw = true}));
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(append(i * 20));
  open();  // the first time of the last segment is read again
  ASSERT_TRUE(append(2000));

  const Bounds bounds = log->bounds(kRaw).value();
  EXPECT_EQ(bounds.end, 101);
  EXPECT_GE(bounds.start, 50) << disk.render();
  EXPECT_LE(bounds.start, 60) << disk.render();
}

// All that are being written never take more than an eighth, or nothing could go.
TEST_F(EmbeddedRoomTest, ASmallBudgetMakesSmallSegments) {
  segment_bytes = 128 << 20;
  disk_bytes = 32 << 20;  // two partitions: 2 MiB each
  open();
  const std::vector big = {record("k", std::string(512 << 10, 'x'))};
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(log->append(kRaw, big)) << i;

  EXPECT_EQ(log->bounds(kRaw)->end, 200);
  EXPECT_GT(log->bounds(kRaw)->start, 136);  // 64 of them would be the budget,
  EXPECT_LT(log->bounds(kRaw)->start, 146);  // and as little goes at once as one segment
  EXPECT_LE(directory_bytes(disk, "/log/topics/weir.raw/0").value(), disk_bytes);
}

TEST_F(EmbeddedRoomTest, TheBudgetIsNeverPassed) {
  disk_bytes = 4000;
  open();
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(append());
    ASSERT_TRUE(commit(i));
    std::uint64_t segments = 0;
    for (const char* topic : {"weir.raw", "weir.out"})
      segments += directory_bytes(disk, fmt::format("/log/topics/{}/0", topic)).value();
    ASSERT_LE(segments, disk_bytes);
  }
  EXPECT_EQ(log->bounds(kRaw)->end, 100);
  EXPECT_GT(log->bounds(kRaw)->start, 80);
}

TEST_F(EmbeddedRoomTest, ABudgetNeverTakesWhatATaskHasYetToRead) {
  disk_bytes = 6000;
  open();
  ASSERT_TRUE(commit(2));
  int appended = 0;
  while (append()) ++appended;
  EXPECT_EQ(append().error().code, ErrorCode::exhausted);

  // Commits have room all the same, for outputs that nobody is to read; those go, though younger.
  now = 10;
  for (int i = 0; i < 40; ++i) ASSERT_TRUE(commit(2)) << i;

  EXPECT_EQ(log->bounds(kRaw).value(), (Bounds{0, appended}));
  EXPECT_GT(log->bounds(kOut)->start, 0);
  EXPECT_EQ(append().error().code, ErrorCode::exhausted);
  ASSERT_TRUE(commit(appended));
  for (int i = 0; i < 20; ++i) ASSERT_EQ(append().value(), appended + i);
  EXPECT_GT(log->bounds(kRaw)->start, 0);
}

TEST_F(EmbeddedRoomTest, AReaderThatHasNotBegunHasAllToRead) {
  disk_bytes = 6000;
  open();
  ASSERT_TRUE(log->create_topic({.name = "weir.raw",
                                 .retention = {.max_bytes = 1000},
                                 .raw = true,
                                 .readers = std::vector<std::string>{"fold"}}));
  int appended = 0;
  while (append()) ++appended;

  EXPECT_EQ(log->bounds(kRaw).value(), (Bounds{0, appended}));
  ASSERT_TRUE(commit(appended));
  EXPECT_EQ(append().value(), appended);
}

// One that nobody runs any more keeps nothing.
TEST_F(EmbeddedRoomTest, OnlyDeclaredReadersKeepRecordsWhereSomeAreDeclared) {
  open();
  TaskCommit one{.task = {"gone", 0}, .input = kRaw, .position = 1};
  ASSERT_TRUE(log->commit({&one, 1}));
  ASSERT_TRUE(log->create_topic({.name = "weir.raw",
                                 .retention = {.max_bytes = 1000},
                                 .raw = true,
                                 .readers = std::vector<std::string>{"fold"}}));
  ASSERT_TRUE(commit(20));
  for (int i = 0; i < 24; ++i) ASSERT_TRUE(append());

  EXPECT_GT(log->bounds(kRaw)->start, 10);
}

// The last one that read it was taken away.
TEST_F(EmbeddedRoomTest, ATopicThatNobodyReadsKeepsNothingForThoseThatDid) {
  open();
  ASSERT_TRUE(commit(1));
  ASSERT_TRUE(log->create_topic({.name = "weir.raw",
                                 .retention = {.max_bytes = 1000},
                                 .raw = true,
                                 .readers = std::vector<std::string>()}));
  for (int i = 0; i < 24; ++i) ASSERT_TRUE(append());

  EXPECT_GT(log->bounds(kRaw)->start, 10);
}

TEST_F(EmbeddedRoomTest, WithoutRoomAnAppendIsRefusedAndMayComeAgain) {
  disk_bytes = 3000;
  open();
  const std::vector big = {record("k", std::string(3000, 'x'))};

  const auto refused = log->append(kRaw, big);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::exhausted);
  TaskCommit one{.task = {"fold", 0}, .input = kRaw, .position = 1};
  one.state.put("key", std::string(3000, 'x'));
  EXPECT_EQ(log->commit({&one, 1}).error().code, ErrorCode::exhausted);

  EXPECT_EQ(append().value(), 0);
  EXPECT_TRUE(commit(1));
}

// And a state that has become smaller is seen, though nothing could be written meanwhile.
TEST_F(EmbeddedRoomTest, TheStateCountsTwiceAndWhatItLeavesIsRoom) {
  disk_bytes = 100'000;
  open();
  const std::string table = "/log/state/000001.sst";
  ASSERT_TRUE(disk.open_append(table).value()->append(std::string(51'000, 's')));
  open();
  EXPECT_EQ(append().error().code, ErrorCode::exhausted);
  EXPECT_EQ(commit(0).error().code, ErrorCode::exhausted);

  ASSERT_TRUE(disk.truncate(table, 30'000));

  EXPECT_EQ(append().value(), 0);
  EXPECT_TRUE(commit(0));
}

TEST_F(EmbeddedRoomTest, AFullDiskRefusesBeforeItIsFull) {
  open();
  const auto leave = [&](std::uint64_t free) { disk.set_capacity(disk.used_bytes() + free); };
  leave(64 << 20);
  const auto refused = append();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::exhausted);
  EXPECT_TRUE(commit(0));  // what producers leave is for those who read
  leave(16 << 20);
  EXPECT_EQ(commit(0).error().code, ErrorCode::exhausted);

  EXPECT_EQ(log->append(kRaw, {}).error().code, ErrorCode::exhausted);
  leave(65 << 20);
  EXPECT_EQ(log->append(kRaw, {}).value(), 0);
  EXPECT_EQ(append().value(), 0);
}

// The one is mended on the machine, the other in the configuration.
TEST_F(EmbeddedRoomTest, SaysWhetherTheDiskIsFullOrTheBudget) {
  disk_bytes = 3000;
  open();
  const std::vector big = {record("k", std::string(3000, 'x'))};
  const std::string budget = log->append(kRaw, big).error().message;
  disk.set_capacity(disk.used_bytes() + (60 << 20));
  const std::string producer = append().error().message;
  disk.set_capacity(disk.used_bytes() + (15 << 20));
  const std::string commits = commit(0).error().message;

  EXPECT_THAT(budget,
              testing::MatchesRegex(
                  "/log: no room for [0-9]+ bytes: of the budget of 3000, [0-9]+ are used and "
                  "[0-9]+ must stay .state, and segments that are being written or not yet read.; "
                  "raise `disk:`"));
  EXPECT_THAT(producer, testing::MatchesRegex(
                            "/log: no room for [0-9]+ bytes: 62914560 are free on its disk, and "
                            "67108864 must stay free for commits and other programs; make room "
                            "there"));
  EXPECT_THAT(commits, testing::MatchesRegex(
                           "/log: no room for [0-9]+ bytes: 15728640 are free on its disk, and "
                           "16777216 must stay free for other programs; make room there"));
}

TEST_F(EmbeddedRoomTest, AReadOnlyDiskRefusesAndTheLogGoesOnOnceItIsWritable) {
  fill(20, 20);
  const std::string before = disk.render();
  const std::uint64_t operations = disk.operations();
  disk.set_read_only(true);

  EXPECT_EQ(append().error().code, ErrorCode::exhausted);
  EXPECT_EQ(commit(20).error().code, ErrorCode::exhausted);
  EXPECT_EQ(log->append(kRaw, {}).error().code, ErrorCode::exhausted);
  EXPECT_EQ(disk.render(), before);
  EXPECT_EQ(disk.operations(), operations);

  disk.set_read_only(false);
  EXPECT_EQ(append().value(), 20);
  EXPECT_TRUE(commit(21));
}

}  // namespace
}  // namespace weir::runtime
