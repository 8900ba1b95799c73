#include "processors/runtime/kafka_trouble.h"

#include <spdlog/spdlog.h>

namespace weir::runtime {

bool TroubleLimit::passes(std::string_view kind, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  const auto found = told_.find(kind);
  if (found != told_.end() && now - found->second < std::chrono::minutes(1)) return false;
  told_.insert_or_assign(std::string(kind), now);
  return true;
}

std::string_view trouble_kind(std::string_view kind, const Error& error) {
  return error.code == ErrorCode::io ? kNoAnswer : kind;
}

void tell_trouble(std::string_view kind, std::string_view text) {
  static TroubleLimit limit;
  if (limit.passes(kind, TroubleLimit::Clock::now()))
    spdlog::warn("event=kafka kind=\"{}\" text=\"{}\"", kind, text);
}

void tell_trouble(std::string_view kind, const Error& error) {
  tell_trouble(trouble_kind(kind, error), error.message);
}

}  // namespace weir::runtime
