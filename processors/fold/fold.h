// fold: raw records of one partition into mergeable partials.
//
// Input: `weir.inference` (v1.InferenceBatch, v1.InferenceEvent, JSON events, v1.TickRecord), one
// task a raw partition. Outputs: see below. Bad input has one fate, the dead letter; the good
// events of the same record count, and the partition moves on.
//
// An event is judged by the watermark before its record: on time (or within tier 0's lateness) it
// enters tier 0, later it enters the coarser tiers that still take it, else it is too old. One
// further ahead of the log's append time than `future_limit` is from the future and moves nothing.
//
// Records that were gone before they were read are told downstream, by time: how far their events
// may reach is known with the record that comes next.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "processors/aggregates/definitions.h"
#include "processors/events/batch_reader.h"
#include "processors/events/columns.h"
#include "processors/events/json_event.h"
#include "processors/fold/accumulator.h"
#include "processors/fold/config.h"
#include "processors/fold/dedup.h"
#include "processors/fold/objective_counts.h"
#include "processors/fold/partials.h"
#include "processors/fold/probe.h"
#include "processors/fold/sli.h"
#include "processors/fold/state.h"
#include "processors/runtime/processor.h"

namespace weir::fold {

inline constexpr std::size_t kPartialOutput = 0;     // weir.partial
inline constexpr std::size_t kDeadLetterOutput = 1;  // weir.deadletter
inline constexpr std::size_t kConfigOutput = 2;      // weir.config
inline constexpr std::size_t kSliOutput = 3;         // weir.sli

class FoldProcessor final : public runtime::Processor {
 public:
  /// `definitions` are config.definitions, checked. `probe` outlives this.
  FoldProcessor(const Config& config, std::shared_ptr<const aggregates::Definitions> definitions,
                std::string raw_topic, Probe& probe);

  Result<void> open(runtime::TaskContext& context) override;
  Result<std::size_t> process(std::span<const runtime::Record> records,
                              runtime::TaskContext& context) override;
  Result<void> prepare_commit(runtime::TaskContext& context) override;
  Result<void> end_of_input(runtime::TaskContext& context) override;
  bool commit_required() const override;
  bool commit_urgent() const override;
  TimeUs watermark() const override { return head_.watermark_us; }

 private:
  Result<void> take(const runtime::Record& record, runtime::TaskContext& context);
  void take_loss();
  void take_tick(const runtime::Record& record);
  void take_batch(const runtime::Record& record, runtime::TaskContext& context);
  void take_event(const runtime::Record& record, runtime::TaskContext& context);
  void take_json(const runtime::Record& record, runtime::TaskContext& context);
  /// The event at the end of `gathered_`, read from `record`; `read` tells whether it could be.
  void take_gathered(const runtime::Record& record, const events::ReadResult& read,
                     runtime::TaskContext& context);
  bool is_future(TimeUs event_time) const;
  /// On time, or late by no more than tier 0 takes.
  bool enters_finest(TimeUs event_time) const;
  /// What becomes of an event. Where it is refused, why.
  enum class Verdict : std::uint8_t { on_time, late, refused };
  Verdict judge(const events::EventColumns& columns, std::size_t event,
                std::vector<events::Problem>& problems);
  void fold_gathered();
  void emit(std::size_t output, std::vector<OutgoingBatch> batches, runtime::TaskContext& context);
  void move_time(TimeUs greatest_event_time_us);
  void bury(const runtime::Record& record, std::span<const events::Problem> problems,
            runtime::TaskContext& context);
  void emit_config(runtime::TaskContext& context);
  /// The append time of outputs: histories stamp what they have read, live logs their clock.
  std::optional<TimeUs> output_time() const;

  const Config config_;
  const std::shared_ptr<const aggregates::Definitions> definitions_;
  const std::string raw_topic_;
  Probe& probe_;

  Head head_;
  const std::shared_ptr<const objectives::Objectives> objectives_;
  Accumulator accumulator_;
  ObjectiveCounts counts_;
  std::unique_ptr<Dedup> dedup_;
  std::unique_ptr<PartialBuilder> partials_;
  std::unique_ptr<SliBuilder> sli_;
  bool config_changed_ = false;
  bool told_end_ = false;  // head_.ended, as committed
  std::int64_t start_position_ = 0;
  TimeUs committed_watermark_us_ = kMinTime;

  events::BatchReader batch_reader_;
  events::JsonEventReader json_reader_;
  events::EventColumns columns_;   // of one batch
  events::EventColumns gathered_;  // single events of many records
  /// By event: not for tier 0, and not at all.
  struct Skipped {
    std::vector<std::uint8_t> finest;
    std::vector<std::uint8_t> refused;
  };
  Skipped skip_;  // of columns_
  Skipped gathered_skip_;
  std::deque<v1::InferenceEvent> json_events_;  // gathered_ points into them
};

}  // namespace weir::fold
