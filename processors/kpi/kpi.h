// kpi: merges partials into panes and tells each window of each series as the watermark passes.
//
// Input: `weir.partial` (v1.PartialBatch), one task a partition. Output: see kResultOutput. A tick
// that produces much is told in several commits: its cursor is state. A batch whose range does not
// begin where the last of its raw partition ended, that lacks a part, or whose rules are unknown,
// stops the task: something was lost or doubled before it came here. Where losses are accepted
// (Config), it goes on behind one, and tells windows that may lack some of it as incomplete; so it
// does where fold says that it may lack raw records.
//
// Results depend on the sequence of partials alone: never on where a commit fell.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "processors/kpi/config.h"
#include "processors/kpi/evaluate.h"
#include "processors/kpi/panes.h"
#include "processors/kpi/probe.h"
#include "processors/kpi/series.h"
#include "processors/kpi/state.h"
#include "processors/runtime/processor.h"
#include "processors/windows/schedule.h"
#include "weir/v1/partial.pb.h"

namespace weir::kpi {

inline constexpr std::size_t kResultOutput = 0;  // weir.kpi, same partition as the input

class KpiProcessor final : public runtime::Processor {
 public:
  /// `probe` outlives this.
  KpiProcessor(const Config& config, Probe& probe);

  Result<void> open(runtime::TaskContext& context) override;
  Result<std::size_t> process(std::span<const runtime::Record> records,
                              runtime::TaskContext& context) override;
  bool in_step() const override;
  Result<void> resume(runtime::TaskContext& context) override;
  Result<void> prepare_commit(runtime::TaskContext& context) override;
  bool commit_urgent() const override { return told_; }
  bool commit_required() const override { return step_output_full_; }
  std::size_t memory_bytes() const override {
    return table_->memory_bytes() + panes_->memory_bytes();
  }
  TimeUs watermark() const override { return sources_.watermark(); }

 private:
  Result<void> take(const runtime::Record& record, std::int32_t partition);
  Result<void> merge(const v1::PartialBatch& batch);
  Result<void> merge(std::uint64_t definitions_hash, const v1::PaneDelta& delta);
  void begin_time();
  TimeUs last_tick() const;
  bool next_tick_due() const;
  void begin_step();
  Result<void> go_on(runtime::TaskContext& context);
  void begin_tick();
  Result<void> restate_next(runtime::TaskContext& context);
  Result<void> tick_next(runtime::TaskContext& context);
  Result<void> retire_if_forgotten(SeriesId id, const Series& series);
  /// Enters the next tick after `now` that can show something of the series.
  void schedule(SeriesId id, TimeUs now);
  Moment moment() const;
  void emit(const Series& series, v1::KpiResult& result, runtime::TaskContext& context);

  const Config config_;
  Probe& probe_;
  windows::Sources sources_;
  Head head_;
  windows::Schedule schedule_;
  std::unique_ptr<SeriesTable> table_;
  std::unique_ptr<Panes> panes_;
  std::unique_ptr<Evaluator> evaluator_;
  v1::PartialBatch batch_;         // the one in hand; kept for its memory
  bool told_ = false;              // results since the last commit
  bool step_output_full_ = false;  // step_bytes of them: a commit must come first
};

}  // namespace weir::kpi
