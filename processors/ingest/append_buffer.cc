#include "processors/ingest/append_buffer.h"

#include <utility>

namespace weir::ingest {

Result<void> AppendBuffer::add(std::int32_t partition, runtime::NewRecord record) {
  const auto at = static_cast<std::size_t>(partition);
  if (records_.size() <= at) records_.resize(at + 1);
  bytes_ += runtime::record_bytes(record);
  records_[at].push_back(std::move(record));
  return bytes_ < kMaxBytes ? Result<void>() : flush();
}

Result<void> AppendBuffer::flush() {
  for (std::size_t at = 0; at < records_.size(); ++at) {
    if (records_[at].empty()) continue;
    const auto appended = appender_.append({topic_, static_cast<std::int32_t>(at)}, records_[at]);
    if (!appended) return std::unexpected(appended.error());
    records_[at].clear();
  }
  bytes_ = 0;
  return {};
}

}  // namespace weir::ingest
