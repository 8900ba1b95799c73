// The embedded log on a disk that loses power or fails at every single operation: what was
// acknowledged is there, the rest is there whole or not at all, and the work can go on.
#include <gtest/gtest.h>

#include "processors/runtime/embedded_log.h"
#include "tests/fakes/sim_file_system.h"
#include "tests/runtime/log_contract.h"

namespace weir::runtime {
namespace {

using fakes::SimFileSystem;

const TopicPartition kRaw{"weir.raw", 0};
constexpr int kSteps = 12;

Result<std::unique_ptr<EmbeddedLog>> open(SimFileSystem& disk, std::uint64_t segment_bytes = 300) {
  return EmbeddedLog::open(
      {.directory = "/data/log",
       .files = &disk,
       .open_store = [&disk](const std::string& path) -> Result<std::unique_ptr<state::Store>> {
         return disk.open_store(path);
       },
       .clock = [] { return TimeUs{1}; },
       .segment_bytes = segment_bytes,
       .sync_threads = 1});
}

// Step `i` of a fixed piece of work: a raw append of several records, or a commit of two tasks.
Result<void> do_step(EmbeddedLog& log, int i) {
  const std::string name = std::to_string(i);
  if (i == 0) return log.create_topic({.name = "weir.raw", .raw = true});
  if (i == 1) return log.create_topic({.name = "weir.out", .partitions = 2});
  if (i % 2 == 0) {
    // The first fills a segment, so that one append stands in two.
    const std::vector records = {record("a", std::string(250, 'x')), record("b", name),
                                 record("c", name)};
    const auto appended = log.append(kRaw, records);
    if (!appended) return std::unexpected(appended.error());
    return {};
  }
  std::vector<TaskCommit> commits;
  for (std::int32_t task = 0; task < 2; ++task) {
    commits.push_back({.task = {"fold", task}, .input = kRaw, .position = i});
    commits.back().outputs = {{{"weir.out", 0}, record("to0", name)},
                              {{"weir.out", 1}, record("to1", std::string(130, 'y'))}};
    commits.back().state.put("k" + name, name);
    commits.back().state.put("last", name);
  }
  return log.commit(commits);
}

std::string everything(const EmbeddedLog& log) {
  std::string text;
  for (const TopicPartition& where : {kRaw, {"weir.out", 0}, {"weir.out", 1}})
    text += fmt::format("{}: {}\n", to_string(where), render(log, where));
  for (std::int32_t task = 0; task < 2; ++task)
    text += fmt::format("fold/{}: {}\n", task, render_task(log, {"fold", task}));
  return text;
}

// What is there after each number of steps, without any fault; and how many operations that takes.
struct Expected {
  std::vector<std::string> after;
  std::uint64_t operations = 0;

  Expected() {
    SimFileSystem disk;
    const auto log = open(disk).value();
    after.push_back(everything(*log));
    for (int i = 0; i < kSteps; ++i) {
      EXPECT_TRUE(do_step(*log, i));
      after.push_back(everything(*log));
    }
    operations = disk.operations();
  }
};

// Opens the log after a fault that hit while step `done` was under way, finds all of that step or
// nothing of it, and does the rest of the work.
void expect_recovery(SimFileSystem& disk, int done, const Expected& expected) {
  auto log = open(disk);
  ASSERT_TRUE(log) << log.error().message;
  const auto at = static_cast<std::size_t>(done);
  const std::string found = everything(**log);
  const bool next = at + 1 < expected.after.size() && found == expected.after[at + 1];
  ASSERT_EQ(found, expected.after[at + (next ? 1 : 0)]);
  for (int i = done + (next ? 1 : 0); i < kSteps; ++i) {
    const auto step = do_step(**log, i);
    ASSERT_TRUE(step) << step.error().message;
  }
  ASSERT_EQ(everything(**log), expected.after.back());
}

int steps_until_error(SimFileSystem& disk) {
  const auto log = open(disk);
  if (!log) return 0;
  for (int i = 0; i < kSteps; ++i) {
    if (!do_step(**log, i)) {
      if (i >= 2) {  // a write failed: nothing goes on after it
        EXPECT_FALSE((*log)->append(kRaw, std::vector{record("late", "")}));
        EXPECT_FALSE(do_step(**log, 3));
      }
      return i;
    }
  }
  return kSteps;
}

TEST(EmbeddedCrash, LosingPowerAtAnyOperationLosesNothingAcknowledged) {
  const Expected expected;
  for (std::uint64_t n = 0; n < expected.operations; ++n) {
    for (std::uint64_t seed = 0; seed < 8; ++seed) {
      SCOPED_TRACE(fmt::format("power lost at operation {} with seed {}", n, seed));
      SimFileSystem disk(seed * 1000 + n);
      disk.crash_at(n);
      const int done = steps_until_error(disk);
      disk.restart();
      expect_recovery(disk, done, expected);
      if (HasFatalFailure()) return;
    }
  }
}

TEST(EmbeddedCrash, LosingPowerAgainWhileRecoveringChangesNothing) {
  const Expected expected;
  for (std::uint64_t n = 0; n < expected.operations; ++n) {
    SimFileSystem disk(n);
    disk.crash_at(n);
    const int done = steps_until_error(disk);
    for (std::uint64_t again = 0; again < 6; ++again) {
      disk.restart();
      disk.crash_at(disk.operations() + again);
      (void)open(disk);
    }
    disk.restart();
    SCOPED_TRACE(fmt::format("power lost at operation {} and in every recovery", n));
    expect_recovery(disk, done, expected);
    if (HasFatalFailure()) return;
  }
}

// Bytes and files that recovery removed must not come back behind what was written meanwhile, nor
// as those of an older commit than the one that is then expected.
TEST(EmbeddedCrash, WhatWasCutOffStaysCutOff) {
  const Expected expected;
  for (std::uint64_t n = 0; n < expected.operations; ++n) {
    for (std::uint64_t seed = 0; seed < 8; ++seed) {
      SCOPED_TRACE(fmt::format("power lost at operation {} with seed {}", n, seed));
      SimFileSystem disk(seed * 1000 + n);
      disk.crash_at(n);
      if (steps_until_error(disk) < 2) continue;
      disk.restart();
      std::string acknowledged;
      {
        const auto log = open(disk).value();
        for (std::int64_t i = 100; i < 103; ++i) {
          TaskCommit one{.task = {"fold", 0}, .input = kRaw, .position = i};
          one.outputs = {{{"weir.out", static_cast<std::int32_t>(seed % 2)}, record("other", "")}};
          ASSERT_TRUE(log->commit({&one, 1}));
        }
        if (seed % 4 < 2) {
          ASSERT_TRUE(log->append(kRaw, std::vector{record("other", "")}));
        }
        acknowledged = everything(*log);
        disk.restart();
      }

      const auto log = open(disk);

      ASSERT_TRUE(log) << log.error().message;
      ASSERT_EQ(everything(**log), acknowledged);
    }
  }
}

TEST(EmbeddedCrash, AnOperationThatFailsEndsTheLogAndLosesNothingAcknowledged) {
  const Expected expected;
  for (std::uint64_t n = 0; n < expected.operations; ++n) {
    for (const bool power_too : {false, true}) {
      SCOPED_TRACE(fmt::format("operation {} failed, power lost then: {}", n, power_too));
      SimFileSystem disk(n);
      disk.fail_at(n);
      const int done = steps_until_error(disk);
      if (power_too) disk.restart();
      expect_recovery(disk, done, expected);
      if (HasFatalFailure()) return;
    }
  }
}

// Retention runs beside appends; a crash anywhere in it leaves a start and all records behind it.
TEST(EmbeddedCrash, LosingPowerWhileRecordsExpireLeavesAWholeRest) {
  const auto work = [](EmbeddedLog& log) -> std::int64_t {
    if (!log.create_topic({.name = "weir.raw", .retention = {.max_bytes = 700}, .raw = true}))
      return 0;
    std::int64_t next = log.bounds(kRaw)->end;
    while (next < 20) {
      const auto appended =
          log.append(kRaw, std::vector{record(std::to_string(next), std::string(100, 'x'))});
      if (!appended) break;
      next = *appended + 1;
    }
    return next;
  };
  std::uint64_t operations = 0;
  {
    SimFileSystem disk;
    const auto log = open(disk).value();
    ASSERT_EQ(work(*log), 20);
    ASSERT_GT(log->bounds(kRaw)->start, 10);
    operations = disk.operations();
  }
  for (std::uint64_t n = 0; n < operations; ++n) {
    SCOPED_TRACE(fmt::format("power lost at operation {}", n));
    SimFileSystem disk(n);
    disk.crash_at(n);
    std::int64_t acknowledged = 0;
    if (const auto log = open(disk)) acknowledged = work(**log);
    disk.restart();

    const auto log = open(disk).value();
    ASSERT_EQ(work(*log), 20);
    const Bounds bounds = log->bounds(kRaw).value();
    ASSERT_GE(bounds.end, acknowledged);
    RecordBatch batch;
    for (std::int64_t at = bounds.start; at < bounds.end; ++at) {
      const auto read = log->read(kRaw, at, 1, batch);
      ASSERT_TRUE(read) << read.error().message;
      ASSERT_EQ(batch.records[0].key, std::to_string(at));
    }
    const auto files = disk.list("/data/log/topics/weir.raw/0").value();
    ASSERT_LE(files.size(), 4u) << disk.render();
  }
}

}  // namespace
}  // namespace weir::runtime
