#include "processors/runtime/log.h"

namespace weir::runtime {

std::string to_string(const TaskId& task) {
  return fmt::format("{}/{}", task.processor, task.partition);
}

Result<void> validate(const TopicSpec& spec) {
  constexpr std::size_t kMaxNameBytes = 200;  // it names a directory
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyz0123456789._-";
  if (spec.name.empty() || spec.name.size() > kMaxNameBytes || spec.name.starts_with('.') ||
      spec.name.find_first_not_of(kAllowed) != std::string::npos)
    return fail(ErrorCode::invalid_argument,
                "topic \"{}\": a name has 1 to {} characters of a-z 0-9 . _ - and no dot in front",
                spec.name, kMaxNameBytes);
  if (spec.partitions < 1)
    return fail(ErrorCode::invalid_argument, "topic {}: {} partitions, where at least 1 is needed",
                spec.name, spec.partitions);
  return {};
}

}  // namespace weir::runtime
