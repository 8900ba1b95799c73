#include "processors/runtime/log_follower.h"

#include <array>

namespace weir::runtime {
namespace {

// The state of a follower is one key. Its value, version 1:
//   u8 1, the note's bytes
// It is there from the first commit on, which position 0 alone would not tell.
constexpr std::string_view kNoteKey = "note";
constexpr char kNoteVersion = 1;

}  // namespace

LogFollower::LogFollower(Log& log, std::string name, TopicPartition input)
    : log_(log),
      task_{.processor = std::move(name), .partition = input.partition},
      input_(std::move(input)),
      store_(log.task_store(task_)) {}

Result<std::optional<FollowerPlace>> LogFollower::place() {
  std::string value;
  WEIR_ASSIGN(const bool found, store_->get(kNoteKey, value));
  if (!found) return std::nullopt;
  if (value.empty() || value.front() != kNoteVersion)
    return fail(ErrorCode::version, "the state of {} is of another version; use a newer weir",
                to_string(task_));
  FollowerPlace place;
  WEIR_ASSIGN(place.position, log_.position(task_));
  place.note = value.substr(1);
  return place;
}

Result<void> LogFollower::commit(const FollowerPlace& place, std::vector<Output> outputs) {
  std::array<TaskCommit, 1> commits = {TaskCommit{
      .task = task_, .input = input_, .position = place.position, .outputs = std::move(outputs)}};
  commits[0].state.put(kNoteKey, std::string(1, kNoteVersion) + place.note);
  return log_.commit(commits);
}

}  // namespace weir::runtime
