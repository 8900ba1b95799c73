// A log as it was at one time: what a replay reads, however much its source grows meanwhile.
#pragma once

#include <initializer_list>
#include <map>
#include <string_view>

#include "processors/core/result.h"
#include "processors/runtime/io.h"

namespace weir::cli {

/// What can be read of each partition.
using Stretch = std::map<runtime::TopicPartition, runtime::Bounds>;

/// All that these topics hold now; one that is not there has no partition. Errors: the log's.
Result<Stretch> stretch_of(const runtime::Reader& log,
                           std::initializer_list<std::string_view> topics);

/// Shows a stretch of a log and nothing else. Thread-safe, as its source is.
class FixedReader final : public runtime::Reader {
 public:
  /// `source` outlives this and has no gaps between its offsets.
  FixedReader(const runtime::Reader& source, Stretch stretch)
      : source_(source), stretch_(std::move(stretch)) {}

  Result<std::int32_t> partitions(std::string_view topic) const override;
  Result<runtime::Bounds> bounds(const runtime::TopicPartition& where) const override;

  /// not_found: the source has no more what the stretch holds there, which is never taken for its
  /// end. Other errors: the source's.
  Result<void> read(const runtime::TopicPartition& where, std::int64_t from, std::size_t max_bytes,
                    runtime::RecordBatch& batch) const override;

 private:
  const runtime::Reader& source_;
  const Stretch stretch_;
};

}  // namespace weir::cli
