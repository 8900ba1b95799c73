#include "processors/slo/ledger.h"

#include <algorithm>

#include "processors/objectives/parts.h"

namespace weir::slo {
namespace {

using objectives::kPaneUs;
using objectives::kPpb;
using objectives::Wide;

bool is_empty(const Counts& counts) { return counts == Counts{}; }

}  // namespace

Ledger make_ledger(std::shared_ptr<const LedgerPlan> plan, LedgerRecord record) {
  Ledger ledger{.plan = std::move(plan), .record = std::move(record), .changed = true};
  for (const LedgerPlan::Window& window : ledger.plan->windows())
    ledger.record.sums.push_back({window.length_us, {}});
  for (const v1::ConditionDefinition& condition : ledger.plan->definition().condition())
    ledger.record.conditions.push_back({.name = condition.name()});
  return ledger;
}

bool is_idle(const Ledger& ledger) {
  return ledger.open_panes == 0 && ledger.record.slice_end_us == kMinTime && !ledger.record.tell &&
         std::ranges::all_of(ledger.record.sums,
                             [](const LedgerRecord::Sum& sum) { return is_empty(sum.counts); });
}

TimeUs window_start(const Ledger& ledger, std::size_t window, TimeUs end) {
  const LedgerPlan::Window& each = ledger.plan->windows()[window];
  if (each.length_us == 0) return ledger.record.period_start_us;
  return align_down(end - each.length_us, kTierSpans[each.tier]);
}

TimeUs next_change(const Ledger& ledger) {
  const TimeUs now = ledger.record.advanced_to_us;
  TimeUs next = kMaxTime;
  for (std::size_t w = 0; w < ledger.record.sums.size(); ++w) {
    const LedgerPlan::Window& window = ledger.plan->windows()[w];
    if (is_empty(ledger.sum(w)) || window.length_us == 0) continue;
    next =
        std::min(next, window_start(ledger, w, now) + kTierSpans[window.tier] + window.length_us);
  }
  if (ledger.record.slice_end_us != kMinTime) next = std::min(next, ledger.record.slice_end_us);
  if (ledger.plan->objective().calendar && !is_empty(ledger.record.sums.back().counts))
    next =
        std::min(next, align_up(ledger.plan->objective().window_at(now).end_us, kPaneUs) + kPaneUs);
  return next;
}

Counts slice_units(const v1::ObjectiveDefinition& definition, const Counts& events) {
  if (events.total == 0) return {};
  if (definition.method() == v1::BUDGETING_METHOD_RATIO_TIMESLICES)
    return {static_cast<std::int64_t>(Wide{events.good} * kPpb / events.total), kPpb};
  const Wide ratio = Wide{events.good} * kPpb;
  const Wide target = Wide{definition.slice_target_ppb()} * events.total;
  const bool good = definition.slice_above() ? ratio > target : ratio >= target;
  return {good ? 1 : 0, 1};
}

Result<void> Bookkeeper::advance(LedgerId id, Ledger& ledger, TimeUs end, const Counts& events) {
  WEIR_TRY(move_windows(id, ledger, end));
  if (!is_empty(events)) {
    ledger.changed = true;
    if (!ledger.plan->sliced()) return add(id, ledger, end - kPaneUs, events);
  }
  if (ledger.plan->sliced()) return enter_slice(id, ledger, end, events);
  return {};
}

Result<void> Bookkeeper::enter_slice(LedgerId id, Ledger& ledger, TimeUs end,
                                     const Counts& events) {
  const DurationUs slice = ledger.plan->definition().slice_us();
  const TimeUs slice_end = align_up(end, slice);
  const Pane pane{id, kSliceTier, ledger.plan->ring(kSliceTier), slice_end / slice - 1};
  if (!is_empty(events)) {
    WEIR_TRY(add_to(pane, events));
    ledger.record.slice_end_us = slice_end;
  }
  if (ledger.record.slice_end_us != end) return {};
  ledger.record.slice_end_us = kMinTime;
  ledger.changed = true;
  WEIR_ASSIGN(const Counts whole, read(pane));
  return add(id, ledger, end - kPaneUs, slice_units(ledger.plan->definition(), whole));
}

Result<bool> Bookkeeper::correct(LedgerId id, Ledger& ledger, const Late& late) {
  LedgerRecord& record = ledger.record;
  Counts units = late.events;
  TimeUs at = late.pane_us;
  if (ledger.plan->sliced()) {
    const DurationUs slice = ledger.plan->definition().slice_us();
    const std::int64_t number = floor_div(late.pane_us, slice);
    const TimeUs slice_end = (number + 1) * slice;
    if (slice_end + kSliceMemoryUs <= record.advanced_to_us) return false;
    const Pane pane{id, kSliceTier, ledger.plan->ring(kSliceTier), number};
    WEIR_ASSIGN(const Counts before, read(pane));
    WEIR_ASSIGN(const Counts after, add_to(pane, late.events));
    ledger.changed = true;
    if (slice_end > record.advanced_to_us) {
      record.slice_end_us = slice_end;  // nobody has judged it yet
      return true;
    }
    units = slice_units(ledger.plan->definition(), after);
    units += -slice_units(ledger.plan->definition(), before);
    at = slice_end - kPaneUs;
  }
  if (is_empty(units)) return true;
  const bool first = record.correction_reason == v1::CORRECTION_REASON_UNSPECIFIED;
  record.correction_reason = std::max(record.correction_reason, late.reason);
  record.correction += units;
  record.correction_from_us = first ? at : std::min(record.correction_from_us, at);
  record.correction_to_us = first ? at + kPaneUs : std::max(record.correction_to_us, at + kPaneUs);
  WEIR_TRY(add(id, ledger, at, units));
  return true;
}

Result<void> Bookkeeper::move_windows(LedgerId id, Ledger& ledger, TimeUs end) {
  LedgerRecord& record = ledger.record;
  if (end == record.advanced_to_us) return {};
  if (record.advanced_to_us == kMinTime)
    record.advanced_to_us = end - kPaneUs;  // nothing in it yet
  if (ledger.plan->objective().calendar) {
    const TimeUs start = ledger.plan->objective().window_at(end).start_us;
    Counts& own = record.sums.back().counts;
    if (start != record.period_start_us && !is_empty(own)) {
      own = {};
      ledger.record.tell = true;
    }
    record.period_start_us = start;
  }
  for (std::size_t w = 0; w < record.sums.size(); ++w) {
    Counts& sum = record.sums[w].counts;
    if (is_empty(sum) || record.sums[w].length_us == 0) continue;
    const TimeUs from = window_start(ledger, w, record.advanced_to_us);
    const TimeUs to = std::min(window_start(ledger, w, end), record.advanced_to_us);
    WEIR_ASSIGN(const Counts left, sum_of(id, ledger, w, from, to));
    if (is_empty(left)) continue;
    sum += -left;
    ledger.record.tell = true;
  }
  record.advanced_to_us = end;
  ledger.changed = true;
  return {};
}

Result<void> Bookkeeper::add(LedgerId id, Ledger& ledger, TimeUs pane_us, const Counts& units) {
  if (is_empty(units)) return {};
  LedgerRecord& record = ledger.record;
  record.lifetime += units;
  ledger.changed = ledger.record.tell = true;
  for (std::size_t tier = 0; tier < kTiers; ++tier) {
    const std::int64_t number = floor_div(pane_us, kTierSpans[tier]);
    const std::int64_t newest = floor_div(record.advanced_to_us - 1, kTierSpans[tier]);
    if (number <= newest - ledger.plan->ring(tier)) continue;  // no window of it is so long
    WEIR_TRY(add_to({id, tier, ledger.plan->ring(tier), number}, units));
  }
  for (std::size_t w = 0; w < record.sums.size(); ++w)
    if (pane_us >= window_start(ledger, w, record.advanced_to_us)) record.sums[w].counts += units;
  return {};
}

Result<void> Bookkeeper::rebuild(LedgerId id, Ledger& ledger) {
  LedgerRecord& record = ledger.record;
  const Counts calendar = ledger.plan->objective().calendar ? record.sums.back().counts : Counts{};
  record.sums.clear();
  for (const LedgerPlan::Window& window : ledger.plan->windows())
    record.sums.push_back({window.length_us, window.length_us == 0 ? calendar : Counts{}});
  if (record.advanced_to_us == kMinTime) return {};  // nothing in it yet
  for (std::size_t w = 0; w < record.sums.size(); ++w) {
    if (record.sums[w].length_us == 0) continue;
    const TimeUs end = record.advanced_to_us;
    WEIR_ASSIGN(record.sums[w].counts, sum_of(id, ledger, w, window_start(ledger, w, end), end));
  }
  ledger.changed = true;
  return {};
}

Result<Counts> Bookkeeper::sum_of(LedgerId id, const Ledger& ledger, std::size_t window,
                                  TimeUs from, TimeUs to) {
  const std::size_t tier = ledger.plan->windows()[window].tier;
  Counts sum;
  for (TimeUs start = from; start < to; start += kTierSpans[tier]) {
    WEIR_ASSIGN(const Counts counts,
                read({id, tier, ledger.plan->ring(tier), floor_div(start, kTierSpans[tier])}));
    sum += counts;
  }
  return sum;
}

std::string Bookkeeper::Pane::key() const {
  return pane_key(ledger, tier, static_cast<std::uint32_t>(floor_mod(number, ring)));
}

Result<Counts> Bookkeeper::read(const Pane& pane) {
  WEIR_ASSIGN(const auto bytes, store_.get(pane.key()));
  if (!bytes) return Counts{};
  ByteReader reader(*bytes);
  const auto number = reader.fixed<std::int64_t>();
  const Counts counts = read_counts(reader);
  if (!reader.ok() || !reader.at_end())
    return fail(ErrorCode::corrupt, "state of slo: damaged pane of ledger {}", pane.ledger);
  return number == pane.number ? counts : Counts{};
}

Result<Counts> Bookkeeper::add_to(const Pane& pane, const Counts& counts) {
  WEIR_ASSIGN(Counts sum, read(pane));
  sum += counts;
  std::string value;
  put_fixed(value, pane.number);
  put_counts(value, sum);
  store_.put(pane.key(), std::move(value));
  return sum;
}

Result<void> Bookkeeper::erase_panes(LedgerId id) {
  std::vector<std::string> keys;
  WEIR_TRY(store_.scan(pane_prefix(id), "", [&keys](std::string_view key, std::string_view) {
    keys.emplace_back(key);
    return true;
  }));
  for (const std::string& key : keys) store_.erase(key);
  return {};
}

}  // namespace weir::slo
