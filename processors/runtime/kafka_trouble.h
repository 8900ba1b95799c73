// What goes wrong with a cluster, in the log of this process: at most one line a minute of each
// kind, because a broker that is away for a night would fill the disk. Thread-safe.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "processors/core/result.h"

namespace weir::runtime {

/// Brokers, or a disk, that do not answer. Every client, worker and task notices: whoever says it,
/// it is one kind.
inline constexpr std::string_view kNoAnswer = "io";

void tell_trouble(std::string_view kind, std::string_view text);
/// io is of the kind above, any other error of this one.
void tell_trouble(std::string_view kind, const Error& error);

/// Which lines are told: of each kind the first one of a minute.
class TroubleLimit {
 public:
  using Clock = std::chrono::steady_clock;

  bool passes(std::string_view kind, Clock::time_point now);

 private:
  std::mutex mutex_;
  std::map<std::string, Clock::time_point, std::less<>> told_;
};

/// The kind that an error is of.
std::string_view trouble_kind(std::string_view kind, const Error& error);

}  // namespace weir::runtime
