// A follower of a log whose commits are this process's own: the place is a task's position, and its
// state holds the note.
#pragma once

#include <memory>
#include <string>

#include "processors/runtime/follower.h"

namespace weir::runtime {

class LogFollower final : public Follower {
 public:
  /// `log` outlives it. `name` stands where a processor's does, and nobody else has it.
  LogFollower(Log& log, std::string name, TopicPartition input);

  Result<bool> take() override { return true; }
  Result<std::optional<FollowerPlace>> place() override;
  Result<Bounds> bounds() override { return log_.bounds(input_); }
  Result<void> read(std::int64_t from, std::size_t max_bytes, RecordBatch& batch) override {
    return log_.read(input_, from, max_bytes, batch);
  }
  Result<void> commit(const FollowerPlace& place, std::vector<Output> outputs) override;

 private:
  Log& log_;
  const TaskId task_;
  const TopicPartition input_;
  const std::unique_ptr<state::Store> store_;
};

}  // namespace weir::runtime
