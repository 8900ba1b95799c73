#include "processors/windows/sources.h"

#include <algorithm>

namespace weir::windows {
namespace {

/// 1: without lost_until. 2: without what is begun.
constexpr std::uint8_t kVersion = 3;

/// later - earlier, where kMinTime is infinitely early.
bool is_behind(TimeUs earlier, TimeUs later, DurationUs by) {
  if (later == kMinTime) return false;
  return earlier == kMinTime || earlier < later - by;
}

}  // namespace

void Sources::grow(std::int32_t partitions) {
  const bool first = sources_.empty();
  while (sources_.size() < static_cast<std::size_t>(partitions)) {
    Source source;
    source.batch_append_time = newest_batch_;
    // One that joins later joins at the current minimum.
    if (!first) source.watermark = watermark_;
    sources_.push_back(source);
  }
}

Result<void> Sources::advance(const SourceUpdate& update) {
  if (update.partition < 0 || update.partition >= update.partitions ||
      static_cast<std::size_t>(update.partitions) < sources_.size())
    return fail(
        ErrorCode::protocol,
        "raw partition {} of {}, after {} were seen: the number of partitions cannot shrink "
        "under existing state; replay into a new directory",
        update.partition, update.partitions, sources_.size());
  WEIR_TRY(check_range(update));
  lose_until(update.lost_until_us);
  if (!update.last_part) {
    begun_.insert_or_assign(update.partition, Due{update.begin_offset, update.part + 1});
    return {};
  }
  begun_.erase(update.partition);
  newest_batch_ = std::max(newest_batch_, update.batch_append_time_us);
  grow(update.partitions);
  Source& source = sources_[static_cast<std::size_t>(update.partition)];
  source.heard = true;
  source.end_offset = update.end_offset;
  source.watermark = std::max(source.watermark, update.watermark_us);
  source.append_time = std::max(source.append_time, update.append_time_us);
  source.batch_append_time = std::max(source.batch_append_time, update.batch_append_time_us);
  source.greatest_event_time = std::max(source.greatest_event_time, update.greatest_event_time_us);
  source.ended |= update.end_of_history;
  if (!options_.history) judge_stalls();
  raise_watermark();
  return {};
}

/// nullopt: it is the first of its partition, which may come from anywhere.
std::optional<Sources::Due> Sources::due_of(const SourceUpdate& update) const {
  if (const auto begun = begun_.find(update.partition); begun != begun_.end()) {
    Due due = begun->second;
    if (due.part == kAnyPart) due.part = update.part;
    return due;
  }
  const auto index = static_cast<std::size_t>(update.partition);
  if (index >= sources_.size() || !sources_[index].heard) return std::nullopt;
  return Due{sources_[index].end_offset, 0};
}

Result<void> Sources::check_range(const SourceUpdate& update) {
  loss_.reset();
  const auto due = due_of(update);
  const Due came{update.begin_offset, update.part};
  if (!due || came == *due) return {};
  const bool behind = came > *due;
  if (options_.accept_loss && behind) {
    loss_ = Loss{.raw_partition = update.partition,
                 .from_offset = due->begin_offset,
                 .to_offset = came.part > 0 ? update.end_offset : update.begin_offset};
    // What was lost was read before this batch, so no event of it is newer than all read so far.
    lose_until(update.greatest_event_time_us + 1);
    return {};
  }
  const std::string what =
      came.begin_offset != due->begin_offset
          ? fmt::format("a batch covers offsets {} to {}, but the last one ended at {}",
                        update.begin_offset, update.end_offset, due->begin_offset)
          : fmt::format("part {} came of the batch of offsets {} to {}, where part {} was due",
                        came.part, update.begin_offset, update.end_offset, due->part);
  if (behind)
    return fail(ErrorCode::protocol,
                "raw partition {}: {}; something was lost between fold and here. Replay the raw "
                "records into a new directory; on Kafka, `weir run --accept-loss` goes on without "
                "it",
                update.partition, what);
  return fail(ErrorCode::protocol,
              "raw partition {}: {}; something was doubled between fold and here", update.partition,
              what);
}

void Sources::judge_stalls() {
  const auto lags = [this](const Source& source) {
    return is_behind(source.batch_append_time, newest_batch_, options_.stall_after_us) ||
           (source.heard &&
            is_behind(source.watermark, source.append_time, options_.stall_after_us));
  };
  // Behind whom? Where all are late alike, nobody is left out.
  const bool somebody_leads = std::ranges::any_of(sources_, [&](const Source& source) {
    return source.heard && !source.ended && !source.stalled && !lags(source);
  });
  if (!somebody_leads) return;
  for (Source& source : sources_) {
    if (source.ended || source.stalled || !lags(source)) continue;
    source.stalled = true;
    source.stalled_from = source.watermark;
  }
}

void Sources::raise_watermark() {
  TimeUs lowest = kMaxTime;
  for (const Source& source : sources_)
    if (!source.ended && !source.stalled) lowest = std::min(lowest, source.watermark);
  watermark_ = std::max(watermark_, lowest);
  for (Source& source : sources_) {
    if (!source.stalled || watermark_ == kMinTime) continue;
    if (!source.ended && source.watermark < watermark_) continue;
    source.stalled = false;
    const TimeUs from = caught_up_ ? caught_up_->from_us : watermark_;
    caught_up_ = CaughtUp{std::min(from, source.stalled_from), watermark_};
  }
}

TimeUs Sources::greatest_event_time() const {
  TimeUs greatest = kMinTime;
  for (const Source& source : sources_) greatest = std::max(greatest, source.greatest_event_time);
  return greatest;
}

bool Sources::complete_at(TimeUs end) const {
  return std::ranges::all_of(sources_, [end](const Source& source) {
    return source.ended || !source.stalled || source.watermark >= end;
  });
}

std::int32_t Sources::stalled() const {
  return static_cast<std::int32_t>(std::ranges::count(sources_, true, &Source::stalled));
}

void Sources::encode(std::string& out) const {
  put_fixed(out, kVersion);
  put_fixed(out, watermark_);
  put_fixed(out, newest_batch_);
  put_fixed(out, lost_until_us_);
  put_fixed(out, static_cast<std::uint8_t>(caught_up_.has_value()));
  if (caught_up_) {
    put_fixed(out, caught_up_->from_us);
    put_fixed(out, caught_up_->to_us);
  }
  put_varint(out, sources_.size());
  for (const Source& source : sources_) {
    put_fixed(out, source.end_offset);
    put_fixed(out, source.watermark);
    put_fixed(out, source.append_time);
    put_fixed(out, source.batch_append_time);
    put_fixed(out, source.greatest_event_time);
    put_fixed(out, source.stalled_from);
    put_fixed(out,
              static_cast<std::uint8_t>(source.heard | source.ended << 1 | source.stalled << 2));
  }
  put_varint(out, begun_.size());
  for (const auto& [partition, due] : begun_) {
    put_fixed(out, partition);
    put_fixed(out, due.begin_offset);
    put_fixed(out, due.part);
  }
}

Result<void> Sources::decode(std::string_view bytes) {
  ByteReader reader(bytes);
  const auto version = reader.fixed<std::uint8_t>();
  if (version == 0 || version > kVersion)
    return fail(ErrorCode::version, "sources: version {} is not read by this binary", version);
  watermark_ = reader.fixed<TimeUs>();
  newest_batch_ = reader.fixed<TimeUs>();
  lost_until_us_ = version > 1 ? reader.fixed<TimeUs>() : kMinTime;
  caught_up_.reset();
  const auto has_caught_up = reader.fixed<std::uint8_t>();
  bool known = has_caught_up <= 1;
  if (has_caught_up != 0) {
    const auto from = reader.fixed<TimeUs>();
    caught_up_ = CaughtUp{from, reader.fixed<TimeUs>()};
  }
  const std::uint64_t count = reader.varint();
  sources_.clear();
  for (std::uint64_t i = 0; i < count && reader.ok(); ++i) {
    Source& source = sources_.emplace_back();
    source.end_offset = reader.fixed<std::int64_t>();
    source.watermark = reader.fixed<TimeUs>();
    source.append_time = reader.fixed<TimeUs>();
    source.batch_append_time = reader.fixed<TimeUs>();
    source.greatest_event_time = reader.fixed<TimeUs>();
    source.stalled_from = reader.fixed<TimeUs>();
    const auto flags = reader.fixed<std::uint8_t>();
    source.heard = (flags & 1) != 0;
    source.ended = (flags & 2) != 0;
    source.stalled = (flags & 4) != 0;
    known = known && flags < 8;
  }
  begun_.clear();
  if (version == kVersion) {
    known = decode_begun(reader) && known;
  } else {
    for (std::size_t i = 0; i < sources_.size(); ++i)
      if (sources_[i].heard)
        begun_[static_cast<std::int32_t>(i)] = {sources_[i].end_offset, kAnyPart};
  }
  if (!known || !reader.ok() || !reader.at_end())
    return fail(ErrorCode::corrupt, "sources: damaged state");
  return {};
}

/// Ascending, as they are written.
bool Sources::decode_begun(ByteReader& reader) {
  for (std::uint64_t count = reader.varint(); count > 0 && reader.ok(); --count) {
    const auto partition = reader.fixed<std::int32_t>();
    const auto begin_offset = reader.fixed<std::int64_t>();
    const Due due{begin_offset, reader.fixed<std::uint32_t>()};
    if (!begun_.empty() && partition <= begun_.rbegin()->first) return false;
    begun_.emplace(partition, due);
  }
  return true;
}

}  // namespace weir::windows
