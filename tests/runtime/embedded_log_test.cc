// What only the embedded log has: damage, one writer. Its budget and retention: embedded_room_test.
#include "tests/runtime/embedded_fixture.h"

namespace weir::runtime {
namespace {

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

TEST_F(EmbeddedLogTest, ARefusalLeavesEveryFileAsItWas) {
  fill(2, 1);
  ASSERT_TRUE(log->create_topic({.name = "weir.second"}));
  TaskCommit second{.task = {"fold", 0}, .input = kRaw, .position = 2};
  second.outputs = {{{"weir.second", 0}, record("k", "")}};
  ASSERT_TRUE(log->commit({&second, 1}));
  const std::string second_file = "/log/topics/weir.second/0/" + segment_name(0);
  std::string files;

  const Error error = refusal([&] {
    // What a crash leaves in one topic, and in the next one what it does not.
    for (const auto& [file, commit] : {std::pair{kOutFile, 3u}, {second_file, 5u}}) {
      std::string frame;
      append_frame({.offset = 1, .append_time_us = 1, .witness = commit}, record("k", ""), frame);
      ASSERT_TRUE(disk.open_append(file).value()->append(frame));
    }
    files = disk.render();
  });

  EXPECT_EQ(error.code, ErrorCode::corrupt);
  EXPECT_TRUE(error.message.starts_with(second_file)) << error.message;
  EXPECT_EQ(disk.render(), files);
}

TEST_F(EmbeddedLogTest, RefusesAStateThatLostTheFirstCommit) {
  fill(0, 1);
  std::string files;

  const Error error = refusal([&] {
    disk.remove_store("/log/state");
    files = disk.render();
  });

  EXPECT_EQ(error.code, ErrorCode::corrupt);
  EXPECT_EQ(error.message,
            "/log: weir.out/0 ends at offset 0, and 1 had been acknowledged: state/ or segments "
            "have lost records; restore the directory from a copy, or import and replay into a new "
            "one");
  EXPECT_EQ(disk.render(), files);
}

TEST_F(EmbeddedLogTest, RefusesToMakeATopicThatHasRecords) {
  fill(0, 1);
  log.reset();
  disk.remove_store("/log/state");
  ASSERT_TRUE(disk.remove("/log/ends"));
  log = try_open().value();

  const auto made = log->create_topic({.name = "weir.out"});

  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::corrupt);
  EXPECT_EQ(made.error().message,
            "/log/topics/weir.out/0: holds records of a topic that state/ does not know: it has "
            "lost what was acknowledged; restore the directory from a copy, or import and replay "
            "into a new one");
}

// Nothing behind it says that it had been durable, but the published ends do.
TEST_F(EmbeddedLogTest, DoesNotTakeADamagedLastRecordForATornTail) {
  fill(3, 1);
  disk.fail_at(disk.operations());
  ASSERT_FALSE(append());  // so that closing the log does not remember the end

  const Error error = refusal([&] { disk.flip(kRawFile, kHeader + 2 * kFrame + 60); });

  EXPECT_EQ(error.code, ErrorCode::corrupt);
  EXPECT_TRUE(
      error.message.starts_with("/log: weir.raw/0 ends at offset 2, and 3 had been acknowledged: "))
      << error.message;
}

// They are not synced: after a loss of power they may be anything.
TEST_F(EmbeddedLogTest, WritesThePublishedEndsAnew) {
  fill(1, 1);
  const std::string ends = read_file(disk, "/log/ends").value();
  for (const bool missing : {false, true}) {
    SCOPED_TRACE(missing);
    log.reset();
    if (missing) {
      ASSERT_TRUE(disk.remove("/log/ends"));
    } else {
      disk.flip("/log/ends", 25);
    }

    open();

    EXPECT_EQ(to_hex(read_file(disk, "/log/ends").value()), to_hex(ends));
  }
}

TEST_F(EmbeddedLogTest, NamesAFileThatIsMissedWhileItRuns) {
  fill(1, 1);
  ASSERT_TRUE(disk.remove(kOutFile));
  RecordBatch batch;

  const auto read = log->read(kOut, 0, 1, batch);

  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::corrupt);
  EXPECT_EQ(read.error().message,
            kOutFile +
                ": the segment with offset 0 is missing; restore the directory from a copy, or "
                "import and replay into a new one");
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

// What fails half-way is no refusal: whoever waits for room would wait for ever.
TEST_F(EmbeddedLogTest, AWriteThatFindsTheDiskFullStopsTheLog) {
  for (const bool by_commit : {false, true}) {
    SCOPED_TRACE(by_commit);
    open();
    disk.fail_at(disk.operations(), ErrorCode::exhausted);

    const ErrorCode first = by_commit ? commit(1).error().code : append().error().code;

    EXPECT_EQ(first, ErrorCode::io);

    EXPECT_EQ(append().error().code, ErrorCode::io);
    EXPECT_EQ(commit(1).error().code, ErrorCode::io);
    RecordBatch batch;
    EXPECT_EQ(log->read(kRaw, 0, 1, batch).error().code, ErrorCode::io);
  }
}

}  // namespace
}  // namespace weir::runtime
