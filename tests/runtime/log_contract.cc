#include "tests/runtime/log_contract.h"

#include <thread>
#include <vector>

#include <absl/strings/str_split.h>

namespace weir::runtime {

std::string render(const Reader& log, const TopicPartition& where) {
  const auto bounds = log.bounds(where);
  if (!bounds) return bounds.error().message;
  std::string text = fmt::format("[{}, {})", bounds->start, bounds->end);
  RecordBatch batch;
  for (std::int64_t at = bounds->start; at < bounds->end;) {
    if (const auto read = log.read(where, at, 1 << 20, batch); !read)
      return text + " " + read.error().message;
    for (const Record& record : batch.records)
      text += fmt::format(" {}@{} {}={}", record.offset, record.append_time_us, record.key,
                          record.value);
    at += std::ssize(batch.records);
  }
  return text;
}

std::string contents(const Reader& log, const TopicPartition& where) {
  const auto bounds = log.bounds(where);
  if (!bounds) return bounds.error().message;
  std::string text;
  RecordBatch batch;
  for (std::int64_t at = bounds->start; at < bounds->end;) {
    if (const auto read = log.read(where, at, 1 << 20, batch); !read)
      return text + " " + read.error().message;
    for (const Record& record : batch.records) {
      EXPECT_GE(record.offset, at);
      text += fmt::format("{}{}={}", text.empty() ? "" : " ", record.key, record.value);
      at = record.offset + 1;
    }
    at = std::max(at, batch.next);
  }
  return text;
}

std::string render_task(const Log& log, const TaskId& task) {
  std::string text = std::to_string(log.position(task).value());
  const auto store = log.task_store(task);
  EXPECT_TRUE(store->scan("", "", [&](std::string_view key, std::string_view value) {
    text += fmt::format(" {}={}", key, value);
    return true;
  }));
  return text;
}

NewRecord record(std::string key, std::string value) {
  return {.key = std::move(key), .value = std::move(value)};
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(OwnLogContract);

namespace {

const TopicPartition kRaw{"weir.raw", 0};
const TopicPartition kOut{"weir.out", 0};
const TaskId kTask{"fold", 0};

std::vector<NewRecord> records(std::initializer_list<const char*> values) {
  std::vector<NewRecord> all;
  for (const char* value : values) all.push_back(record("k", value));
  return all;
}

TaskCommit commit_of(const TaskId& task, std::int64_t position, std::vector<Output> outputs) {
  TaskCommit commit{.task = task, .input = {kRaw.topic, task.partition}, .position = position};
  commit.outputs = std::move(outputs);
  return commit;
}

Result<void> commit(Log& log, TaskCommit one) { return log.commit({&one, 1}); }

void create_topics(Log& log) {
  ASSERT_TRUE(log.create_topic({.name = "weir.raw", .partitions = 4, .raw = true}));
  ASSERT_TRUE(log.create_topic({.name = "weir.out", .partitions = 3}));
}

TEST_P(LogContract, AppendsAreReadAsTheyWereGiven) {
  create_topics(log());
  const Id id{1, 2, 3};
  const std::vector<NewRecord> given = {
      {.key = "key", .content_type = std::string(kJsonType), .value = "{}", .id = id},
      {.key = "", .value = std::string("\0\xff", 2), .append_time_us = 5'000}};

  EXPECT_EQ(log().append(kRaw, given).value(), 0);

  RecordBatch batch;
  ASSERT_TRUE(log().read(kRaw, 0, 1 << 20, batch));
  ASSERT_EQ(batch.records.size(), 2u);
  EXPECT_EQ(batch.records[0].content_type, kJsonType);
  EXPECT_EQ(batch.records[0].id, id);
  EXPECT_EQ(batch.records[0].key, "key");
  EXPECT_EQ(batch.records[0].value, "{}");
  EXPECT_EQ(batch.records[1].content_type, kProtobufType);
  EXPECT_EQ(batch.records[1].id, std::nullopt);
  EXPECT_EQ(batch.records[1].value, std::string_view("\0\xff", 2));
}

TEST_P(OwnLogContract, OffsetsFollowEachOtherAndTimesAreOfTheClock) {
  create_topics(log());

  EXPECT_EQ(log().append(kRaw, records({"a", "b"})).value(), 0);
  EXPECT_EQ(log().append(kRaw, records({"c"})).value(), 2);
  EXPECT_EQ(log().append({"weir.raw", 1}, records({"d"})).value(), 0);
  EXPECT_EQ(log().append(kRaw, {}).value(), 3);

  EXPECT_EQ(render(log(), kRaw), "[0, 3) 0@1000 k=a 1@1000 k=b 2@1000 k=c");
  EXPECT_EQ(render(log(), {"weir.raw", 1}), "[0, 1) 0@1000 k=d");
}

TEST_P(LogContract, OffsetsGrowAndPartitionsAreApart) {
  create_topics(log());

  EXPECT_EQ(log().append(kRaw, records({"a", "b"})).value(), 0);
  EXPECT_EQ(log().append(kRaw, records({"c"})).value(), 2);
  EXPECT_EQ(log().append({"weir.raw", 1}, records({"d"})).value(), 0);
  EXPECT_EQ(log().append(kRaw, {}).value(), 3);

  EXPECT_EQ(contents(log(), kRaw), "k=a k=b k=c");
  EXPECT_EQ(contents(log(), {"weir.raw", 1}), "k=d");
}

TEST_P(LogContract, ReadsFromAnOffsetWithinTheBytesAskedFor) {
  create_topics(log());
  std::vector<NewRecord> given;
  for (int i = 0; i < 1000; ++i) given.push_back(record("k", std::string(1000, 'x')));
  ASSERT_TRUE(log().append(kRaw, given));

  RecordBatch batch;
  for (const std::int64_t from : {0, 1, 500, 999, 250}) {
    ASSERT_TRUE(log().read(kRaw, from, 10'000, batch));
    ASSERT_FALSE(batch.records.empty());
    EXPECT_EQ(batch.records.front().offset, from);
    EXPECT_LE(batch.records.size(), 12u);
    ASSERT_TRUE(log().read(kRaw, from, 1, batch));
    EXPECT_EQ(batch.records.size(), 1u);
  }
  ASSERT_TRUE(log().read(kRaw, 1000, 10'000, batch));
  EXPECT_TRUE(batch.records.empty());
  EXPECT_EQ(log().read(kRaw, 1001, 1, batch).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(log().read(kRaw, -1, 1, batch).error().code, ErrorCode::invalid_argument);
}

TEST_P(LogContract, ABatchMovesWithWhatItsViewsPointInto) {
  create_topics(log());
  ASSERT_TRUE(log().append(kRaw, std::vector{record("", "v")}));
  RecordBatch batch;
  ASSERT_TRUE(log().read(kRaw, 0, 1, batch));

  const RecordBatch moved = std::move(batch);

  EXPECT_EQ(moved.records[0].value, "v");
  const bool copied = moved.owner == nullptr;
  if (copied) {
    EXPECT_GE(moved.records[0].value.data(), moved.bytes.data());
    EXPECT_LT(moved.records[0].value.data(), moved.bytes.data() + moved.bytes.size());
  }
}

TEST_P(OwnLogContract, AppendTimesNeverGoBack) {
  create_topics(log());
  ASSERT_TRUE(log().append(kRaw, records({"a"})));
  home_->now = 900;
  ASSERT_TRUE(log().append(kRaw, records({"b"})));
  ASSERT_TRUE(log().append(kRaw, std::vector<NewRecord>{{.key = "k", .append_time_us = 2'000}}));
  home_->reopen();
  home_->now = 1'500;
  ASSERT_TRUE(log().append(kRaw, records({"c"})));

  EXPECT_EQ(render(log(), kRaw), "[0, 4) 0@1000 k=a 1@1000 k=b 2@2000 k= 3@2000 k=c");
}

TEST_P(LogContract, ACommitIsOutputsStateAndPositionsOfAllItsTasks) {
  create_topics(log());
  std::vector<TaskCommit> commits;
  commits.push_back(
      commit_of(kTask, 7, {{kOut, record("a", "1")}, {{"weir.out", 2}, record("b", "2")}}));
  commits.back().state.put("key", "value");
  commits.push_back(commit_of({"fold", 1}, 9, {{kOut, record("c", "3")}}));

  ASSERT_TRUE(log().commit(commits));

  EXPECT_EQ(contents(log(), kOut), "a=1 c=3");
  EXPECT_EQ(contents(log(), {"weir.out", 1}), "");
  EXPECT_EQ(contents(log(), {"weir.out", 2}), "b=2");
  EXPECT_EQ(render_task(log(), kTask), "7 key=value");
  EXPECT_EQ(render_task(log(), {"fold", 1}), "9");
}

TEST_P(LogContract, StateIsATasksOwn) {
  create_topics(log());
  const TaskId tasks[] = {{"kpi", 0}, {"kpi", 1}, {"kp", 0}};
  for (const TaskId& task : tasks) {
    TaskCommit one = commit_of(task, 1, {});
    one.state.put("key", to_string(task));
    ASSERT_TRUE(commit(log(), std::move(one)));
  }
  TaskCommit erases = commit_of({"kpi", 1}, 2, {});
  erases.state.erase("key");
  ASSERT_TRUE(commit(log(), std::move(erases)));

  EXPECT_EQ(render_task(log(), tasks[0]), "1 key=kpi/0");
  EXPECT_EQ(render_task(log(), tasks[1]), "2");
  EXPECT_EQ(render_task(log(), tasks[2]), "1 key=kp/0");
}

TEST_P(OwnLogContract, TasksOfAnyNumberAreApart) {
  create_topics(log());
  for (const std::int32_t partition : {1, 256, 257}) {
    TaskCommit one = commit_of({"kpi", partition}, partition, {});
    one.state.put("key", std::to_string(partition));
    ASSERT_TRUE(commit(log(), std::move(one)));
  }
  EXPECT_EQ(render_task(log(), {"kpi", 1}), "1 key=1");
  EXPECT_EQ(render_task(log(), {"kpi", 256}), "256 key=256");
  EXPECT_EQ(render_task(log(), {"kpi", 257}), "257 key=257");
  EXPECT_EQ(render_task(log(), {"kpi", 2}), "0");
}

TEST_P(LogContract, StateHasEmptyValuesAndLosesErasedKeys) {
  create_topics(log());
  TaskCommit one = commit_of(kTask, 1, {});
  one.state.put("empty", "");
  one.state.put("gone", "x");
  one.state.put(std::string("\0\xff", 2), "bytes");
  ASSERT_TRUE(commit(log(), std::move(one)));
  TaskCommit two = commit_of(kTask, 2, {});
  two.state.erase("gone");
  ASSERT_TRUE(commit(log(), std::move(two)));

  const std::string expected = "2 " + std::string("\0\xff", 2) + "=bytes empty=";
  EXPECT_EQ(render_task(log(), kTask), expected);
  home_->reopen();
  EXPECT_EQ(render_task(log(), kTask), expected);
}

TEST_P(LogContract, ARefusedCommitChangesNothing) {
  create_topics(log());
  const auto refused = [&](Output output) {
    TaskCommit one = commit_of(kTask, 5, {{kOut, record("good", "")}, std::move(output)});
    one.state.put("key", "value");
    return commit(log(), std::move(one)).error().code;
  };

  EXPECT_EQ(refused({kOut, record("big", std::string(kMaxRecordBytes, 'x'))}),
            ErrorCode::invalid_argument);
  EXPECT_EQ(refused({{"weir.none", 0}, record("", "")}), ErrorCode::not_found);
  EXPECT_EQ(refused({{"weir.out", 3}, record("", "")}), ErrorCode::not_found);
  EXPECT_EQ(refused({kRaw, record("", "")}), ErrorCode::invalid_argument);

  EXPECT_EQ(contents(log(), kOut), "");
  EXPECT_EQ(render_task(log(), kTask), "0");
  EXPECT_TRUE(commit(log(), commit_of(kTask, 1, {})));
}

TEST_P(LogContract, ARecordMayBeAsLargeAsAllowedAndNoLarger) {
  create_topics(log());
  const auto big = [](std::size_t bytes) {
    return std::vector{record("", std::string(bytes, 'x'))};
  };

  EXPECT_TRUE(log().append(kRaw, big(kMaxRecordBytes)));
  const auto refused = log().append(kRaw, big(kMaxRecordBytes + 1));

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument);
  EXPECT_NE(refused.error().message.find("weir.raw/0"), std::string::npos);
  RecordBatch batch;
  ASSERT_TRUE(log().read(kRaw, 0, 1, batch));
  EXPECT_EQ(batch.records[0].value.size(), kMaxRecordBytes);
}

TEST_P(LogContract, ProducersMayAppendToATopicOfCommits) {
  create_topics(log());
  ASSERT_TRUE(commit(log(), commit_of(kTask, 1, {{kOut, record("a", "")}})));

  EXPECT_GE(log().append(kOut, records({"b", "c"})).value(), 1);
  ASSERT_TRUE(commit(log(), commit_of(kTask, 2, {{kOut, record("d", "")}})));

  home_->reopen();
  EXPECT_EQ(contents(log(), kOut), "a= k=b k=c d=");
}

TEST_P(LogContract, ATopicKeepsItsShape) {
  create_topics(log());

  EXPECT_TRUE(log().create_topic(
      {.name = "weir.out", .partitions = 3, .retention = {.max_bytes = 1 << 20}}));
  EXPECT_EQ(log().create_topic({.name = "weir.out", .partitions = 4}).error().code,
            ErrorCode::invalid_argument);
  EXPECT_EQ(log().create_topic({.name = "weir.raw", .partitions = 4}).error().code,
            ErrorCode::invalid_argument);
  for (const char* name : {"", "../up", "Upper", "a/b", ".hidden"})
    EXPECT_EQ(log().create_topic({.name = name}).error().code, ErrorCode::invalid_argument) << name;
  EXPECT_EQ(log().create_topic({.name = "none", .partitions = 0}).error().code,
            ErrorCode::invalid_argument);

  EXPECT_EQ(log().partitions("weir.out").value(), 3);
  EXPECT_EQ(log().partitions("weir.none").error().code, ErrorCode::not_found);
  EXPECT_EQ(log().bounds({"weir.out", 3}).error().code, ErrorCode::not_found);
  EXPECT_EQ(log().append({"weir.none", 0}, records({"a"})).error().code, ErrorCode::not_found);
}

TEST_P(LogContract, ReopeningKeepsEverything) {
  create_topics(log());
  ASSERT_TRUE(log().append(kRaw, records({"a"})));
  TaskCommit one = commit_of(kTask, 1, {{kOut, record("x", "1")}});
  one.state.put("key", "value");
  ASSERT_TRUE(commit(log(), std::move(one)));
  const auto everything = [&] {
    return contents(log(), kRaw) + ", " + contents(log(), kOut) + ", " + render_task(log(), kTask);
  };
  const std::string before = everything();

  home_->reopen();
  EXPECT_EQ(everything(), before);
  home_->reopen();
  EXPECT_EQ(everything(), before);

  create_topics(log());
  ASSERT_TRUE(log().append(kRaw, records({"b"})));
  ASSERT_TRUE(commit(log(), commit_of(kTask, 2, {{kOut, record("y", "2")}})));
  EXPECT_EQ(everything(), "k=a k=b, x=1 y=2, 2 key=value");
}

TEST_P(LogContract, AReaderFollowsWhatIsBeingWritten) {
  create_topics(log());
  constexpr std::int64_t kRecords = 200;
  std::string seen;
  {
    const std::jthread reader([&] {
      RecordBatch batch;
      for (std::int64_t at = 0; at < kRecords; at += std::ssize(batch.records)) {
        const auto read = log().read(kRaw, at, 1'000, batch);
        ASSERT_TRUE(read) << read.error().message;
        for (const Record& record : batch.records) seen += fmt::format("{} ", record.key);
      }
    });
    for (std::int64_t i = 0; i < kRecords; i += 2) {
      ASSERT_TRUE(log().append(kRaw, std::vector{record(std::to_string(i), std::string(300, 'x')),
                                                 record(std::to_string(i + 1), "")}));
    }
  }

  std::string written;
  for (std::int64_t i = 0; i < kRecords; ++i) written += fmt::format("{} ", i);
  EXPECT_EQ(seen, written);
}

TEST_P(LogContract, ManyThreadsAppendAndCommitAtOnce) {
  create_topics(log());
  constexpr int kThreads = 4;
  constexpr int kRounds = 25;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([this, t] {
        for (int i = 1; i <= kRounds; ++i) {
          EXPECT_TRUE(log().append(kRaw, std::vector{record(std::to_string(t), "r")}));
          const TaskId task{"fold", t};
          TaskCommit one =
              commit_of(task, i, {{kOut, record(std::to_string(t), std::to_string(i))}});
          one.state.put("last", std::to_string(i));
          EXPECT_TRUE(commit(log(), std::move(one)));
        }
      });
    }
  }

  home_->reopen();
  EXPECT_EQ(log().bounds(kRaw).value(), (Bounds{0, kThreads * kRounds}));
  for (int t = 0; t < kThreads; ++t)
    EXPECT_EQ(render_task(log(), TaskId{"fold", t}), fmt::format("{0} last={0}", kRounds));
  // Each task's outputs stand in its own order.
  std::vector<int> next(kThreads, 1);
  const std::vector<std::string> told = absl::StrSplit(contents(log(), kOut), ' ');
  for (const std::string& each : told) {
    const auto task = static_cast<std::size_t>(each.front() - '0');
    EXPECT_EQ(each.substr(2), std::to_string(next[task]++));
  }
  EXPECT_EQ(next, std::vector<int>(kThreads, kRounds + 1));
}

}  // namespace
}  // namespace weir::runtime
