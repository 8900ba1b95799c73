// Which panes of one series' rings hold something: a bit a slot. It spares the store the question,
// and tells whether a window changed. A value; one thread.
//
// A ring of n slots remembers the last n panes up to the head; the head of every tier is the last
// pane that ends at or before `closed_until`. Panes beyond either end are empty.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "processors/core/result.h"
#include "processors/core/time.h"
#include "processors/windows/window.h"

namespace weir::windows {

/// A pane's slot in its ring.
inline std::uint32_t slot_of(const WindowPlan& plan, std::size_t tier, std::int64_t pane) {
  return static_cast<std::uint32_t>(floor_mod(pane, plan.ring_panes(tier)));
}

class Occupancy {
 public:
  explicit Occupancy(const WindowPlan& plan);

  /// Moves every head to `closed_until` (never back), emptying the slots it passes.
  void advance(const WindowPlan& plan, TimeUs closed_until);

  /// The pane is within the ring of its tier: at or below the head, not yet overwritten.
  bool reaches(const WindowPlan& plan, std::size_t tier, std::int64_t pane) const;
  bool test(const WindowPlan& plan, std::size_t tier, std::int64_t pane) const;
  /// REQUIRES: reaches().
  void set(const WindowPlan& plan, std::size_t tier, std::int64_t pane);

  /// The first end after `now` at which one of these panes may become part of a coarser one or has
  /// left a window; kMaxTime: none does. REQUIRES: panes that end by `now` have closed.
  TimeUs next_change(const WindowPlan& plan, TimeUs now) const;

  TimeUs closed_until() const { return closed_until_; }

  /// Versioned by the record it is part of. decode: false where the bytes are not of this plan.
  void encode(std::string& out) const;
  bool decode(std::string_view bytes);
  /// Beside what is in the object.
  std::size_t heap_bytes() const { return 8 * words_.capacity(); }
  std::size_t encoded_size() const { return sizeof closed_until_ + 8 * words_.size(); }

 private:
  std::uint64_t& word(const WindowPlan& plan, std::size_t tier, std::uint32_t slot);
  std::size_t first_word(const WindowPlan& plan, std::size_t tier) const;

  TimeUs closed_until_ = kMinTime;
  std::vector<std::uint64_t> words_;  // the tiers' bits, each tier from a new word
};

}  // namespace weir::windows
