#include "processors/runtime/embedded_disk.h"

#include <limits>
#include <tuple>

namespace weir::runtime {
namespace {

// Kept free on the disk: for the store's own files between two measurements, and for other
// programs.
constexpr std::uint64_t kKeptFreeBytes = 16 << 20;
// The state is measured again once a 256th of the budget was written: its size then is never far
// off.
constexpr std::uint64_t kMeasureShare = 256;

Result<TimeUs> first_time(const SegmentSet::Entry& entry) {
  RecordBatch batch;
  WEIR_TRY(entry.segment->read(entry.segment->base(), 1, entry.limit, batch));
  return batch.records.front().append_time_us;
}

}  // namespace

Result<std::uint64_t> EmbeddedDisk::reserve(std::uint64_t frame_bytes, std::uint64_t state_bytes) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t bytes = with_headers(frame_bytes) + state_bytes;
  reserved_bytes_ += bytes;
  while (true) {
    WEIR_ASSIGN(const bool enough, fits());
    if (enough) return bytes;
    WEIR_ASSIGN(const bool expired, expire_oldest());
    if (!expired) break;
  }
  reserved_bytes_ -= bytes;
  return 0;
}

void EmbeddedDisk::release(std::uint64_t reserved, std::uint64_t state_bytes) {
  const std::lock_guard lock(mutex_);
  reserved_bytes_ -= reserved;
  unmeasured_bytes_ += state_bytes;
}

std::unexpected<Error> EmbeddedDisk::no_room(std::uint64_t bytes) const {
  const std::lock_guard lock(mutex_);
  return fail(ErrorCode::exhausted,
              "{}: no room for {} bytes: {} of the budget of {} are used, and no older segment can "
              "go; raise `disk:` or make room on the disk",
              parts_.directory, bytes, used_bytes(), budget_bytes_);
}

Result<void> EmbeddedDisk::retain(EmbeddedPartition& partition) {
  const std::lock_guard lock(mutex_);
  const TopicPartition& where = partition.where();
  WEIR_ASSIGN(const TopicSpec spec, parts_.catalog.topic(where.topic));
  const auto [max_age_us, max_bytes] = spec.retention;
  const auto unread =
      parts_.catalog.lowest_position(where).value_or(std::numeric_limits<std::int64_t>::max());
  const TimeUs newest = partition.durable().append_time_us;
  const auto entries = partition.readable().entries();
  std::uint64_t bytes = partition.readable().bytes();
  std::size_t kept = 0;  // the first entry that stays
  for (; kept + 1 < entries.size() && entries[kept + 1].segment->base() <= unread; ++kept) {
    bool goes = max_bytes > 0 && bytes > max_bytes;
    if (!goes && max_age_us > 0) {
      // Nothing in a segment is younger than the first record of the next one.
      WEIR_ASSIGN(const TimeUs youngest, first_time(entries[kept + 1]));
      goes = youngest < newest - max_age_us;
    }
    if (!goes) break;
    bytes -= entries[kept].limit;
  }
  if (kept == 0) return publish_locked();
  return expire(partition, entries[kept].segment->base());
}

Result<void> EmbeddedDisk::publish() {
  const std::lock_guard lock(mutex_);
  return publish_locked();
}

Result<bool> EmbeddedDisk::fits() {
  if (!measured_ || unmeasured_bytes_ > budget_bytes_ / kMeasureShare) {
    WEIR_ASSIGN(state_bytes_, directory_bytes(parts_.files, state_path(parts_.directory)));
    unmeasured_bytes_ = 0;
    measured_ = true;
  }
  if (used_bytes() > budget_bytes_) return false;
  WEIR_ASSIGN(const std::uint64_t free, parts_.files.free_bytes(parts_.directory));
  return free >= reserved_bytes_ + kKeptFreeBytes;
}

std::uint64_t EmbeddedDisk::used_bytes() const {
  std::uint64_t bytes = reserved_bytes_ + state_bytes_ + unmeasured_bytes_;
  for (const PartitionSlot* slot : parts_.catalog.slots())
    bytes += slot->partition.readable().bytes();
  return bytes;
}

// Each partition may begin a segment, and another one whenever one is full.
std::uint64_t EmbeddedDisk::with_headers(std::uint64_t frame_bytes) const {
  return frame_bytes + (parts_.catalog.slots().size() + frame_bytes / parts_.segment_bytes) *
                           kMaxSegmentHeaderBytes;
}

Result<bool> EmbeddedDisk::expire_oldest() {
  Candidate oldest;
  for (PartitionSlot* slot : parts_.catalog.slots()) {
    if (slot->partition.readable().entries().size() < 2) continue;
    WEIR_ASSIGN(const Candidate next, candidate(slot->partition));
    if (oldest.partition == nullptr ||
        std::tie(next.unread, next.time_us) < std::tie(oldest.unread, oldest.time_us))
      oldest = next;
  }
  if (oldest.partition == nullptr) return false;
  WEIR_TRY(expire(*oldest.partition, oldest.start));
  return true;
}

Result<EmbeddedDisk::Candidate> EmbeddedDisk::candidate(EmbeddedPartition& partition) const {
  const auto entries = partition.readable().entries();
  const std::int64_t start = entries[1].segment->base();
  const auto read = parts_.catalog.lowest_position(partition.where());
  WEIR_ASSIGN(const TimeUs time, first_time(entries[0]));
  return Candidate{&partition, start, read && *read < start, time};
}

// The start moves first and for good; a crash between leaves files that the next opening removes.
Result<void> EmbeddedDisk::expire(EmbeddedPartition& partition, std::int64_t start) {
  state::StoreBatch batch;
  batch.put(start_key(partition.where()), encode_number(static_cast<std::uint64_t>(start)));
  WEIR_TRY(parts_.store.write(batch, state::Durability::synced));
  const auto dropped = partition.readable().drop_below(start);
  WEIR_TRY(publish_locked());
  for (const auto& entry : dropped) WEIR_TRY(parts_.files.remove(entry.segment->path()));
  return {};
}

Result<void> EmbeddedDisk::publish_locked() {
  return replace_file(parts_.files, ends_path(parts_.directory),
                      encode_ends(parts_.catalog.published()));
}

}  // namespace weir::runtime
