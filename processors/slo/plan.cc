#include "processors/slo/plan.h"

#include <algorithm>
#include <set>

namespace weir::slo {
namespace {

/// Told for every objective whose own window is not shorter.
constexpr std::array kBurnLengths = {5 * kMinuteUs, 30 * kMinuteUs, kHourUs,   2 * kHourUs,
                                     6 * kHourUs,   kDayUs,         3 * kDayUs};
/// The longest window of each tier but the last.
constexpr std::array kLongest = {kHourUs, 6 * kHourUs, 3 * kDayUs};

std::size_t tier_of(DurationUs length) {
  return static_cast<std::size_t>(std::ranges::lower_bound(kLongest, length) - kLongest.begin());
}

}  // namespace

LedgerPlan::LedgerPlan(objectives::Objective objective) : objective_(std::move(objective)) {
  const DurationUs own_us = definition().window_us();
  const DurationUs longest = own_us != 0 ? own_us : objectives::kMaxConditionUs;
  std::set<DurationUs> lengths;
  for (const DurationUs length : kBurnLengths)
    if (length <= longest) lengths.insert(length);
  for (const v1::ConditionDefinition& condition : definition().condition()) {
    lengths.insert(condition.long_us());
    if (condition.short_us() != 0) lengths.insert(condition.short_us());
  }
  if (own_us != 0) lengths.insert(own_us);
  for (const DurationUs length : lengths) windows_.push_back({length, tier_of(length)});
  if (own_us == 0) windows_.push_back({0, kTiers - 1});
  own_ = own_us == 0 ? windows_.size() - 1 : index_of(own_us);
  pace_ = index_of(*std::prev(lengths.upper_bound(std::max(kHourUs, *lengths.begin()))));
  for (const v1::ConditionDefinition& condition : definition().condition()) {
    conditions_.push_back({.long_window = index_of(condition.long_us())});
    if (condition.short_us() != 0) conditions_.back().short_window = index_of(condition.short_us());
  }
  for (std::size_t tier = 0; tier < kLongest.size(); ++tier)
    rings_[tier] = kLongest[tier] / kTierSpans[tier] + 2;
  rings_[kTiers - 1] = std::max(own_us, objectives::kMaxConditionUs) / kTierSpans[kTiers - 1] + 2;
  if (sliced()) rings_[kSliceTier] = kSliceMemoryUs / definition().slice_us() + 2;
}

std::size_t LedgerPlan::index_of(DurationUs length) const {
  return static_cast<std::size_t>(std::ranges::find(windows_, length, &Window::length_us) -
                                  windows_.begin());
}

}  // namespace weir::slo
