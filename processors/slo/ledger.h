// The ledger of one objective and series: running sums of its windows, moved along and corrected
// over panes in rings. What a window holds is always the sum of its panes, so that a late event or
// a slice that turns bad corrects every sum it is in, and nothing else. One thread.
#pragma once

#include <cstdint>
#include <memory>

#include "processors/core/result.h"
#include "processors/slo/plan.h"
#include "processors/slo/state.h"
#include "processors/state/write_back.h"

namespace weir::slo {

struct Ledger {
  std::shared_ptr<const LedgerPlan> plan;
  LedgerRecord record;
  std::uint32_t open_panes = 0;
  TimeUs next_look_us = kMinTime;  // its place in the schedule, open panes apart
  bool changed = false;            // to be written at the next commit

  const Counts& sum(std::size_t window) const { return record.sums[window].counts; }
};

/// A ledger with nothing in it, whose record says who it is.
Ledger make_ledger(std::shared_ptr<const LedgerPlan> plan, LedgerRecord record);

/// Nothing is in it and nothing is to be told.
bool is_idle(const Ledger& ledger);

/// Where a window of the ledger begins when it ends at `end`.
TimeUs window_start(const Ledger& ledger, std::size_t window, TimeUs end);

/// The first end after record.advanced_to at which a window can change without new events;
/// kMaxTime: none can.
TimeUs next_change(const Ledger& ledger);

class Bookkeeper {
 public:
  explicit Bookkeeper(state::WriteBack& store) : store_(store) {}

  /// Moves every window to `end`, a multiple of 10 s, and judges the slice that ends there.
  /// REQUIRES: not back, and not beyond next_change() or the end of an open pane.
  Result<void> advance(LedgerId id, Ledger& ledger, TimeUs end, const Counts& events);

  /// Events of a pane that has closed. False: they came too late for their slice and count nowhere.
  struct Late {
    TimeUs pane_us = 0;  // its start
    Counts events;
    v1::CorrectionReason reason = v1::CORRECTION_REASON_LATE;
  };
  Result<bool> correct(LedgerId id, Ledger& ledger, const Late& late);

  /// Makes the sums anew from panes, where other windows are wanted than before.
  Result<void> rebuild(LedgerId id, Ledger& ledger);

  /// Removes the panes of a ledger.
  Result<void> erase_panes(LedgerId id);

 private:
  struct Pane {
    LedgerId ledger = 0;
    std::size_t tier = 0;
    std::int64_t ring = 0;
    std::int64_t number = 0;

    std::string key() const;
  };

  Result<void> move_windows(LedgerId id, Ledger& ledger, TimeUs end);
  /// Adds to the panes and windows that hold this pane's start.
  Result<void> add(LedgerId id, Ledger& ledger, TimeUs pane_us, const Counts& units);
  Result<void> enter_slice(LedgerId id, Ledger& ledger, TimeUs end, const Counts& events);
  Result<Counts> sum_of(LedgerId id, const Ledger& ledger, std::size_t window, TimeUs from,
                        TimeUs to);
  Result<Counts> read(const Pane& pane);
  /// Adds to a pane and gives what it holds then.
  Result<Counts> add_to(const Pane& pane, const Counts& counts);

  state::WriteBack& store_;
};

/// What a slice with these events counts for; nothing where it has none.
Counts slice_units(const v1::ObjectiveDefinition& definition, const Counts& events);

}  // namespace weir::slo
