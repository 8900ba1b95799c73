#include "processors/fold/accumulator.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <iterator>

#include "processors/core/hash.h"

namespace weir::fold {
namespace {

using aggregates::Duration;
using aggregates::kDurations;
using events::EventColumns;
using events::kAbsent;
using events::Number;

/// The number that a lane adds up; tpot is made of others.
constexpr Number number_of_lane(std::size_t lane) {
  constexpr std::array kNumbers = {Number::latency,      Number::ttft,         Number::latency,
                                   Number::queue,        Number::compute,      Number::network,
                                   Number::input_tokens, Number::output_tokens};
  static_assert(kNumbers.size() == kLanes);
  return kNumbers[lane];
}

constexpr bool is_tpot(std::size_t lane) {
  return lane == static_cast<std::size_t>(Duration::tpot);
}

/// Slots between bringing one near and writing it.
constexpr std::size_t kSealAhead = 4;
/// Panes of tier 0 that stay open: the newest, and those that stragglers still reach.
constexpr std::int64_t kOpenPanes = 2;

constexpr std::array kTallyNumbers = {Number::cached_tokens, Number::retry_count};
static_assert(kTallyNumbers.size() == kTallySums);

void add_flag(unsigned flags, unsigned known, unsigned flag, aggregates::FlagCount& count) {
  if ((flags & known) == 0) return;
  ++count.known;
  if ((flags & flag) != 0) ++count.yes;
}

void add_flags(unsigned flags, aggregates::Counters& counters) {
  add_flag(flags, v1::INFERENCE_FLAG_LOW_CONFIDENCE_KNOWN, v1::INFERENCE_FLAG_LOW_CONFIDENCE,
           counters.low_confidence);
  add_flag(flags, v1::INFERENCE_FLAG_ABNORMAL_INPUT_KNOWN, v1::INFERENCE_FLAG_ABNORMAL_INPUT,
           counters.abnormal_input);
}

/// A duration of one event, tpot included.
std::optional<std::uint64_t> duration_of(const EventColumns& columns, std::size_t event,
                                         std::size_t lane) {
  return is_tpot(lane) ? columns.time_per_output_token(event)
                       : columns.value(number_of_lane(lane), event);
}

std::size_t most_sketches(const std::vector<ScopeFold>& folds) {
  std::size_t most = 0;
  for (const ScopeFold& fold : folds) most = std::max(most, fold.sketches().size());
  return most;
}

std::vector<ScopeFold> folded_scopes(const std::vector<aggregates::Scope>& scopes) {
  const auto parents = plan_derivation(scopes);
  std::vector<ScopeFold> folds;
  for (std::size_t s = 0; s < scopes.size(); ++s)
    if (!parents[s]) folds.emplace_back(static_cast<std::uint32_t>(s), scopes[s]);
  return folds;
}

}  // namespace

Accumulator::Accumulator(std::shared_ptr<const aggregates::Definitions> definitions,
                         std::size_t budget_bytes, const Kernels& kernels)
    : definitions_(std::move(definitions)),
      budget_bytes_(budget_bytes),
      kernels_(kernels),
      folds_(folded_scopes(definitions_->scopes())),
      most_sketches_(most_sketches(folds_)),
      pool_(most_sketches_),
      trash_(most_sketches_),
      block_(std::make_unique<Block>()) {
  trash_.take();
  const auto& scopes = definitions_->scopes();
  const auto parents = plan_derivation(scopes);
  for (std::size_t s = 0; s < scopes.size(); ++s) {
    if (!parents[s]) continue;
    const auto parent = std::ranges::find(folds_, *parents[s], &ScopeFold::index);
    derived_.push_back({DerivedScope(static_cast<std::uint32_t>(s), scopes[s], parent->scope()),
                        static_cast<std::size_t>(parent - folds_.begin())});
  }
  for (const ScopeFold& fold : folds_) {
    for (const Duration duration : fold.sketches())
      wanted_bins_ |= 1u << static_cast<unsigned>(duration);
    for (const aggregates::Dimension dimension : fold.scope().dimensions)
      if (std::ranges::count(dimensions_, dimension) == 0) dimensions_.push_back(dimension);
  }
}

void Accumulator::add(const EventColumns& columns, std::span<const std::uint8_t> skip) {
  assert(skip.empty() || skip.size() >= columns.count);
  if (skip.empty())
    left_out_.assign(columns.count, 0);
  else
    left_out_.assign(skip.begin(), skip.begin() + static_cast<std::ptrdiff_t>(columns.count));
  resolve(columns);
  for (std::size_t begin = 0; begin < columns.count; begin += kBlock) {
    add_block(columns, begin, std::min(kBlock, columns.count - begin));
    seal_full();
  }
  seal_old();
  count_bytes();
}

void Accumulator::resolve(const EventColumns& columns) {
  for (const aggregates::Dimension dimension : dimensions_)
    ids_[static_cast<std::size_t>(dimension)].resolve(columns.text(text_of(dimension)),
                                                      columns.count);
  for (ScopeFold& fold : folds_) fold.resolve(ids_, columns.count);
}

void Accumulator::add_block(const EventColumns& columns, std::size_t begin, std::size_t count) {
  BlockColumns in{.count = count, .times_us = columns.event_time_us.data() + begin};
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    const Number number = number_of_lane(lane);
    if (!is_tpot(lane) && columns.has(number))
      in.lanes[lane] = columns.number(number).data() + begin;
  }
  for (std::size_t k = 0; k < kTallySums; ++k)
    if (const Number number = kTallyNumbers[k]; columns.has(number))
      in.tallies[k] = columns.number(number).data() + begin;
  if (columns.has_flags) in.flags = columns.flags.data() + begin;
  kernels_.prepare(in, wanted_bins_, *block_);
  wide_events_.clear();
  if (block_->any_wide || !columns.wide.empty()) find_wide(columns, begin, count);
  find_errors(columns, begin, count);

  std::span<const std::uint8_t> out = std::span(left_out_).subspan(begin, count);
  for (std::size_t i = 0; i < count; ++i)
    if (out[i] == 0) newest_pane_ = std::max(newest_pane_, block_->panes[i]);
  if (std::ranges::count(out, 0) == static_cast<std::ptrdiff_t>(count)) out = {};

  std::array<Slot*, kBlock> slots;
  Addition addition{.block = block_.get(), .slots = slots.data(), .count = count};
  for (ScopeFold& fold : folds_) {
    fold.find_slots(columns, begin, std::span(block_->panes).first(count), out, pool_,
                    *trash_.taken()[0], slots.data());
    addition.sketches = fold.sketches().size();
    for (std::size_t k = 0; k < addition.sketches; ++k)
      addition.bins[k] = block_->bins[static_cast<std::size_t>(fold.sketches()[k])].data();
    kernels_.add(addition);
    if (!columns.has_status)
      for (std::size_t i = 0; i < count; ++i) ++slots[i]->statuses[aggregates::kStatusAbsent];
    for (const std::uint16_t i : errors_)
      ++slots[i]->statuses[aggregates::status_counter(columns.status[begin + i])];
    add_rare(fold, columns, begin, std::span(slots).first(count));
    for (const std::uint32_t event : wide_events_)
      add_one(fold, columns, event,
              fold.find_slot(columns, event, ids_, 0, block_->panes[event - begin], pool_));
  }
}

void Accumulator::find_wide(const EventColumns& columns, std::size_t begin, std::size_t count) {
  const auto is_wide = [&columns](std::size_t event) {
    for (std::size_t k = 0; k < events::kNumbers; ++k) {
      if (!columns.has_number[k]) continue;
      const std::uint32_t value = columns.numbers[k][event];
      if (value >= kLaneLimit && value != kAbsent) return true;
    }
    return std::ranges::binary_search(columns.wide, event, {}, &events::WideNumber::event);
  };
  for (std::size_t event = begin; event < begin + count; ++event) {
    if (left_out_[event] != 0 || !is_wide(event)) continue;
    left_out_[event] = 1;
    wide_events_.push_back(static_cast<std::uint32_t>(event));
  }
}

void Accumulator::find_errors(const EventColumns& columns, std::size_t begin, std::size_t count) {
  errors_.clear();
  if (!columns.has_status) return;
  constexpr std::uint64_t kAllOk = 0x0101'0101'0101'0101 * v1::INFERENCE_STATUS_OK;
  const std::uint8_t* const status = columns.status.data() + begin;
  for (std::size_t first = 0; first < count; first += sizeof kAllOk) {
    const std::size_t last = std::min(first + sizeof kAllOk, count);
    if (last - first == sizeof kAllOk && std::memcmp(status + first, &kAllOk, sizeof kAllOk) == 0)
      continue;
    for (std::size_t i = first; i < last; ++i)
      if (status[i] != v1::INFERENCE_STATUS_OK) errors_.push_back(static_cast<std::uint16_t>(i));
  }
}

void Accumulator::add_rare(const ScopeFold& fold, const EventColumns& columns, std::size_t begin,
                           std::span<Slot* const> slots) {
  if (columns.has(Number::cold_start)) {
    const std::uint32_t* const values = columns.number(Number::cold_start).data() + begin;
    for (std::size_t i = 0; i < slots.size(); ++i)
      if (values[i] != kAbsent) slots[i]->wide().totals.counters.add_cold_start(values[i]);
  }
  const auto add_distinct = [this, slots](sketches::HyperLogLog Wide::* sketch, std::size_t i,
                                          std::uint64_t hash) {
    sketches::HyperLogLog& into = slots[i]->wide().*sketch;
    const std::size_t before = into.memory_bytes();
    into.add(hash);
    hll_bytes_ += into.memory_bytes() - before;
  };
  if (fold.scope().distinct_users && columns.has_user_hash) {
    for (std::size_t i = 0; i < slots.size(); ++i)
      if (columns.user_hash[begin + i] != 0)
        add_distinct(&Wide::users, i, columns.user_hash[begin + i]);
  }
  const events::TextColumn& tenants = columns.text(events::Text::tenant);
  if (fold.scope().distinct_tenants && !tenants.absent()) {
    for (std::size_t i = 0; i < slots.size(); ++i)
      if (const std::string_view tenant = tenants.at(begin + i); !tenant.empty())
        add_distinct(&Wide::tenants, i, hash64(tenant));
  }
}

void Accumulator::add_one(const ScopeFold& fold, const EventColumns& columns, std::size_t event,
                          Slot& slot) {
  Totals& totals = slot.wide().totals;
  const auto second = static_cast<std::size_t>(columns.event_time_us[event] / kSecondUs);
  std::uint16_t& events =
      slot.tier == 0 ? slot.seconds[second % aggregates::kPaneSeconds] : slot.late_events;
  if (++events == kSweepEvents) sweep(slot);
  for (std::size_t d = 0; d < kDurations; ++d) {
    const auto value = duration_of(columns, event, d);
    if (!value) continue;
    totals.durations[d].add(*value);
    const auto sketch = std::ranges::find(fold.sketches(), static_cast<Duration>(d));
    if (sketch != fold.sketches().end())
      add_to_bin(slot, static_cast<std::size_t>(sketch - fold.sketches().begin()),
                 sketches::ddsketch_bin(*value));
  }
  const auto add_sum = [&](Number which, std::optional<std::uint64_t>& sum) {
    if (const auto value = columns.value(which, event))
      sum = sum.value_or(0) + static_cast<std::uint64_t>(*value);
  };
  add_sum(Number::input_tokens, totals.counters.input_tokens);
  add_sum(Number::output_tokens, totals.counters.output_tokens);
  add_sum(Number::cached_tokens, totals.counters.cached_tokens);
  add_sum(Number::retry_count, totals.counters.retries);
  if (columns.has_flags) add_flags(columns.flags[event], totals.counters);
  const std::uint32_t status = columns.has_status ? columns.status[event] : 0;
  if (status != v1::INFERENCE_STATUS_OK) ++slot.statuses[aggregates::status_counter(status)];
  // A wide one only: add_rare takes the others.
  if (const auto value = columns.value(Number::cold_start, event); value && *value >= kAbsent)
    totals.counters.add_cold_start(static_cast<std::uint64_t>(*value));
  Slot* const slots[] = {&slot};
  add_rare(fold, columns, event, slots);
}

bool Accumulator::add_late(const EventColumns& columns, std::size_t event, TimeUs watermark) {
  const TimeUs time = columns.event_time_us[event];
  bool taken = false;
  for (ScopeFold& fold : folds_) {
    const int tier = fold.scope().plan.tier_for(time, watermark);
    if (tier < 0) continue;
    const DurationUs span = definitions_->tiers()[static_cast<std::size_t>(tier)].span_us;
    add_one(fold, columns, event,
            fold.find_slot(columns, event, ids_, static_cast<std::uint32_t>(tier),
                           floor_div(time, span), pool_));
    taken = true;
  }
  seal_full();
  count_bytes();
  return taken;
}

void Accumulator::seal_full() {
  if (open_bytes() >= budget_bytes_ / 2) seal(kMaxTime);
}

void Accumulator::seal_old() {
  if (newest_pane_ - kOpenPanes + 1 <= sealed_below_) return;
  sealed_below_ = newest_pane_ - kOpenPanes + 1;
  seal(sealed_below_);
}

void Accumulator::seal(std::int64_t pane) {
  const auto is_due = [pane](const Slot* slot) {
    return pane == kMaxTime || (slot->tier == 0 && slot->pane < pane);
  };
  std::vector<Slot*> due;
  std::ranges::copy_if(pool_.taken(), std::back_inserter(due), is_due);
  for (std::size_t i = 0; i < due.size(); ++i) {
    // A slot's bins are known once its masks are near.
    if (i + 2 * kSealAhead < due.size()) prefetch_lines(*due[i + 2 * kSealAhead]);
    if (i + kSealAhead < due.size()) prefetch_bins(*due[i + kSealAhead], most_sketches_);
    seal_slot(*due[i]);
  }
  for (ScopeFold& fold : folds_) fold.forget_slots(pane);
  pool_.give_back(is_due);
}

void Accumulator::seal_slot(Slot& slot) {
  const auto fold = std::ranges::find(folds_, slot.scope, &ScopeFold::index);
  const std::size_t begin = sealed_bytes_.size();
  encode(slot, fold->sketches(), sealed_bytes_);
  const Sealed sealed{.pane = slot.pane,
                      .fold = static_cast<std::uint32_t>(fold - folds_.begin()),
                      .tier = slot.tier,
                      .series = slot.series,
                      .end = sealed_bytes_.size()};
  sealed_.push_back(sealed);
  for (Derived& derived : derived_)
    if (derived.parent == sealed.fold)
      derived.scope.note(delta_of(sealed, begin), sealed.series, begin);
  forget(slot);
}

Delta Accumulator::delta_of(const Sealed& sealed, std::size_t begin) const {
  const ScopeFold& fold = folds_[sealed.fold];
  return {fold.index(), fold.series_text(sealed.series), sealed.tier, sealed.pane,
          std::string_view(sealed_bytes_).substr(begin, sealed.end - begin)};
}

void Accumulator::forget(Slot& slot) {
  if (slot.is_wide)
    hll_bytes_ -= slot.wide().users.memory_bytes() + slot.wide().tenants.memory_bytes();
  reset(slot, most_sketches_);
}

void Accumulator::drain(const DeltaSink& sink) {
  seal(kMaxTime);
  std::size_t begin = 0;
  for (const Sealed& sealed : sealed_) {
    sink(delta_of(sealed, begin));
    begin = sealed.end;
  }
  for (Derived& derived : derived_) derived.scope.drain(sealed_bytes_, sink);
  pool_.shrink();
  sealed_.clear();
  sealed_bytes_.clear();
  if (sealed_.capacity() * sizeof(Sealed) + sealed_bytes_.capacity() > budget_bytes_) {
    sealed_.shrink_to_fit();
    sealed_bytes_.shrink_to_fit();
  }
  newest_pane_ = sealed_below_ = 0;
  forget(*trash_.taken()[0]);
  if (learned_bytes() >= budget_bytes_ / 4) forget_names();
  count_bytes();
}

std::size_t Accumulator::learned_bytes() const {
  std::size_t bytes = 0;
  for (const ScopeFold& fold : folds_) bytes += fold.learned_bytes();
  for (const Derived& derived : derived_) bytes += derived.scope.learned_bytes();
  for (const DimensionIds& ids : ids_) bytes += ids.names.memory_bytes();
  return bytes;
}

void Accumulator::forget_names() {
  for (DimensionIds& ids : ids_) ids.names.clear();
  for (ScopeFold& fold : folds_) fold.forget_series();
  for (Derived& derived : derived_) derived.scope.forget_series();
}

std::size_t Accumulator::open_bytes() const {
  std::size_t bytes = pool_.taken().size() * pool_.slot_bytes() + hll_bytes_;
  for (const ScopeFold& fold : folds_) bytes += fold.table_bytes();
  return bytes;
}

void Accumulator::count_bytes() {
  bytes_ = sealed_.size() * sizeof(Sealed) + sealed_bytes_.size() + open_bytes() + learned_bytes();
  for (const Derived& derived : derived_) bytes_ += derived.scope.noted_bytes();
}

}  // namespace weir::fold
