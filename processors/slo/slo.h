// slo: merges counts of objectives into exact ledgers and tells budgets, burn rates and changes of
// conditions as the watermark passes.
//
// Input: `weir.sli` (v1.SliBatch), one task a partition. Outputs: see below. A tick that produces
// much is told in several commits: its cursor is state. A batch whose range does not begin where
// the last of its raw partition ended, that lacks a part, or whose objectives are unknown, stops
// the task. Where losses are accepted (Config), it goes on behind one: for what is lost no
// condition ends and nobody falls silent, and results say that they may lack it. So it is where
// fold says that it may lack raw records.
//
// That time passed is told after all ticks that are due, and up to the tick before each of them
// that changes a condition: in a catch-up, too, who waits for time hears of it before the change.
//
// Results depend on the sequence of batches alone: never on where a commit fell.
#pragma once

#include <map>
#include <memory>

#include "processors/runtime/processor.h"
#include "processors/slo/conditions.h"
#include "processors/slo/config.h"
#include "processors/slo/ledgers.h"
#include "processors/slo/probe.h"
#include "processors/slo/state.h"
#include "processors/windows/schedule.h"
#include "processors/windows/sources.h"
#include "weir/v1/signal.pb.h"
#include "weir/v1/sli.pb.h"

namespace weir::slo {

inline constexpr std::size_t kBurnOutput = 0;    // weir.burn, same partition as the input
inline constexpr std::size_t kSignalOutput = 1;  // weir.signal, partition 0

class SloProcessor final : public runtime::Processor {
 public:
  /// `probe` outlives this.
  SloProcessor(const Config& config, Probe& probe);

  Result<void> open(runtime::TaskContext& context) override;
  Result<std::size_t> process(std::span<const runtime::Record> records,
                              runtime::TaskContext& context) override;
  bool in_step() const override { return head_.in_tick; }
  Result<void> resume(runtime::TaskContext& context) override;
  Result<void> prepare_commit(runtime::TaskContext& context) override;
  bool commit_urgent() const override { return told_; }
  bool commit_required() const override { return step_output_full_; }
  TimeUs watermark() const override { return sources_.watermark(); }

 private:
  Result<void> take(const runtime::Record& record, runtime::TaskContext& context);
  Result<void> define(const v1::Objectives& message, runtime::TaskContext& context);
  Result<void> end_dropped(LedgerId id, const objectives::Objective& objective,
                           runtime::TaskContext& context);
  Result<void> merge(const v1::SliBatch& batch);
  Result<bool> merge(const v1::SliDelta& delta);
  Result<void> correct(LedgerId id, Ledger& ledger, TimeUs pane_us, const Counts& events);
  void begin_time();
  TimeUs last_tick() const;
  bool next_tick_due() const;
  void begin_tick(runtime::TaskContext& context);
  Result<void> tick_next(runtime::TaskContext& context);
  void adopt_silence(Ledger& ledger) const;
  /// Tells where a silence begins or ends.
  void judge_silence(Ledger& ledger, runtime::TaskContext& context);
  void begin_silence(Ledger& ledger, std::optional<double> probability,
                     runtime::TaskContext& context);
  void end_silence(Ledger& ledger, std::string reason, runtime::TaskContext& context);
  Result<Counts> take_open(LedgerId id, Ledger& ledger);
  TimeUs next_maintenance(const Ledger& ledger) const;
  /// The last event, or the end of a planned time that began since, or of what is lost.
  TimeUs expected_since(const Ledger& ledger) const;
  /// What the planned time of this pane is called; empty: none.
  std::string_view maintenance_of(const Ledger& ledger, TimeUs pane_us) const;
  /// Whether nothing lacks in the pane that ends there.
  bool is_pane_complete(TimeUs end) const {
    return sources_.complete(end - objectives::kPaneUs, end);
  }
  /// Nor in any window of the ledger.
  bool is_complete(const Ledger& ledger, TimeUs end) const;
  /// Tells what changed, conditions first; `came_to_us` as of Sight.
  void tell(Ledger& ledger, TimeUs came_to_us, runtime::TaskContext& context);
  void tell_condition(Ledger& ledger, std::size_t index, const Evaluation& evaluation,
                      runtime::TaskContext& context);
  Result<void> close(LedgerId id, std::string_view reason, runtime::TaskContext& context);
  void schedule(LedgerId id);
  void emit(Ledger& ledger, v1::BurnResult& result, runtime::TaskContext& context);
  void emit(const Ledger& ledger, v1::ConditionChange change, runtime::TaskContext& context);
  /// That time passed up to the tick before this one; nothing where that was told.
  void emit_time_before_tick(runtime::TaskContext& context);
  void emit_time(TimeUs time, runtime::TaskContext& context);
  void emit(v1::Signal& signal, std::string key, runtime::TaskContext& context);

  const Config config_;
  Probe& probe_;
  windows::Sources sources_;
  Head head_;
  windows::Schedule schedule_;
  state::WriteBack* store_ = nullptr;  // the task's, which outlives this
  std::unique_ptr<Ledgers> ledgers_;
  std::map<OpenKey, Counts> open_;  // as in the store
  bool told_ = false;               // since the last commit
  bool step_output_full_ = false;   // step_bytes of it: a commit must come first
};

}  // namespace weir::slo
