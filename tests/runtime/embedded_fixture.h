// An embedded log on a simulated disk, with one raw topic and one of commits.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "processors/runtime/embedded_log.h"
#include "tests/fakes/sim_file_system.h"
#include "tests/runtime/log_contract.h"

namespace weir::runtime {

inline const TopicPartition kRaw{"weir.raw", 0};
inline const TopicPartition kOut{"weir.out", 0};
inline const std::string kRawFile = "/log/topics/weir.raw/0/00000000000000000000.log";
inline const std::string kOutFile = "/log/topics/weir.out/0/00000000000000000000.log";
inline constexpr std::uint64_t kHeader = 36 + 8;  // of either topic's segment
inline constexpr std::uint64_t kFrame = kFrameHeaderBytes + 1 + 100;

struct EmbeddedLogTest : testing::Test {
  fakes::SimFileSystem disk{1};
  std::uint64_t disk_bytes = std::uint64_t{20} << 30;
  std::uint64_t segment_bytes = 500;
  TimeUs now = 1;
  std::unique_ptr<EmbeddedLog> log;

  Result<std::unique_ptr<EmbeddedLog>> try_open(const std::string& directory = "/log") {
    return EmbeddedLog::open(
        {.directory = directory,
         .files = &disk,
         .open_store = [this](const std::string& path) -> Result<std::unique_ptr<state::Store>> {
           return disk.open_store(path);
         },
         .clock = [this] { return now; },
         .disk_bytes = disk_bytes,
         .segment_bytes = segment_bytes,
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

}  // namespace weir::runtime
