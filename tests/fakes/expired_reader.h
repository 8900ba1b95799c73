// A log whose first records of every partition are gone, as retention leaves it.
#pragma once

#include <algorithm>

#include "processors/runtime/io.h"

namespace weir::fakes {

class ExpiredReader final : public runtime::Reader {
 public:
  /// `log` outlives it.
  ExpiredReader(const runtime::Reader& log, std::int64_t start) : log_(log), start_(start) {}

  Result<std::int32_t> partitions(std::string_view topic) const override {
    return log_.partitions(topic);
  }
  Result<runtime::Bounds> bounds(const runtime::TopicPartition& where) const override {
    WEIR_ASSIGN(runtime::Bounds bounds, log_.bounds(where));
    bounds.start = std::max(bounds.start, start_);
    return bounds;
  }
  Result<void> read(const runtime::TopicPartition& where, std::int64_t from, std::size_t max_bytes,
                    runtime::RecordBatch& batch) const override {
    if (from < start_)
      return fail(ErrorCode::invalid_argument, "{}@{}: is gone", to_string(where), from);
    return log_.read(where, from, max_bytes, batch);
  }

 private:
  const runtime::Reader& log_;
  const std::int64_t start_;
};

}  // namespace weir::fakes
