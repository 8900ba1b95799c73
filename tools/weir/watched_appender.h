// Whether producers are served: their way into the log, which remembers what became of appends.
#pragma once

#include <functional>
#include <mutex>
#include <string>

#include "processors/runtime/io.h"

namespace weir::cli {

/// Logs a refusal, at most once a minute. Thread-safe. `appender` outlives it.
class WatchedAppender final : public runtime::Appender {
 public:
  /// A refusal is told for so long, or until an append passes. Otherwise the log is asked, for room
  /// for one record: who keeps producers away until one passes would wait forever.
  static constexpr DurationUs kToldForUs = 10 * kSecondUs;

  WatchedAppender(runtime::Appender& appender, std::function<TimeUs()> clock)
      : appender_(appender), clock_(std::move(clock)) {}

  /// As the appender's.
  Result<std::int64_t> append(const runtime::TopicPartition& where,
                              std::span<const runtime::NewRecord> records) override;

  /// Why events are not taken; empty: they are. Records that are wrong by themselves are no reason.
  std::string why_refused();

 private:
  runtime::Appender& appender_;
  const std::function<TimeUs()> clock_;
  std::mutex mutex_;
  std::string refusal_;  // empty: the last append passed
  TimeUs refused_us_ = 0;
  TimeUs logged_us_ = 0;
};

}  // namespace weir::cli
