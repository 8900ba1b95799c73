// What a keyed task knows of the raw partitions that feed it: how far each was folded, and how far
// time has come. One raw topic. A value; one thread.
//
// The task's watermark is the minimum over the raw partitions and never goes back. A partition is
// stalled, and left out of the minimum, when no batch of it came for `stall_after` while others'
// did (by the append time of the batches), or when its watermark is that far behind the append time
// it has read; it stays out until it has caught up with the task's watermark. A history has no
// stalls.
//
// Batches that were lost before they were read, or parts of one, are an error, or jumped over where
// that is accepted: then no window is complete that may lack some of their events. Nor is one that
// may lack raw records which were gone before fold read them: fold says until when.
#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "processors/core/bytes.h"
#include "processors/core/result.h"
#include "processors/core/time.h"

namespace weir::windows {

/// What a partial batch, or a part of it, says about its raw partition.
struct SourceUpdate {
  std::int32_t partition = 0;
  std::int32_t partitions = 0;    // how many the raw topic has: may grow, never shrink
  std::int64_t begin_offset = 0;  // [begin, end) was folded since the partition's last batch
  std::int64_t end_offset = 0;
  std::uint32_t part = 0;  // 0-based
  bool last_part = true;   // the only one that moves the range and time
  TimeUs watermark_us = kMinTime;
  TimeUs append_time_us = kMinTime;  // of the raw log, read so far
  TimeUs batch_append_time_us = kMinTime;
  TimeUs greatest_event_time_us = kMinTime;
  TimeUs lost_until_us = kMinTime;  // fold may lack events of before; kMinTime: none
  bool end_of_history = false;      // nothing will follow
};

/// What a batch says that was appended at `batch_append_time_us`. Batch: v1.PartialBatch and others
/// with the same head.
template <class Batch>
SourceUpdate source_update(const Batch& batch, TimeUs batch_append_time_us) {
  return {.partition = batch.raw_partition(),
          .partitions = batch.raw_partitions(),
          .begin_offset = batch.begin_offset(),
          .end_offset = batch.end_offset(),
          .part = batch.part(),
          .last_part = batch.last_part(),
          .watermark_us = batch.watermark_us(),
          .append_time_us = batch.append_time_us(),
          .batch_append_time_us = batch_append_time_us,
          .greatest_event_time_us = batch.greatest_event_time_us(),
          .lost_until_us = batch.has_lost_until_us() ? batch.lost_until_us() : kMinTime,
          .end_of_history = batch.end_of_history()};
}

/// Raw offsets [from, to) of a partition, whose batches, or parts of one, nobody can read any more.
struct Loss {
  std::int32_t raw_partition = 0;
  std::int64_t from_offset = 0;
  std::int64_t to_offset = 0;

  std::int64_t offsets() const { return to_offset - from_offset; }
};

/// Hears of each loss that the task of that partition jumped over, from the task's thread.
using OnLoss = std::function<void(std::int32_t task_partition, const Loss& loss)>;

class Sources {
 public:
  struct Options {
    DurationUs stall_after_us = 2 * kMinuteUs;
    bool history = false;
    bool accept_loss = false;  // batches, and parts of one, may be left out
  };

  explicit Sources(Options options) : options_(options) {}

  /// Takes a batch's word, part by part. protocol: its range does not begin where the last one
  /// ended, it is not the part that is due, or partitions became fewer; then the task must stop.
  /// With `accept_loss` what comes from behind that is a loss; what comes from before it was
  /// doubled, and is an error all the same.
  Result<void> advance(const SourceUpdate& update);
  /// What the last advance() jumped over.
  std::optional<Loss> take_loss() { return std::exchange(loss_, std::nullopt); }

  /// kMinTime until every partition was heard (or is stalled); kMaxTime when all have ended.
  TimeUs watermark() const { return watermark_; }
  bool ended() const { return watermark_ == kMaxTime; }
  /// The greatest event time of all partitions; kMinTime: no event.
  TimeUs greatest_event_time() const;

  /// Whether no partition was left out of what windows ending at `end` show.
  bool complete_at(TimeUs end) const;
  /// Whether nothing is known to lack in the window [start, end): nor is anything of it lost.
  bool complete(TimeUs start, TimeUs end) const {
    return complete_at(end) && start >= lost_until_us_;
  }
  /// Events of before this time are lost; kMinTime: none are.
  TimeUs lost_until() const { return lost_until_us_; }
  /// So are events of before `until`, for whatever other reason.
  void lose_until(TimeUs until) { lost_until_us_ = std::max(lost_until_us_, until); }

  /// Ends in (from, to] were shown incomplete and can be told again now.
  struct CaughtUp {
    TimeUs from_us = 0;
    TimeUs to_us = 0;
  };
  std::optional<CaughtUp> take_caught_up() { return std::exchange(caught_up_, std::nullopt); }

  std::int32_t stalled() const;

  /// Versioned form for the task's state; decode: corrupt on any other bytes.
  void encode(std::string& out) const;
  Result<void> decode(std::string_view bytes);

 private:
  struct Source {
    std::int64_t end_offset = 0;
    TimeUs watermark = kMinTime;
    TimeUs append_time = kMinTime;
    TimeUs batch_append_time = kMinTime;
    TimeUs greatest_event_time = kMinTime;
    TimeUs stalled_from = kMinTime;  // its watermark when it stalled
    bool heard = false;
    bool ended = false;
    bool stalled = false;
  };

  /// Where the next part of a raw partition comes from.
  struct Due {
    std::int64_t begin_offset = 0;
    std::uint32_t part = 0;

    auto operator<=>(const Due&) const = default;
  };
  /// An older state does not say which one is due.
  static constexpr std::uint32_t kAnyPart = 0xFFFF'FFFF;

  void grow(std::int32_t partitions);
  std::optional<Due> due_of(const SourceUpdate& update) const;
  Result<void> check_range(const SourceUpdate& update);
  bool decode_begun(ByteReader& reader);
  void judge_stalls();
  void raise_watermark();

  const Options options_;
  std::vector<Source> sources_;
  std::map<std::int32_t, Due> begun_;  // batches whose last part is to come, by raw partition
  TimeUs watermark_ = kMinTime;
  TimeUs newest_batch_ = kMinTime;
  TimeUs lost_until_us_ = kMinTime;
  std::optional<CaughtUp> caught_up_;
  std::optional<Loss> loss_;  // of the last advance(): not state
};

}  // namespace weir::windows
