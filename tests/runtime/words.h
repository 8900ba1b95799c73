// A processor whose input says what it does, over a log in memory: for tests of tasks and workers.
// A record is "<watermark in seconds> <word>"; each word goes to the output with a running number
// from the store, and some do more:
//
//   step2   opens a step of two resumes, each of which puts out a word
//   full    asks for a commit before anything else is taken
//   urgent  asks for a commit soon
//   fail    is an error
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "processors/runtime/processor.h"
#include "tests/fakes/memory_log.h"

namespace weir::runtime {

class Words final : public Processor {
 public:
  Result<void> open(TaskContext& context) override;
  Result<std::size_t> process(std::span<const Record> records, TaskContext& context) override;
  bool in_step() const override { return resumes_ > 0; }
  Result<void> resume(TaskContext& context) override;
  Result<void> prepare_commit(TaskContext& context) override;
  Result<void> end_of_input(TaskContext& context) override;
  bool commit_required() const override { return full_; }
  bool commit_urgent() const override { return urgent_; }
  TimeUs watermark() const override { return watermark_; }

 private:
  void tell(std::string_view word, TaskContext& context);

  TimeUs watermark_ = kMinTime;
  int words_ = 0;
  int resumes_ = 0;
  bool full_ = false;
  bool urgent_ = false;
  bool ended_ = false;
};

/// Topics "in" (raw) and "out", and what is in them.
class WordLog {
 public:
  explicit WordLog(std::int32_t partitions = 1);

  void write(std::string_view text, std::int32_t partition = 0);
  /// What is committed: "1:a 2:b | position 2".
  std::string committed(std::int32_t partition = 0);
  /// The records of an input: "0 a, 1 b, tick after 1".
  std::string input(std::int32_t partition = 0);

  fakes::MemoryLog log;
  ProcessorSpec spec{.name = "words", .input = "in", .outputs = {"out"}, .make = [] {
                       return std::make_unique<Words>();
                     }};

 private:
  RecordBatch read(const TopicPartition& where);
};

}  // namespace weir::runtime
