#include "processors/runtime/segment_set.h"

#include <algorithm>

namespace weir::runtime {

Bounds SegmentSet::bounds() const {
  const std::lock_guard lock(mutex_);
  return bounds_;
}

std::uint64_t SegmentSet::bytes() const {
  const std::lock_guard lock(mutex_);
  std::uint64_t bytes = 0;
  for (const Entry& entry : entries_) bytes += entry.limit;
  return bytes;
}

std::uint64_t SegmentSet::bytes_from(std::int64_t offset) const {
  const std::lock_guard lock(mutex_);
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const bool below = i + 1 < entries_.size() && entries_[i + 1].segment->base() <= offset;
    if (!below) bytes += entries_[i].limit;
  }
  return bytes;
}

std::vector<SegmentSet::Entry> SegmentSet::entries() const {
  const std::lock_guard lock(mutex_);
  return entries_;
}

Result<void> SegmentSet::read(std::int64_t from, std::size_t max_bytes, RecordBatch& batch) const {
  batch.records.clear();
  std::unique_lock lock(mutex_);
  const auto refused = [&] {
    return fail(ErrorCode::invalid_argument,
                "{}@{}: readable are the offsets [{}, {}); older ones have expired",
                to_string(where_), from, bounds_.start, bounds_.end);
  };
  if (from < bounds_.start || from > bounds_.end) return refused();
  if (from == bounds_.end) return {};
  const auto above = std::upper_bound(
      entries_.begin(), entries_.end(), from,
      [](std::int64_t offset, const Entry& entry) { return offset < entry.segment->base(); });
  if (above == entries_.begin()) return missing_segment(to_string(where_), from);
  const Entry entry = *std::prev(above);
  lock.unlock();

  auto result = entry.segment->read(from, max_bytes, entry.limit, batch);
  if (result) return result;
  lock.lock();
  if (from < bounds_.start) return refused();  // it expired meanwhile, and its file went
  if (result.error().code == ErrorCode::not_found)
    return missing_segment(entry.segment->path(), from);
  return result;
}

void SegmentSet::extend(std::span<const Entry> entries, std::int64_t end) {
  const std::lock_guard lock(mutex_);
  for (const Entry& entry : entries) {
    if (!entries_.empty() && entries_.back().segment->base() == entry.segment->base()) {
      entries_.back().limit = entry.limit;
    } else {
      entries_.push_back(entry);
    }
  }
  bounds_.end = end;
}

std::vector<SegmentSet::Entry> SegmentSet::drop_below(std::int64_t start) {
  const std::lock_guard lock(mutex_);
  bounds_.start = std::max(bounds_.start, start);
  std::vector<Entry> dropped;
  while (entries_.size() > 1 && entries_[1].segment->base() <= bounds_.start) {
    dropped.push_back(std::move(entries_.front()));
    entries_.erase(entries_.begin());
  }
  return dropped;
}

}  // namespace weir::runtime
