// The readable part of one partition: its segments, and how far each may be read.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "processors/runtime/segment.h"

namespace weir::runtime {

/// Thread-safe. No lock is held while a file is read; a reader keeps the segment it reads alive.
class SegmentSet {
 public:
  struct Entry {
    std::shared_ptr<const Segment> segment;
    std::uint64_t limit = 0;  // bytes of it that may be read
  };

  SegmentSet(TopicPartition where, Bounds bounds, std::vector<Entry> entries)
      : where_(std::move(where)), bounds_(bounds), entries_(std::move(entries)) {}

  Bounds bounds() const;
  /// Of all segments, as far as they may be read.
  std::uint64_t bytes() const;
  /// Of those that do not lie wholly below an offset, and of the last one.
  std::uint64_t bytes_from(std::int64_t offset) const;
  /// As Reader::read. corrupt: a file is missing.
  Result<void> read(std::int64_t from, std::size_t max_bytes, RecordBatch& batch) const;
  /// The segments as of now, oldest first.
  std::vector<Entry> entries() const;

  /// Makes everything below `end` readable: each entry is the last segment with a new limit, or one
  /// behind it.
  void extend(std::span<const Entry> entries, std::int64_t end);
  /// Moves the start and returns the segments that lie wholly below it; the last one never does.
  std::vector<Entry> drop_below(std::int64_t start);

 private:
  const TopicPartition where_;
  mutable std::mutex mutex_;
  Bounds bounds_;
  std::vector<Entry> entries_;
};

}  // namespace weir::runtime
