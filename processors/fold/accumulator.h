// Open deltas: what the events since the last commit add to every pane of every series. Decides
// nothing about time but the tier that a late event still enters.
//
// A scope is folded event by event or derived: where a folded scope has all its dimensions, its
// deltas are merged from that one's at `drain`, one at a time (derived_scope.h).
//
// A delta is open in a Slot, which is fast and large, until its pane falls two behind the newest or
// what is open takes half the budget; then it is sealed: encoded, a tenth of the size. An event
// that comes later opens another delta of the same pane.
//
// The same calls give the same deltas in the same order. Where commits fall changes how deltas are
// cut, and never what they add up to. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "processors/aggregates/definitions.h"
#include "processors/events/columns.h"
#include "processors/fold/derived_scope.h"
#include "processors/fold/kernel.h"
#include "processors/fold/scope_fold.h"

namespace weir::fold {

class Accumulator {
 public:
  /// When bytes() reaches the budget it is full() and should be drained. One call to add() goes
  /// beyond it by what it seals, and by the names that it brings; what is open stays below half the
  /// budget and the slots of one block (kBlock for each folded scope, with the tables of their
  /// panes). `kernels` are chosen by tests only.
  Accumulator(std::shared_ptr<const aggregates::Definitions> definitions, std::size_t budget_bytes,
              const Kernels& kernels = best_kernels());

  /// Adds events to tier 0. skip: an entry for every event, or empty; an event whose entry is not 0
  /// is left out. REQUIRES: the others are valid (events::check).
  void add(const events::EventColumns& columns, std::span<const std::uint8_t> skip = {});

  /// Adds one late event to the tier of each scope that still takes it (WindowPlan::tier_for).
  /// False: no scope does. REQUIRES: the event is valid.
  bool add_late(const events::EventColumns& columns, std::size_t event, TimeUs watermark);

  /// Gives every delta to the sink, in the order in which they were opened, derived scopes last,
  /// and forgets them. Names that were learned are kept for the next ones while they take less than
  /// a quarter of the budget.
  void drain(const DeltaSink& sink);

  bool empty() const { return pool_.taken().empty() && sealed_.empty(); }
  bool full() const { return !empty() && bytes() >= budget_bytes_; }
  /// Of deltas, open, sealed and noted by derived scopes, and of everything that finds them.
  std::size_t bytes() const { return bytes_; }
  /// Of slots, with those that are kept for later: half the budget and those of a block at most.
  std::size_t slot_bytes() const { return pool_.memory_bytes(); }

 private:
  struct Derived {
    DerivedScope scope;
    std::size_t parent;  // index into folds_
  };

  /// What a slot becomes; its bytes are in sealed_bytes_, where the one before ends.
  struct Sealed {
    std::int64_t pane;
    std::uint32_t fold;  // index into folds_
    std::uint32_t tier;
    std::uint32_t series;
    std::size_t end;
  };

  void resolve(const events::EventColumns& columns);
  void add_block(const events::EventColumns& columns, std::size_t begin, std::size_t count);
  /// Marks events with a value that no lane takes; they are added one by one.
  void find_wide(const events::EventColumns& columns, std::size_t begin, std::size_t count);
  /// Notes the events of a block whose status is not ok.
  void find_errors(const events::EventColumns& columns, std::size_t begin, std::size_t count);
  void add_rare(const ScopeFold& fold, const events::EventColumns& columns, std::size_t begin,
                std::span<Slot* const> slots);
  void add_one(const ScopeFold& fold, const events::EventColumns& columns, std::size_t event,
               Slot& slot);
  std::size_t learned_bytes() const;
  void forget_names();
  /// Seals every slot where what is open takes half the budget.
  void seal_full();
  /// Seals what has fallen behind.
  void seal_old();
  /// Seals tier 0 slots of panes below this one; with kMaxTime every slot.
  void seal(std::int64_t pane);
  void seal_slot(Slot& slot);
  /// Its aggregate begins at `begin` of sealed_bytes_.
  Delta delta_of(const Sealed& sealed, std::size_t begin) const;
  void forget(Slot& slot);
  std::size_t open_bytes() const;
  void count_bytes();

  std::shared_ptr<const aggregates::Definitions> definitions_;
  std::size_t budget_bytes_;
  const Kernels& kernels_;
  std::vector<ScopeFold> folds_;
  std::vector<Derived> derived_;
  std::vector<aggregates::Dimension> dimensions_;  // of any folded scope
  unsigned wanted_bins_ = 0;                       // bit d: a folded scope sketches duration d
  AllDimensionIds ids_;
  std::size_t most_sketches_ = 0;  // of any folded scope
  SlotPool pool_;
  std::vector<Sealed> sealed_;
  std::string sealed_bytes_;
  std::int64_t newest_pane_ = 0;  // since the last drain
  std::int64_t sealed_below_ = 0;
  SlotPool trash_;  // one slot, for what is left out: cheaper than a branch for every event
  std::size_t hll_bytes_ = 0;
  std::size_t bytes_ = 0;

  // Of the call in hand.
  std::vector<std::uint8_t> left_out_;
  std::vector<std::uint32_t> wide_events_;
  std::vector<std::uint16_t> errors_;  // of the block in hand, by index in it
  std::unique_ptr<Block> block_;
};

}  // namespace weir::fold
