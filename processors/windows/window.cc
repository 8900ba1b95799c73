#include "processors/windows/window.h"

#include <algorithm>

#include <fmt/ranges.h>

namespace weir::windows {
namespace {

constexpr std::size_t kMaxWindows = 16;  // of one scope
/// What a window is merged from at its worst end, and what a series keeps in all tiers: no step and
/// no state grows beyond them, whatever is configured.
constexpr std::int64_t kMaxWindowPanes = 128;
constexpr std::int64_t kMaxSeriesPanes = 2'000;
/// Of windows, spans and lateness.
constexpr DurationUs kMaxLengthUs = 366 * kDayUs;

/// A late pane may begin a span before the event that makes it late, and the window before it must
/// still be there to tell what left: three panes more than the plain quotient.
constexpr std::int64_t kSlackPanes = 3;

Result<void> check_tiers(const std::vector<Tier>& tiers) {
  if (tiers.empty()) return fail(ErrorCode::invalid_argument, "tiers: none given");
  if (tiers.size() > kMaxTiers)
    return fail(ErrorCode::invalid_argument, "tiers: {} given, at most {} are kept", tiers.size(),
                kMaxTiers);
  for (std::size_t i = 0; i < tiers.size(); ++i) {
    const Tier& tier = tiers[i];
    const std::string name = format_duration(tier.span_us);
    if (tier.span_us <= 0 || tier.span_us > kMaxLengthUs)
      return fail(ErrorCode::invalid_argument, "tier {}: must be above 0 and at most {}", name,
                  format_duration(kMaxLengthUs));
    if (tier.lateness_us < 0 || tier.lateness_us > kMaxLengthUs)
      return fail(ErrorCode::invalid_argument, "tier {}: lateness must be from 0s to {}", name,
                  format_duration(kMaxLengthUs));
    if (i == 0) continue;
    if (tier.span_us <= tiers[i - 1].span_us || tier.span_us % tiers[i - 1].span_us != 0)
      return fail(ErrorCode::invalid_argument, "tier {}: must be a multiple of the tier before, {}",
                  name, format_duration(tiers[i - 1].span_us));
    if (tier.lateness_us < tiers[i - 1].lateness_us)
      return fail(ErrorCode::invalid_argument, "tier {}: lateness must not be below that of {}",
                  name, format_duration(tiers[i - 1].span_us));
  }
  return {};
}

Result<void> check_window(const Window& window, const std::vector<Tier>& tiers) {
  const std::string name = to_string(window);
  if (std::ranges::find(tiers, window.hop_us, &Tier::span_us) == tiers.end()) {
    std::vector<std::string> spans;
    for (const Tier& tier : tiers) spans.push_back(format_duration(tier.span_us));
    return fail(ErrorCode::invalid_argument, "window {}: its hop must be one of {}", name,
                fmt::join(spans, ", "));
  }
  if (window.length_us <= 0 || window.length_us % window.hop_us != 0)
    return fail(ErrorCode::invalid_argument,
                "window {}: its length must be a multiple of its hop, and not 0", name);
  if (window.length_us > kMaxLengthUs)
    return fail(ErrorCode::invalid_argument, "window {}: its length must be at most {}", name,
                format_duration(kMaxLengthUs));
  return {};
}

/// At both ends of the window, each tier but the coarsest fills up to the next one's alignment.
std::int64_t most_panes(const WindowPlan& plan, std::size_t window) {
  const std::vector<Tier>& tiers = plan.tiers();
  const DurationUs length_us = plan.windows()[window].length_us;
  std::int64_t panes = 0;
  std::size_t tier = plan.base_tier(window);
  for (; tier + 1 < tiers.size() && plan.keeps(tier + 1) && tiers[tier + 1].span_us <= length_us;
       ++tier)
    panes += 2 * (tiers[tier + 1].span_us / tiers[tier].span_us - 1);
  return panes + length_us / tiers[tier].span_us;
}

Result<void> check_bounds(const WindowPlan& plan) {
  const std::vector<Window>& windows = plan.windows();
  for (std::size_t w = 0; w < windows.size(); ++w)
    if (const std::int64_t panes = most_panes(plan, w); panes > kMaxWindowPanes)
      return fail(ErrorCode::invalid_argument,
                  "window {}: would be merged from up to {} panes at every hop, where {} are "
                  "allowed; make it shorter, or its hop longer",
                  to_string(windows[w]), panes, kMaxWindowPanes);
  std::int64_t panes = 0;
  for (std::size_t tier = 0; tier < plan.tiers().size(); ++tier) panes += plan.ring_panes(tier);
  if (panes <= kMaxSeriesPanes) return {};
  const auto finest = std::ranges::max_element(
      windows, {}, [](const Window& window) { return window.length_us / window.hop_us; });
  return fail(ErrorCode::invalid_argument,
              "window {}: with it a series keeps {} panes, where {} are allowed; make it shorter, "
              "its hop longer, or the lateness less",
              to_string(*finest), panes, kMaxSeriesPanes);
}

}  // namespace

Result<Window> parse_window(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash != std::string_view::npos) {
    const auto length = parse_duration(text.substr(0, slash));
    const auto hop = parse_duration(text.substr(slash + 1));
    if (length && hop) return Window{*length, *hop};
  }
  return fail(ErrorCode::invalid_argument,
              "'{}' is not a window; write length/hop, for example 5m/10s", text);
}

std::string to_string(const Window& window) {
  return fmt::format("{}/{}", format_duration(window.length_us), format_duration(window.hop_us));
}

std::vector<Tier> default_tiers() {
  return {{10 * kSecondUs, 10 * kMinuteUs}, {kMinuteUs, kHourUs}, {5 * kMinuteUs, kHourUs},
          {10 * kMinuteUs, 6 * kHourUs},    {kHourUs, kDayUs},    {kDayUs, kDayUs}};
}

Result<WindowPlan> WindowPlan::make(std::vector<Window> windows, std::vector<Tier> tiers) {
  WEIR_TRY(check_tiers(tiers));
  if (windows.empty()) return fail(ErrorCode::invalid_argument, "windows: none given");
  if (windows.size() > kMaxWindows)
    return fail(ErrorCode::invalid_argument, "windows: {} given, at most {} are kept",
                windows.size(), kMaxWindows);
  WindowPlan plan;
  for (std::size_t i = 0; i < windows.size(); ++i) {
    const Window& window = windows[i];
    WEIR_TRY(check_window(window, tiers));
    const auto base = std::ranges::find(tiers, window.hop_us, &Tier::span_us);
    if (std::ranges::count(windows, window) > 1)
      return fail(ErrorCode::invalid_argument, "window {}: named twice", to_string(window));
    plan.base_.push_back(static_cast<std::size_t>(base - tiers.begin()));
    plan.memory_ = std::max(plan.memory_, window.length_us + window.hop_us);
  }
  plan.windows_ = std::move(windows);
  plan.tiers_ = std::move(tiers);
  plan.lay_out_rings();
  WEIR_TRY(check_bounds(plan));
  return plan;
}

void WindowPlan::lay_out_rings() {
  ring_.assign(tiers_.size(), 0);
  // The coarsest tier that pays: a window's own hop, or half of some window.
  std::size_t coarsest = 0;
  for (std::size_t w = 0; w < windows_.size(); ++w) {
    coarsest = std::max(coarsest, base_[w]);
    for (std::size_t tier = base_[w]; tier < tiers_.size(); ++tier)
      if (2 * tiers_[tier].span_us <= windows_[w].length_us) coarsest = std::max(coarsest, tier);
  }
  for (std::size_t tier = 0; tier <= coarsest; ++tier) {
    // Until the next tier's pane closes, and as long as a window over it may be told or told again.
    DurationUs kept = tier < coarsest ? tiers_[tier + 1].span_us : 0;
    if (tier == 0) kept = std::max(kept, tiers_[0].lateness_us);
    for (std::size_t w = 0; w < windows_.size(); ++w)
      if (base_[w] <= tier)
        kept = std::max(kept, windows_[w].length_us + tiers_[base_[w]].lateness_us);
    ring_[tier] = align_up(kept, tiers_[tier].span_us) / tiers_[tier].span_us + kSlackPanes;
  }
  accepting_ = base_;
  accepting_.push_back(0);
  std::ranges::sort(accepting_);
  accepting_.erase(std::ranges::unique(accepting_).begin(), accepting_.end());
}

DurationUs WindowPlan::retention_us() const {
  DurationUs longest = 0;
  for (std::size_t tier = 0; tier < tiers_.size(); ++tier)
    longest = std::max(longest, ring_[tier] * tiers_[tier].span_us);
  return longest;
}

int WindowPlan::tier_for(TimeUs event_time, TimeUs watermark) const {
  if (event_time >= watermark) return 0;
  // Both may be far from zero; their distance as unsigned cannot overflow.
  const std::uint64_t late =
      static_cast<std::uint64_t>(watermark) - static_cast<std::uint64_t>(event_time);
  for (const std::size_t tier : accepting_)
    if (late <= static_cast<std::uint64_t>(tiers_[tier].lateness_us)) return static_cast<int>(tier);
  return -1;
}

void WindowPlan::panes_of(std::size_t window, TimeUs end, std::vector<PaneRange>& ranges) const {
  ranges.clear();
  TimeUs at = end - windows_[window].length_us;
  while (at < end) {
    std::size_t tier = base_[window];
    while (tier + 1 < tiers_.size() && keeps(tier + 1) &&
           floor_mod(at, tiers_[tier + 1].span_us) == 0 && at + tiers_[tier + 1].span_us <= end)
      ++tier;
    const std::int64_t pane = floor_div(at, tiers_[tier].span_us);
    if (ranges.empty() || ranges.back().tier != tier) ranges.push_back({tier, pane, pane});
    ++ranges.back().last;
    at += tiers_[tier].span_us;
  }
}

}  // namespace weir::windows
