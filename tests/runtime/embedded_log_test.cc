// What only the embedded log has: damage, one writer, a disk budget, retention.
#include "processors/runtime/embedded_log.h"

#include <gtest/gtest.h>

#include "tests/fakes/sim_file_system.h"
#include "tests/runtime/log_contract.h"

namespace weir::runtime {
namespace {

using fakes::SimFileSystem;

const TopicPartition kRaw{"weir.raw", 0};
const TopicPartition kOut{"weir.out", 0};
const std::string kRawFile = "/log/topics/weir.raw/0/00000000000000000000.log";
const std::string kOutFile = "/log/topics/weir.out/0/00000000000000000000.log";
constexpr std::uint64_t kHeader = 36 + 8;  // of either topic's segment
constexpr std::uint64_t kFrame = kFrameHeaderBytes + 1 + 100;

struct EmbeddedLogTest : testing::Test {
  SimFileSystem disk{1};
  std::uint64_t disk_bytes = std::uint64_t{20} << 30;
  std::unique_ptr<EmbeddedLog> log;

  Result<std::unique_ptr<EmbeddedLog>> try_open(const std::string& directory = "/log") {
    return EmbeddedLog::open(
        {.directory = directory,
         .files = &disk,
         .open_store = [this](const std::string& path) -> Result<std::unique_ptr<state::Store>> {
           return disk.open_store(path);
         },
         .clock = [] { return TimeUs{1}; },
         .disk_bytes = disk_bytes,
         .segment_bytes = 500,
         .sync_threads = 1});
  }
  void open() {
    log.reset();
    auto opened = try_open();
    ASSERT_TRUE(opened) << opened.error().message;
    log = *std::move(opened);
    ASSERT_TRUE(log->create_topic({.name = "weir.raw", .raw = true}));
    ASSERT_TRUE(log->create_topic({.name = "weir.out"}));
  }
  // Why the log does not open, once `damage` was done to it.
  template <class Damage>
  Error refusal(Damage&& damage) {
    log.reset();
    damage();
    const auto opened = try_open();
    return opened ? Error{ErrorCode::stopped, "opened"} : opened.error();
  }

  Result<std::int64_t> append(TimeUs time = 1) const {
    return log->append(kRaw,
                       std::vector<NewRecord>{
                           {.key = "k", .value = std::string(100, 'r'), .append_time_us = time}});
  }
  Result<void> commit(std::int64_t position) const {
    TaskCommit one{.task = {"fold", 0}, .input = kRaw, .position = position};
    one.outputs = {{kOut, record("k", std::string(100, 'o'))}};
    return log->commit({&one, 1});
  }
  void fill(int appends, int commits) {
    open();
    for (int i = 0; i < appends; ++i) ASSERT_TRUE(append());
    for (int i = 0; i < commits; ++i) ASSERT_TRUE(commit(i));
  }
};

TEST_F(EmbeddedLogTest, CutsOffATornTailThatNobodyWasToldOf) {
  fill(2, 2);
  const std::string raw = render(*log, kRaw);
  const std::string out = render(*log, kOut);
  std::string frame;
  append_frame({.offset = 2, .append_time_us = 1, .witness = 3}, record("k", "new"), frame);
  log.reset();
  for (const std::string& file : {kRawFile, kOutFile})
    ASSERT_TRUE(disk.open_append(file).value()->append(frame.substr(0, frame.size() - 1)));

  open();

  EXPECT_EQ(render(*log, kRaw), raw);
  EXPECT_EQ(render(*log, kOut), out);
  EXPECT_EQ(append().value(), 2);
  EXPECT_TRUE(commit(3));
}

TEST_F(EmbeddedLogTest, RefusesAFileThatIsShorterThanItsEnd) {
  fill(2, 2);
  log.reset();
  for (const std::string& file : {kRawFile, kOutFile}) {
    const std::string whole = read_file(disk, file).value();

    const Error error = refusal([&] { ASSERT_TRUE(disk.truncate(file, whole.size() - 1)); });

    EXPECT_EQ(error.code, ErrorCode::corrupt);
    EXPECT_EQ(error.message,
              fmt::format("{}: {} bytes, and {} had been acknowledged: it is shorter than its end; "
                          "restore the directory from a copy, or import and replay into a new one",
                          file, whole.size() - 1, whole.size()));
    ASSERT_TRUE(replace_file(disk, file, whole));
  }
}

TEST_F(EmbeddedLogTest, RefusesAMissingFile) {
  fill(8, 8);
  const std::string second = "/log/topics/weir.out/0/" + segment_name(4);
  ASSERT_TRUE(disk.open_read(second)) << disk.render();

  const Error error = refusal([&] { ASSERT_TRUE(disk.remove(kOutFile)); });

  EXPECT_EQ(error.code, ErrorCode::corrupt);
  EXPECT_TRUE(
      error.message.starts_with("/log/topics/weir.out/0: the segment with offset 0 is missing"))
      << error.message;
}

TEST_F(EmbeddedLogTest, RefusesAFlippedByteWithItsPosition) {
  fill(2, 2);
  log.reset();
  for (const std::string& file : {kRawFile, kOutFile}) disk.flip(file, kHeader + kFrame + 60);
  open();

  RecordBatch batch;
  for (const auto& [where, file] : {std::pair{kRaw, kRawFile}, {kOut, kOutFile}}) {
    ASSERT_TRUE(log->read(where, 0, 1 << 20, batch));
    EXPECT_EQ(batch.records.size(), 1u);  // the one before it
    const auto damaged = log->read(where, 1, 1 << 20, batch);
    ASSERT_FALSE(damaged);
    EXPECT_EQ(damaged.error().code, ErrorCode::corrupt);
    EXPECT_TRUE(damaged.error().message.starts_with(
        fmt::format("{}: byte {} (offset 1): ", file, kHeader + kFrame)))
        << damaged.error().message;
  }
}

// After a crash the end of a raw topic is searched for; a later append says that the damaged one
// had been acknowledged.
TEST_F(EmbeddedLogTest, DoesNotTakeDamageForATornTail) {
  fill(3, 0);
  disk.restart();
  log.reset();

  const Error error = refusal([&] { disk.flip(kRawFile, kHeader + kFrame + 60); });

  EXPECT_EQ(error.code, ErrorCode::corrupt);
  EXPECT_TRUE(error.message.starts_with(
      fmt::format("{}: byte {} (offset 1): ", kRawFile, kHeader + kFrame)))
      << error.message;
}

TEST_F(EmbeddedLogTest, RefusesAFileOfAnotherPartition) {
  fill(1, 1);
  const Error error = refusal([&] {
    const std::string bytes = read_file(disk, kRawFile).value();
    ASSERT_TRUE(replace_file(disk, kOutFile, bytes));
  });

  EXPECT_EQ(error.code, ErrorCode::corrupt);
  EXPECT_TRUE(error.message.starts_with(kOutFile + ": byte 0: ")) << error.message;
}

// Only the one commit that was under way may stand behind the end.
TEST_F(EmbeddedLogTest, RefusesAStoreThatHasLostCommits) {
  fill(0, 1);
  const Error error = refusal([&] {
    std::string frame;
    append_frame({.offset = 1, .append_time_us = 1, .witness = 3}, record("k", ""), frame);
    ASSERT_TRUE(disk.open_append(kOutFile).value()->append(frame));
  });

  EXPECT_EQ(error.code, ErrorCode::corrupt);
  EXPECT_NE(error.message.find("state/ has lost commits"), std::string::npos) << error.message;
}

TEST_F(EmbeddedLogTest, RefusesASecondWriterAndOtherDirectories) {
  open();

  EXPECT_EQ(try_open().error().code, ErrorCode::locked);
  ASSERT_TRUE(disk.make_directory("/other"));
  ASSERT_TRUE(replace_file(disk, "/other/notes.txt", "mine"));
  EXPECT_EQ(try_open("/other").error().message,
            "/other: holds \"notes.txt\" and no weir log; give a new, an empty or a weir data "
            "directory");
  log.reset();
  ASSERT_TRUE(replace_file(disk, "/log/format", "weir log format 2\n"));
  EXPECT_EQ(try_open().error().code, ErrorCode::version);
}

TEST_F(EmbeddedLogTest, AFailingReadIsAnErrorAndNotAnEnd) {
  fill(2, 0);
  RecordBatch batch;
  disk.fail_reads(true);

  EXPECT_EQ(log->read(kRaw, 0, 1, batch).error().code, ErrorCode::io);

  disk.fail_reads(false);
  EXPECT_TRUE(log->read(kRaw, 0, 1, batch));
}

TEST_F(EmbeddedLogTest, RetentionBySizeKeepsTheNewestWithinIt) {
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

TEST_F(EmbeddedLogTest, RetentionByAgeCountsBackFromTheNewestRecord) {
  open();
  ASSERT_TRUE(
      log->create_topic({.name = "weir.raw", .retention = {.max_age_us = 100}, .raw = true}));
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(append(i * 10));

  // At the beginning of the last segment the newest was 480; the one that holds 380 is kept.
  EXPECT_EQ(log->bounds(kRaw).value(), (Bounds{36, 50})) << disk.render();
}

TEST_F(EmbeddedLogTest, RetentionKeepsWhatATaskHasNotRead) {
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

TEST_F(EmbeddedLogTest, TheBudgetIsNeverPassed) {
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

TEST_F(EmbeddedLogTest, ABudgetTakesWhatWasReadBeforeWhatWasNot) {
  disk_bytes = 6000;
  open();
  ASSERT_TRUE(commit(0));  // fold/0 has read nothing of weir.raw
  for (int i = 0; i < 12; ++i) ASSERT_TRUE(append());
  for (int i = 0; i < 40; ++i)
    ASSERT_TRUE(log->append(kOut, std::vector{record("k", std::string(100, 'x'))}));

  EXPECT_EQ(log->bounds(kRaw).value(), (Bounds{0, 12}));
  EXPECT_GT(log->bounds(kOut)->start, 0);
}

TEST_F(EmbeddedLogTest, WithoutRoomAnAppendIsRefusedAndMayComeAgain) {
  disk_bytes = 2000;
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

TEST_F(EmbeddedLogTest, AFullDiskRefusesBeforeItIsFull) {
  open();
  disk.set_capacity(disk.used_bytes() + (16 << 20));

  const auto refused = append();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::exhausted);

  disk.set_capacity(disk.used_bytes() + (17 << 20));
  EXPECT_EQ(append().value(), 0);
}

}  // namespace
}  // namespace weir::runtime
