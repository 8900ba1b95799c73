#include "processors/runtime/embedded_disk.h"

#include <algorithm>

namespace weir::runtime {
namespace {

// Kept free on the disk: for the store's own files between two measurements, and for other
// programs.
constexpr std::uint64_t kKeptFreeBytes = 16 << 20;
// Beyond that, of the disk and of the budget: what producers leave to commits.
constexpr std::uint64_t kCommitFreeBytes = 48 << 20;
constexpr std::uint64_t kCommitShare = 4;
// All segments that are being written are together this part of the budget, and of its retention a
// partition's own one.
constexpr std::uint64_t kSegmentShare = 8;
constexpr std::uint64_t kMinSegmentBytes = 1 << 20;
// The state is measured again once a 256th of the budget was written: its size then is never far
// off.
constexpr std::uint64_t kMeasureShare = 256;

/// What this leaves free on the disk.
std::uint64_t kept_free_bytes(const EmbeddedRoom& room) {
  return kKeptFreeBytes + (room.producer ? kCommitFreeBytes : 0);
}

Result<TimeUs> first_time(const SegmentSet::Entry& entry) {
  RecordBatch batch;
  WEIR_TRY(entry.segment->read(entry.segment->base(), 1, entry.limit, batch));
  return batch.records.front().append_time_us;
}

}  // namespace

Result<void> EmbeddedDisk::limit_segments() {
  const std::lock_guard lock(mutex_);
  const auto slots = parts_.catalog.slots();
  if (slots.empty()) return {};
  const auto share = [this](std::uint64_t of) {
    return std::min(parts_.segment_bytes, std::max(kMinSegmentBytes, of / kSegmentShare));
  };
  segment_bytes_ = share(budget_bytes_ / slots.size());
  for (PartitionSlot* slot : slots) {
    WEIR_ASSIGN(const TopicSpec spec, parts_.catalog.topic(slot->partition.where().topic));
    const auto [max_age_us, max_bytes] = spec.retention;
    const std::uint64_t bytes = max_bytes == 0 ? segment_bytes_ : share(max_bytes);
    slot->partition.limit({.bytes = std::min(segment_bytes_, bytes),
                           .age_us = max_age_us / static_cast<DurationUs>(kSegmentShare)});
  }
  return {};
}

Result<std::uint64_t> EmbeddedDisk::reserve(const EmbeddedRoom& room) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t bytes = with_headers(room.frame_bytes) + room.state_bytes;
  reserved_bytes_ += bytes;
  if (!measured_ || unmeasured_bytes_ > budget_bytes_ / kMeasureShare) WEIR_TRY(measure_state());
  WEIR_ASSIGN(bool enough, fits(room));
  if (!enough) {  // the state may be smaller by now
    WEIR_TRY(measure_state());
    WEIR_ASSIGN(enough, fits(room));
  }
  while (!enough && leaves_share(room)) {
    WEIR_ASSIGN(const bool expired, expire_oldest());
    if (!expired) break;
    WEIR_ASSIGN(enough, fits(room));
  }
  if (!enough) reserved_bytes_ -= bytes;
  return enough ? bytes : 0;
}

void EmbeddedDisk::release(std::uint64_t reserved, std::uint64_t state_bytes) {
  const std::lock_guard lock(mutex_);
  reserved_bytes_ -= reserved;
  unmeasured_bytes_ += state_bytes;
}

std::unexpected<Error> EmbeddedDisk::no_room(const EmbeddedRoom& room) const {
  const std::lock_guard lock(mutex_);
  const std::uint64_t bytes = room.frame_bytes + room.state_bytes;
  const auto free = parts_.files.free_bytes(parts_.directory);
  if (free && *free < bytes + kept_free_bytes(room))
    return fail(ErrorCode::exhausted,
                "{}: no room for {} bytes: {} are free on its disk, and {} must stay free for {}"
                "other programs; make room there",
                parts_.directory, bytes, *free, kept_free_bytes(room),
                room.producer ? "commits and " : "");
  return fail(ErrorCode::exhausted,
              "{}: no room for {} bytes: of the budget of {}, {} are used and {} must stay (state, "
              "and segments that are being written or not yet read); raise `disk:`",
              parts_.directory, bytes, budget_bytes_, used_bytes(), kept_bytes());
}

Result<void> EmbeddedDisk::retain(EmbeddedPartition& partition, TimeUs now) {
  const std::lock_guard lock(mutex_);
  const TopicPartition& where = partition.where();
  WEIR_ASSIGN(const TopicSpec spec, parts_.catalog.topic(where.topic));
  const auto [max_age_us, max_bytes] = spec.retention;
  const std::int64_t unread = parts_.catalog.unread_from(where);
  const EndMark end = partition.durable();
  const auto entries = partition.readable().entries();
  std::uint64_t bytes = partition.readable().bytes();
  std::size_t kept = 0;  // the first entry that stays
  for (; kept + 1 < entries.size() && entries[kept + 1].segment->base() <= unread; ++kept) {
    bool goes = max_bytes > 0 && bytes > max_bytes;
    if (!goes && max_age_us > 0) {
      // Nothing in a segment is younger than the first record of the next one, if it has any.
      TimeUs youngest = end.append_time_us;
      if (entries[kept + 1].segment->base() < end.end.offset) {
        WEIR_ASSIGN(youngest, first_time(entries[kept + 1]));
      }
      goes = youngest < std::max(now, end.append_time_us) - max_age_us;
    }
    if (!goes) break;
    bytes -= entries[kept].limit;
  }
  if (kept == 0) return {};
  return expire(partition, entries[kept].segment->base());
}

Result<void> EmbeddedDisk::publish() {
  const std::lock_guard lock(mutex_);
  return publish_locked();
}

Result<void> EmbeddedDisk::measure_state() {
  WEIR_ASSIGN(state_bytes_, directory_bytes(parts_.files, state_path(parts_.directory)));
  unmeasured_bytes_ = 0;
  measured_ = true;
  return {};
}

Result<bool> EmbeddedDisk::fits(const EmbeddedRoom& room) {
  if (used_bytes() > budget_bytes_ || !leaves_share(room)) return false;
  WEIR_ASSIGN(const std::uint64_t free, parts_.files.free_bytes(parts_.directory));
  return free >= reserved_bytes_ + kept_free_bytes(room);
}

bool EmbeddedDisk::leaves_share(const EmbeddedRoom& room) const {
  const std::uint64_t for_producers = budget_bytes_ - budget_bytes_ / kCommitShare;
  return !room.producer || used_bytes() <= for_producers || kept_bytes() <= for_producers;
}

std::uint64_t EmbeddedDisk::counted_state_bytes() const {
  return 2 * state_bytes_ + unmeasured_bytes_;
}

std::uint64_t EmbeddedDisk::used_bytes() const {
  std::uint64_t bytes = reserved_bytes_ + counted_state_bytes();
  for (const PartitionSlot* slot : parts_.catalog.slots())
    bytes += slot->partition.readable().bytes();
  return bytes;
}

std::uint64_t EmbeddedDisk::kept_bytes() const {
  std::uint64_t bytes = reserved_bytes_ + counted_state_bytes();
  for (const PartitionSlot* slot : parts_.catalog.slots())
    bytes +=
        slot->partition.readable().bytes_from(parts_.catalog.unread_from(slot->partition.where()));
  return bytes;
}

// Each partition may begin a segment, and another one whenever one is full.
std::uint64_t EmbeddedDisk::with_headers(std::uint64_t frame_bytes) const {
  return frame_bytes +
         (parts_.catalog.slots().size() + frame_bytes / segment_bytes_) * kMaxSegmentHeaderBytes;
}

Result<bool> EmbeddedDisk::expire_oldest() {
  std::optional<Candidate> oldest;
  for (PartitionSlot* slot : parts_.catalog.slots()) {
    WEIR_ASSIGN(const auto next, candidate(slot->partition));
    if (next && (!oldest || next->time_us < oldest->time_us)) oldest = next;
  }
  if (!oldest) return false;
  WEIR_TRY(expire(*oldest->partition, oldest->start));
  return true;
}

Result<std::optional<EmbeddedDisk::Candidate>> EmbeddedDisk::candidate(
    EmbeddedPartition& partition) const {
  const auto entries = partition.readable().entries();
  if (entries.size() < 2) return std::nullopt;
  const std::int64_t start = entries[1].segment->base();
  if (parts_.catalog.unread_from(partition.where()) < start) return std::nullopt;
  WEIR_ASSIGN(const TimeUs time, first_time(entries[0]));
  return Candidate{&partition, start, time};
}

// The start moves first and for good; a crash between leaves files that the next opening removes.
// A raw partition's end may be known as of long ago, in a segment that goes now: it moves with it.
Result<void> EmbeddedDisk::expire(EmbeddedPartition& partition, std::int64_t start) {
  state::StoreBatch batch;
  WEIR_ASSIGN(const TopicSpec spec, parts_.catalog.topic(partition.where().topic));
  if (spec.raw) batch.put(end_key(partition.where()), encode_end(partition.durable()));
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
