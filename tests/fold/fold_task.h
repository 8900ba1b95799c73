// One fold task on a store in memory, driven by hand: raw records in, what it says out, commits and
// restarts where a test wants them. Times are whole seconds after kStart.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "processors/fold/fold.h"
#include "processors/state/memory_store.h"

namespace weir::fold {

inline constexpr TimeUs kStart = 1'699'999'200 * kSecondUs;  // on an hour

inline constexpr TimeUs at(std::int64_t second) { return kStart + second * kSecondUs; }

/// [service] over 30s/10s and 1m/1m; tiers 10 s (1 min late) and 1 m (10 min late); 5 s out of
/// order.
v1::Definitions small_definitions();

/// A request of service "a" that ended then.
v1::InferenceEvent request(std::int64_t second);
/// One batch of requests of service "a".
v1::InferenceBatch batch(const std::vector<std::int64_t>& seconds);

class FoldTask {
 public:
  explicit FoldTask(Config config = {}, std::int32_t keyed_partitions = 1);

  struct Raw {
    std::int64_t append = 0;
    std::string value = {};
    std::string content_type = {};
    std::optional<Id> id = {};
  };
  void take(const Raw& raw);
  void take(std::int64_t append, const v1::InferenceEvent& event);
  void take(std::int64_t append, const v1::InferenceBatch& events);
  /// A tick record that names this offset.
  void tick(std::int64_t append, std::int64_t last_offset);

  /// Commits, and tells what went out, one line each, in order:
  ///   "partial/0 [0,2) w=5s: a@10s=2 a@0s/1m=1 defined end lost until 70s"
  ///   "dead 1@10s: 0 missing_time, 3 too_old"
  ///   "config from 0"
  ///   "sli/0 [0,2): chat{a}@10s=1/2 defined": good and total by objective, series and pane
  /// "a@10s=2" are two requests in the pane that begins then; the span of a pane follows where it
  /// is not that of tier 0.
  std::string commit();
  /// Goes on from what is committed in a new processor.
  void restart();
  /// The same behind records that nobody can read any more.
  void lose(std::int64_t offsets) {
    next_offset_ += offsets;
    lost_offsets_ = offsets;
    restart();
  }
  void restart(DurationUs dedup_horizon_us) {
    config_.dedup_horizon_us = dedup_horizon_us;
    restart();
  }
  /// Goes on under other objectives.
  void restart(std::shared_ptr<const objectives::Objectives> objectives) {
    config_.objectives = std::move(objectives);
    restart();
  }

  std::int64_t next_offset() const { return next_offset_; }
  FoldProcessor& processor() { return *processor_; }
  runtime::TaskContext& context() { return *context_; }
  /// The last of each that went out.
  const v1::DeadLetter& dead_letter() const { return dead_letter_; }
  const v1::PartialBatch& partial() const { return partial_; }
  std::optional<TimeUs> output_time() const { return output_time_; }

  runtime::Metrics metrics;
  Probe probe{metrics};

 private:
  std::string render(const runtime::TaskContext::Emitted& emitted);
  std::string render_partial(std::int32_t partition);
  std::string render_sli(std::int32_t partition);

  Config config_;
  std::shared_ptr<const aggregates::Definitions> definitions_;
  std::int32_t keyed_partitions_;
  state::MemoryStore base_;
  std::unique_ptr<state::WriteBack> store_;
  std::unique_ptr<runtime::TaskContext> context_;
  std::unique_ptr<FoldProcessor> processor_;
  std::int64_t next_offset_ = 0;
  std::int64_t lost_offsets_ = 0;  // before the next start
  v1::DeadLetter dead_letter_;
  v1::PartialBatch partial_;
  v1::SliBatch sli_;
  std::optional<TimeUs> output_time_;
};

}  // namespace weir::fold
