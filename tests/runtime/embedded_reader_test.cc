#include "processors/runtime/embedded_reader.h"

#include <gtest/gtest.h>

#include "processors/runtime/embedded_log.h"
#include "tests/fakes/sim_file_system.h"
#include "tests/runtime/log_contract.h"

namespace weir::runtime {
namespace {

const TopicPartition kRaw{"weir.raw", 0};
const TopicPartition kOut{"weir.out", 0};

struct Fixture : testing::Test {
  fakes::SimFileSystem disk{1};
  std::unique_ptr<EmbeddedLog> log;

  Fixture() { open(); }

  void open() {
    log.reset();
    log = EmbeddedLog::open(
              {.directory = "/log",
               .files = &disk,
               .open_store = [this](const std::string& path)
                   -> Result<std::unique_ptr<state::Store>> { return disk.open_store(path); },
               .clock = [] { return TimeUs{1}; },
               .segment_bytes = 300})
              .value();
    EXPECT_TRUE(log->create_topic({.name = "weir.raw", .raw = true}));
    EXPECT_TRUE(log->create_topic({.name = "weir.out", .partitions = 2}));
  }
  void append(int from, int count) const {
    std::vector<NewRecord> records;
    for (int i = from; i < from + count; ++i)
      records.push_back(record(std::to_string(i), std::string(60, 'r')));
    EXPECT_EQ(log->append(kRaw, records).value(), from);
  }
  void commit(int i) const {
    TaskCommit one{.task = {"fold", 0}, .input = kRaw, .position = i};
    one.outputs = {{kOut, record(std::to_string(i), std::string(60, 'o'))}};
    one.state.put("key", std::to_string(i));
    EXPECT_TRUE(log->commit({&one, 1}));
  }
};
using EmbeddedReaderTest = Fixture;

TEST_F(EmbeddedReaderTest, SeesWhatTheWriterAcknowledgedAsItComes) {
  const auto reader = EmbeddedReader::open(disk, "/log").value();
  EXPECT_EQ(render(*reader, kRaw), "[0, 0)");

  int at = 0;
  for (int i = 0; i < 20; ++i) {
    append(at, i % 4 + 1);
    at += i % 4 + 1;
    commit(i);
    ASSERT_EQ(render(*reader, kRaw), render(*log, kRaw));
    ASSERT_EQ(render(*reader, kOut), render(*log, kOut));
  }

  EXPECT_EQ(reader->topics().value(), (std::vector<std::string>{"weir.out", "weir.raw"}));
  EXPECT_EQ(reader->partitions("weir.out").value(), 2);
  const auto late = EmbeddedReader::open(disk, "/log").value();
  EXPECT_EQ(render(*late, kRaw), render(*log, kRaw));
  EXPECT_EQ(render(*late, kOut), render(*log, kOut));
}

TEST_F(EmbeddedReaderTest, NeedsNoWriter) {
  append(0, 5);
  commit(1);
  const std::string raw = render(*log, kRaw);
  const std::string out = render(*log, kOut);
  log.reset();

  const auto reader = EmbeddedReader::open(disk, "/log").value();

  EXPECT_EQ(render(*reader, kRaw), raw);
  EXPECT_EQ(render(*reader, kOut), out);
}

TEST_F(EmbeddedReaderTest, SeesNothingThatIsNotAcknowledged) {
  append(0, 2);
  commit(1);
  const std::string raw = render(*log, kRaw);
  const std::string out = render(*log, kOut);
  const auto reader = EmbeddedReader::open(disk, "/log").value();

  // An append of two of which the second is under way, and a frame of a commit that is.
  std::string frames;
  append_frame({.offset = 2, .append_time_us = 1, .more = true}, record("a", ""), frames);
  append_frame({.offset = 3, .append_time_us = 1}, record("b", ""), frames);
  ASSERT_TRUE(disk.open_append("/log/topics/weir.raw/0/" + segment_name(0))
                  .value()
                  ->append(std::string_view(frames).substr(0, frames.size() - 1)));
  std::string output;
  append_frame({.offset = 1, .append_time_us = 1, .witness = 2}, record("c", ""), output);
  ASSERT_TRUE(
      disk.open_append("/log/topics/weir.out/0/" + segment_name(0)).value()->append(output));

  EXPECT_EQ(render(*reader, kRaw), raw);
  EXPECT_EQ(render(*reader, kOut), out);
}

TEST_F(EmbeddedReaderTest, FollowsAStartThatMoves) {
  append(0, 3);
  const auto reader = EmbeddedReader::open(disk, "/log").value();
  ASSERT_EQ(reader->bounds(kRaw).value(), (Bounds{0, 3}));

  ASSERT_TRUE(
      log->create_topic({.name = "weir.raw", .retention = {.max_bytes = 600}, .raw = true}));
  for (int i = 3; i < 30; ++i) append(i, 1);

  RecordBatch batch;
  EXPECT_EQ(reader->read(kRaw, 0, 1, batch).error().code, ErrorCode::invalid_argument);
  EXPECT_GT(log->bounds(kRaw)->start, 20);
  EXPECT_EQ(render(*reader, kRaw), render(*log, kRaw));
}

TEST_F(EmbeddedReaderTest, ListsTasks) {
  commit(7);

  const auto tasks = list_tasks(*disk.open_store("/log/state")).value();

  ASSERT_EQ(tasks.size(), 1u);
  EXPECT_EQ(to_string(tasks[0].task), "fold/0");
  EXPECT_EQ(tasks[0].position, (TaskPosition{7, kRaw}));
  EXPECT_EQ(tasks[0].state_keys, 1u);
  EXPECT_EQ(tasks[0].state_bytes, 4u);
}

TEST_F(EmbeddedReaderTest, SaysWhatIsWrongWithADirectory) {
  const auto message = [&](const std::string& directory) {
    const auto opened = EmbeddedReader::open(disk, directory);
    return opened ? std::string("opened") : opened.error().message;
  };
  EXPECT_EQ(message("/none"),
            "/none: no weir log here; give the directory that `--out` or `data:` named");
  ASSERT_TRUE(replace_file(disk, "/log/format", "weir log format 2\n"));
  EXPECT_EQ(message("/log"),
            "/log/format: log format 2, and this weir reads up to 1; use a newer weir");
  ASSERT_TRUE(replace_file(disk, "/log/format", "something else"));
  EXPECT_EQ(message("/log"), "/log/format: not written by weir; give a weir data directory");
}

TEST_F(EmbeddedReaderTest, RefusesDamagedEnds) {
  const auto reader = EmbeddedReader::open(disk, "/log").value();
  disk.flip("/log/ends", 25);

  const auto bounds = reader->bounds(kRaw);

  ASSERT_FALSE(bounds);
  EXPECT_EQ(bounds.error().code, ErrorCode::corrupt);
  EXPECT_TRUE(bounds.error().message.starts_with("/log/ends: ")) << bounds.error().message;
}

TEST_F(EmbeddedReaderTest, RefusesMissingEnds) {
  const auto reader = EmbeddedReader::open(disk, "/log").value();
  ASSERT_TRUE(disk.remove("/log/ends"));
  EXPECT_EQ(reader->topics().value(), std::vector<std::string>{});  // as a first opening leaves it
  append(0, 1);
  ASSERT_FALSE(disk.open_read("/log/ends"));

  const auto topics = reader->topics();

  ASSERT_FALSE(topics);
  EXPECT_EQ(topics.error().code, ErrorCode::corrupt);
  EXPECT_EQ(topics.error().message,
            "/log/ends: the published ends are missing; open the directory once with a command "
            "that writes it (weir up, weir replay --out, weir import --append), which writes them "
            "anew");
}

TEST_F(EmbeddedReaderTest, NamesAMissingSegment) {
  const std::string says =
      ": the segment with offset 0 is missing; restore the directory from a copy, or import and "
      "replay into a new one";
  append(0, 1);
  commit(1);
  log.reset();
  for (const TopicPartition& where : {kRaw, kOut}) {
    const std::string directory = "/log/topics/" + to_string(where);
    const std::string file = directory + "/" + segment_name(0);
    RecordBatch batch;
    const auto before = EmbeddedReader::open(disk, "/log").value();
    ASSERT_TRUE(before->read(where, 0, 1, batch));
    ASSERT_TRUE(disk.remove(file));

    const auto known = before->read(where, 0, 1, batch);
    const auto found = EmbeddedReader::open(disk, "/log").value()->bounds(where);

    ASSERT_FALSE(known || found) << to_string(where);
    EXPECT_EQ(found.error().code, ErrorCode::corrupt);
    EXPECT_EQ(found.error().message, directory + says);
    EXPECT_EQ(known.error().code, ErrorCode::corrupt);
    EXPECT_TRUE(known.error().message.ends_with(says)) << known.error().message;
  }
}

}  // namespace
}  // namespace weir::runtime
