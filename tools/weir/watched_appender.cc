#include "tools/weir/watched_appender.h"

#include <spdlog/spdlog.h>

#include "processors/graph.h"

namespace weir::cli {

Result<std::int64_t> WatchedAppender::append(const runtime::TopicPartition& where,
                                             std::span<const runtime::NewRecord> records) {
  auto appended = appender_.append(where, records);
  if (!appended && appended.error().code == ErrorCode::invalid_argument) return appended;
  const std::lock_guard lock(mutex_);
  refusal_ = appended ? "" : appended.error().message;
  if (appended) return appended;
  refused_us_ = clock_();
  if (refused_us_ - logged_us_ >= kMinuteUs) {
    spdlog::warn("event=appends_refused error={:?}", refusal_);
    logged_us_ = refused_us_;
  }
  return appended;
}

std::string WatchedAppender::why_refused() {
  {
    const std::lock_guard lock(mutex_);
    if (!refusal_.empty() && clock_() - refused_us_ < kToldForUs) return refusal_;
  }
  const auto taken = appender_.append({std::string(topics::kInference), 0}, {});
  return taken ? "" : taken.error().message;
}

}  // namespace weir::cli
