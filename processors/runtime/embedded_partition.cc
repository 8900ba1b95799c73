#include "processors/runtime/embedded_partition.h"

#include <algorithm>

namespace weir::runtime {
namespace {

constexpr std::size_t kStagedBytes = 4 << 20;  // written early, so that memory stays bounded

}  // namespace

EmbeddedPartition::EmbeddedPartition(PartitionPlace place, PartitionContents contents)
    : place_(std::move(place)),
      mark_(contents.mark),
      readable_(place_.where, {contents.start, contents.mark.end.offset},
                std::move(contents.entries)),
      durable_(contents.mark) {}

EndMark EmbeddedPartition::durable() const {
  const std::lock_guard lock(mutex_);
  return durable_;
}

Result<std::int64_t> EmbeddedPartition::stage(const NewRecord& record, TimeUs now,
                                              std::uint64_t witness, bool more) {
  const TimeUs time = std::max(mark_.append_time_us, record.append_time_us.value_or(now));
  if (mark_.end.position > 0 && !file_) WEIR_TRY(open_last());
  if (is_full(time)) WEIR_TRY(roll());
  if (!begun_us_) begun_us_ = time;
  mark_.append_time_us = time;
  const std::int64_t offset = mark_.end.offset;
  append_frame(
      {.offset = offset, .append_time_us = mark_.append_time_us, .witness = witness, .more = more},
      record, staged_);
  mark_.end = {offset + 1, mark_.end.position + frame_bytes(record)};
  if (staged_.size() >= kStagedBytes) WEIR_TRY(write());
  return offset;
}

void EmbeddedPartition::limit(const SegmentLimits& limits) {
  most_bytes_ = limits.bytes;
  most_age_us_ = limits.age_us;
}

bool EmbeddedPartition::is_quiet_since(TimeUs time) const {
  return mark_.end.offset > mark_.base && mark_.append_time_us < time;
}

Result<void> EmbeddedPartition::begin_segment() {
  if (!file_) WEIR_TRY(open_last());
  return roll();
}

Result<void> EmbeddedPartition::write() {
  if (staged_.empty()) return {};
  WEIR_TRY(file_->append(staged_));
  staged_.clear();
  return {};
}

Result<void> EmbeddedPartition::sync() {
  for (const auto& file : full_) WEIR_TRY(file->sync());
  full_.clear();
  WEIR_TRY(file_->sync());
  if (made_file_) WEIR_TRY(place_.files.sync_directory(place_.directory));
  made_file_ = false;
  return {};
}

bool EmbeddedPartition::publish() {
  const bool rolled = fresh_.size() > 1;
  fresh_.back().limit = mark_.end.position;
  readable_.extend(fresh_, mark_.end.offset);
  fresh_.erase(fresh_.begin(), fresh_.end() - 1);
  const std::lock_guard lock(mutex_);
  durable_ = mark_;
  return rolled;
}

bool EmbeddedPartition::is_full(TimeUs time) const {
  if (mark_.end.position == 0) return true;  // there is none yet
  const DurationUs most_age_us = most_age_us_;
  return mark_.end.position >= most_bytes_ ||
         (most_age_us > 0 && begun_us_ && time - *begun_us_ > most_age_us);
}

Result<void> EmbeddedPartition::roll() {
  if (file_) {
    WEIR_TRY(write());
    full_.push_back(std::move(file_));
    fresh_.back().limit = mark_.end.position;
  }
  const std::int64_t base = mark_.end.offset;
  const std::string path = place_.directory + "/" + segment_name(base);
  WEIR_ASSIGN(file_, place_.files.open_append(path));
  made_file_ = true;
  begun_us_.reset();
  staged_ = encode_segment_header(place_.where, base);
  mark_.base = base;
  mark_.end.position = staged_.size();
  fresh_.push_back(
      {std::make_shared<const Segment>(place_.files, path, mark_.end), mark_.end.position});
  return {};
}

Result<void> EmbeddedPartition::open_last() {
  const SegmentSet::Entry last = readable_.entries().back();
  if (mark_.end.offset > mark_.base) {
    RecordBatch first;
    WEIR_TRY(last.segment->read(mark_.base, 1, last.limit, first));
    begun_us_ = first.records.front().append_time_us;
  }
  WEIR_ASSIGN(file_, place_.files.open_append(last.segment->path()));
  fresh_.push_back(last);
  return {};
}

}  // namespace weir::runtime
