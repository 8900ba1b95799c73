// The log's contract as one test suite. A home of the log instantiates it:
//   INSTANTIATE_TEST_SUITE_P(Memory, LogContract,
//                            testing::Values(LogHomeMaker{"memory", ...}), ...);
// A home of ours, whose offsets have no gaps and whose clock the test sets, OwnLogContract as well.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "processors/runtime/log.h"

namespace weir::runtime {

/// A log in its home, with a clock that the test sets.
class LogHome {
 public:
  virtual ~LogHome() = default;

  virtual Log& log() = 0;
  /// Ends the process that has the log and starts another one.
  virtual void reopen() = 0;

  TimeUs now = 1'000;
};

struct LogHomeMaker {
  const char* name;
  std::unique_ptr<LogHome> (*make)();
};
inline std::string name_of(const testing::TestParamInfo<LogHomeMaker>& info) {
  return info.param.name;
}

class LogContract : public testing::TestWithParam<LogHomeMaker> {
 protected:
  Log& log() { return home_->log(); }

  std::unique_ptr<LogHome> home_ = GetParam().make();
};

/// What only homes of ours promise.
class OwnLogContract : public LogContract {};

/// The records of a partition: "key=value key=value".
std::string contents(const Reader& log, const TopicPartition& where);
/// Everything readable of a partition of a home of ours: "[start, end) offset@time key=value …".
std::string render(const Reader& log, const TopicPartition& where);
/// The committed state of a task: "position key=value …".
std::string render_task(const Log& log, const TaskId& task);
/// A record with key and value.
NewRecord record(std::string key, std::string value);

}  // namespace weir::runtime
