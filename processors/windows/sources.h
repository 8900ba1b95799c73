// What a keyed task knows of the raw partitions that feed it: how far each was folded, and how far
// time has come. One raw topic. A value; one thread.
//
// The task's watermark is the minimum over the raw partitions and never goes back. A partition is
// stalled, and left out of the minimum, when no batch of it came for `stall_after` while others'
// did (by the append time of the batches), or when its watermark is that far behind the append time
// it has read; it stays out until it has caught up with the task's watermark. A history has no
// stalls.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "processors/core/result.h"
#include "processors/core/time.h"

namespace weir::windows {

/// What a partial batch says about its raw partition.
struct SourceUpdate {
  std::int32_t partition = 0;
  std::int32_t partitions = 0;    // how many the raw topic has: may grow, never shrink
  std::int64_t begin_offset = 0;  // [begin, end) was folded since the partition's last batch
  std::int64_t end_offset = 0;
  TimeUs watermark_us = kMinTime;
  TimeUs append_time_us = kMinTime;  // of the raw log, read so far
  TimeUs batch_append_time_us = kMinTime;
  TimeUs greatest_event_time_us = kMinTime;
  bool end_of_history = false;  // nothing will follow
};

/// What a batch says that was appended at `batch_append_time_us`. Batch: v1.PartialBatch and others
/// with the same head.
template <class Batch>
SourceUpdate source_update(const Batch& batch, TimeUs batch_append_time_us) {
  return {.partition = batch.raw_partition(),
          .partitions = batch.raw_partitions(),
          .begin_offset = batch.begin_offset(),
          .end_offset = batch.end_offset(),
          .watermark_us = batch.watermark_us(),
          .append_time_us = batch.append_time_us(),
          .batch_append_time_us = batch_append_time_us,
          .greatest_event_time_us = batch.greatest_event_time_us(),
          .end_of_history = batch.end_of_history()};
}

class Sources {
 public:
  struct Options {
    DurationUs stall_after_us = 2 * kMinuteUs;
    bool history = false;
  };

  explicit Sources(Options options) : options_(options) {}

  /// Takes a batch's word. protocol: its range does not begin where the last one ended, or
  /// partitions became fewer; then the task must stop.
  Result<void> advance(const SourceUpdate& update);

  /// kMinTime until every partition was heard (or is stalled); kMaxTime when all have ended.
  TimeUs watermark() const { return watermark_; }
  bool ended() const { return watermark_ == kMaxTime; }
  /// The greatest event time of all partitions; kMinTime: no event.
  TimeUs greatest_event_time() const;

  /// Whether no partition was left out of what windows ending at `end` show.
  bool complete_at(TimeUs end) const;

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

  void grow(std::int32_t partitions);
  void judge_stalls();
  void raise_watermark();

  const Options options_;
  std::vector<Source> sources_;
  TimeUs watermark_ = kMinTime;
  TimeUs newest_batch_ = kMinTime;
  std::optional<CaughtUp> caught_up_;
};

}  // namespace weir::windows
