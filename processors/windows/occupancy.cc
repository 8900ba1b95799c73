#include "processors/windows/occupancy.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "processors/core/bytes.h"

namespace weir::windows {
namespace {

std::size_t words_for(std::int64_t bits) { return static_cast<std::size_t>((bits + 63) / 64); }

}  // namespace

Occupancy::Occupancy(const WindowPlan& plan) : words_(first_word(plan, plan.tiers().size())) {}

std::size_t Occupancy::first_word(const WindowPlan& plan, std::size_t tier) const {
  std::size_t words = 0;
  for (std::size_t i = 0; i < tier; ++i) words += words_for(plan.ring_panes(i));
  return words;
}

std::uint64_t& Occupancy::word(const WindowPlan& plan, std::size_t tier, std::uint32_t slot) {
  return words_[first_word(plan, tier) + slot / 64];
}

void Occupancy::advance(const WindowPlan& plan, TimeUs closed_until) {
  if (closed_until <= closed_until_) return;
  const TimeUs before = closed_until_;
  closed_until_ = closed_until;
  if (before == kMinTime) return;
  for (std::size_t tier = 0; tier < plan.tiers().size() && plan.keeps(tier); ++tier) {
    const DurationUs span = plan.tiers()[tier].span_us;
    const std::int64_t head = floor_div(closed_until, span) - 1;
    const std::int64_t first = std::max(floor_div(before, span), head - plan.ring_panes(tier) + 1);
    for (std::int64_t pane = first; pane <= head; ++pane) {
      const std::uint32_t slot = slot_of(plan, tier, pane);
      word(plan, tier, slot) &= ~(std::uint64_t{1} << slot % 64);
    }
  }
}

bool Occupancy::reaches(const WindowPlan& plan, std::size_t tier, std::int64_t pane) const {
  if (!plan.keeps(tier) || closed_until_ == kMinTime) return false;
  const std::int64_t head = floor_div(closed_until_, plan.tiers()[tier].span_us) - 1;
  return pane <= head && pane > head - plan.ring_panes(tier);
}

bool Occupancy::test(const WindowPlan& plan, std::size_t tier, std::int64_t pane) const {
  if (!reaches(plan, tier, pane)) return false;
  const std::uint32_t slot = slot_of(plan, tier, pane);
  return (words_[first_word(plan, tier) + slot / 64] >> slot % 64 & 1) != 0;
}

void Occupancy::set(const WindowPlan& plan, std::size_t tier, std::int64_t pane) {
  assert(reaches(plan, tier, pane));
  const std::uint32_t slot = slot_of(plan, tier, pane);
  word(plan, tier, slot) |= std::uint64_t{1} << slot % 64;
}

TimeUs Occupancy::next_change(const WindowPlan& plan, TimeUs now) const {
  TimeUs next = kMaxTime;
  for (std::size_t tier = 1; tier < plan.tiers().size() && plan.keeps(tier); ++tier) {
    const DurationUs span = plan.tiers()[tier].span_us;
    const DurationUs fine = plan.tiers()[tier - 1].span_us;
    const TimeUs begin = align_down(now, span);
    for (std::int64_t pane = begin / fine; begin + span < next && (pane + 1) * fine <= now; ++pane)
      if (test(plan, tier - 1, pane)) next = begin + span;
  }
  for (std::size_t w = 0; w < plan.windows().size(); ++w) {
    const auto& [length, hop] = plan.windows()[w];
    const std::size_t base = plan.base_tier(w);
    TimeUs end = align_down(now - length, hop) + hop;  // of a pane that has not left
    for (; end <= now && end + length < next; end += hop)
      if (test(plan, base, end / hop - 1)) next = end + length;
  }
  return next;
}

void Occupancy::encode(std::string& out) const {
  put_fixed(out, closed_until_);
  for (const std::uint64_t word : words_) put_fixed(out, word);
}

bool Occupancy::decode(std::string_view bytes) {
  if (bytes.size() != encoded_size()) return false;
  ByteReader reader(bytes);
  closed_until_ = reader.fixed<TimeUs>();
  for (std::uint64_t& word : words_) word = reader.fixed<std::uint64_t>();
  return true;
}

}  // namespace weir::windows
