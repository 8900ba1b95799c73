#include "processors/runtime/kafka_trouble.h"

#include <chrono>
#include <map>
#include <mutex>
#include <string>

#include <spdlog/spdlog.h>

namespace weir::runtime {

void tell_trouble(std::string_view kind, std::string_view text) {
  using Clock = std::chrono::steady_clock;
  static std::mutex mutex;
  static std::map<std::string, Clock::time_point, std::less<>> told;
  {
    const std::lock_guard lock(mutex);
    const auto now = Clock::now();
    const auto found = told.find(kind);
    if (found != told.end() && now - found->second < std::chrono::minutes(1)) return;
    told.insert_or_assign(std::string(kind), now);
  }
  spdlog::warn("event=kafka kind=\"{}\" text=\"{}\"", kind, text);
}

}  // namespace weir::runtime
