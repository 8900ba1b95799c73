// How the ledgers of one objective are kept: which windows have running sums, and of which panes.
// Immutable; thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "processors/core/time.h"
#include "processors/objectives/objective.h"

namespace weir::slo {

/// Panes that windows leave by: fine ones for short windows. A window's leading edge is exact, its
/// trailing edge on its tier's boundary.
inline constexpr std::array<DurationUs, 4> kTierSpans = {objectives::kPaneUs, kMinuteUs,
                                                         10 * kMinuteUs, kHourUs};
inline constexpr std::size_t kTiers = kTierSpans.size();
/// The events of slices, in a ring like a tier's.
inline constexpr std::size_t kSliceTier = kTiers;
/// So long after its end a slice can still be judged again.
inline constexpr DurationUs kSliceMemoryUs = 2 * kDayUs;

class LedgerPlan {
 public:
  struct Window {
    DurationUs length_us = 0;  // 0: the calendar window
    std::size_t tier = 0;
  };
  struct Condition {
    std::size_t long_window = 0;
    std::optional<std::size_t> short_window;
  };

  explicit LedgerPlan(objectives::Objective objective);

  const objectives::Objective& objective() const { return objective_; }
  const v1::ObjectiveDefinition& definition() const { return objective_.definition; }
  /// Ascending by length; a calendar window is the last.
  const std::vector<Window>& windows() const { return windows_; }
  /// The objective's own.
  std::size_t own() const { return own_; }
  /// The window whose burn rate is the pace of now: the longest of at most an hour.
  std::size_t pace() const { return pace_; }
  /// In the order of the definition.
  const std::vector<Condition>& conditions() const { return conditions_; }

  /// Slots of a tier's ring, that of slices included.
  std::int64_t ring(std::size_t tier) const { return rings_[tier]; }

  bool sliced() const { return definition().method() != v1::BUDGETING_METHOD_OCCURRENCES; }

 private:
  std::size_t index_of(DurationUs length) const;

  objectives::Objective objective_;
  std::vector<Window> windows_;
  std::size_t own_ = 0;
  std::size_t pace_ = 0;
  std::vector<Condition> conditions_;
  std::array<std::int64_t, kTiers + 1> rings_{};
};

}  // namespace weir::slo
