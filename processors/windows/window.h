// Windows, tiers and panes: the pure arithmetic of rolling time.
//
// A pane is one span of a tier, aligned to the epoch. A window (length, hop) rolls over panes: it
// ends at every multiple of its hop and holds start <= t < end. Tiers nest: each span divides the
// next.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "processors/core/result.h"
#include "processors/core/time.h"

namespace weir::windows {

struct Window {
  DurationUs length_us = 0;
  DurationUs hop_us = 0;

  auto operator<=>(const Window&) const = default;
};

/// "5m/10s"; both parts are durations. Error: invalid_argument.
Result<Window> parse_window(std::string_view text);
std::string to_string(const Window& window);

struct Tier {
  DurationUs span_us = 0;
  DurationUs lateness_us =
      0;  // how long after an event's time it still restates windows of this tier

  bool operator==(const Tier&) const = default;
};

inline constexpr std::size_t kMaxTiers = 8;

/// 10 s (10 min late), 1 m (1 h), 5 m (1 h), 10 m (6 h), 1 h (1 d), 1 d (1 d).
std::vector<Tier> default_tiers();

/// Panes [first, last) of one tier.
struct PaneRange {
  std::size_t tier = 0;
  std::int64_t first = 0;
  std::int64_t last = 0;

  bool operator==(const PaneRange&) const = default;
};

/// How the windows of one scope are kept: which tiers, for how long, and which panes make a window.
class WindowPlan {
 public:
  /// A hop is the span of a tier, a length its multiple, no window named twice, spans ascend and
  /// nest; at most 16 windows, 128 panes a window, 2,000 a series. Error: invalid_argument, named.
  static Result<WindowPlan> make(std::vector<Window> windows, std::vector<Tier> tiers);

  const std::vector<Window>& windows() const { return windows_; }
  const std::vector<Tier>& tiers() const { return tiers_; }

  /// The tier whose span is the window's hop: the finest one it is made of.
  std::size_t base_tier(std::size_t window) const { return base_[window]; }
  /// Whether panes of the tier are kept at all. Tier 0 always is: events enter there.
  bool keeps(std::size_t tier) const { return ring_[tier] != 0; }
  /// Slots of the tier's ring: panes that may be read at once, restatements included.
  std::int64_t ring_panes(std::size_t tier) const { return ring_[tier]; }
  /// How long after a pane's end a window can still show it or show that it left: length and hop.
  DurationUs memory_us() const { return memory_; }
  /// How long after a pane's end anything of it is kept at all.
  DurationUs retention_us() const;

  /// Where an event of this time enters at this watermark of its own raw partition: tier 0 while
  /// tier 0's lateness lasts, then the finest tier that is some window's base and still takes it;
  /// -1: none. An event that enters tier t counts in the windows whose base is t or coarser. It is
  /// the fold task that decides, so the answer cannot depend on how partitions are merged
  /// downstream; rings are long enough that every window concerned can be told again.
  int tier_for(TimeUs event_time, TimeUs watermark) const;

  /// The coarsest aligned panes that make up the window ending at `end` (a multiple of its hop),
  /// ascending in time.
  void panes_of(std::size_t window, TimeUs end, std::vector<PaneRange>& ranges) const;

 private:
  void lay_out_rings();

  std::vector<Window> windows_;
  std::vector<Tier> tiers_;
  std::vector<std::size_t> base_;       // by window
  std::vector<std::int64_t> ring_;      // by tier; 0: not kept
  std::vector<std::size_t> accepting_;  // base tiers, finest first
  DurationUs memory_ = 0;
};

}  // namespace weir::windows
