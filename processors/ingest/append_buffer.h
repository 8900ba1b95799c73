// Gathers records by partition and appends them in large groups, because every append is made
// durable before it returns. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "processors/core/result.h"
#include "processors/runtime/io.h"

namespace weir::ingest {

class AppendBuffer {
 public:
  /// All is appended when it has this many bytes.
  static constexpr std::size_t kMaxBytes = 8 << 20;

  AppendBuffer(runtime::Appender& appender, std::string topic)
      : appender_(appender), topic_(std::move(topic)) {}

  Result<void> add(std::int32_t partition, runtime::NewRecord record);
  /// Appends what is left. Without it, what is left is lost.
  Result<void> flush();

 private:
  runtime::Appender& appender_;
  const std::string topic_;
  std::vector<std::vector<runtime::NewRecord>> records_;  // by partition
  std::size_t bytes_ = 0;
};

}  // namespace weir::ingest
