#include "processors/events/columns.h"

#include <algorithm>
#include <bit>
#include <type_traits>

namespace weir::events {
namespace {

template <class T>
std::size_t room_of(std::vector<T>& column, std::size_t size) {
  make_room(column, size);
  return column.size();
}

/// visit(bit) for each of them.
template <class Visit>
void for_each_bit(std::uint32_t bits, Visit visit) {
  for (; bits != 0; bits &= bits - 1) visit(bits & ~(bits - 1));
}

}  // namespace

void EventColumns::grow() {
  const std::size_t size = count + 1;
  room = room_of(event_time_us, size);
  const auto grow_one = [size, this](auto& column) {
    room = std::min(room, room_of(column, size));
  };
  for (TextColumn& column : texts) {
    grow_one(column.codes);
    grow_one(column.each);
  }
  for (auto& column : numbers) grow_one(column);
  grow_one(status);
  grow_one(flags);
  grow_one(user_hash);
}

void EventColumns::open(std::uint32_t columns, std::size_t event) {
  opened |= columns;
  for (std::size_t k = 0; k < kTexts; ++k) {
    if ((columns & bit(static_cast<Text>(k))) == 0) continue;
    texts[k].form = TextColumn::Form::by_event;
    std::fill_n(texts[k].each.begin(), event, std::string_view());
  }
  for (std::size_t k = 0; k < kNumbers; ++k) {
    if ((columns & bit(static_cast<Number>(k))) == 0) continue;
    has_number[k] = true;
    std::fill_n(numbers[k].begin(), event, kAbsent);
  }
  const auto open_one = [columns, event](std::uint32_t own, bool& present, auto& column) {
    if ((columns & own) == 0) return;
    present = true;
    std::fill_n(column.begin(), event, std::decay_t<decltype(column[0])>{});
  };
  open_one(kStatusBit, has_status, status);
  open_one(kFlagsBit, has_flags, flags);
  open_one(kUserBit, has_user_hash, user_hash);
}

void EventColumns::set_absent(std::uint32_t columns, std::size_t event) {
  for_each_bit(columns, [this, event](std::uint32_t own) {
    const auto k = static_cast<std::size_t>(std::countr_zero(own));
    if (k < kTexts)
      texts[k].each[event] = {};
    else if (k < kTexts + kNumbers)
      numbers[k - kTexts][event] = kAbsent;
    else if (own == kStatusBit)
      status[event] = 0;
    else if (own == kFlagsBit)
      flags[event] = 0;
    else
      user_hash[event] = 0;
  });
}

std::optional<std::int64_t> EventColumns::value(Number which, std::size_t event) const {
  if (!has(which)) return std::nullopt;
  const std::uint32_t narrow = number(which)[event];
  if (narrow != kAbsent) return narrow;
  for (const WideNumber& entry : std::ranges::equal_range(wide, event, {}, &WideNumber::event))
    if (entry.number == which) return entry.value;
  return std::nullopt;
}

std::optional<std::int64_t> EventColumns::time_per_output_token(std::size_t event) const {
  const auto latency = value(Number::latency, event);
  const auto ttft = value(Number::ttft, event);
  const auto output = value(Number::output_tokens, event);
  if (!latency || !ttft || !output || *ttft > *latency || *output < 2) return std::nullopt;
  // kMaxNumber keeps the sum far from its end.
  const std::int64_t tokens = *output - 1;
  return (2 * (*latency - *ttft) + tokens) / (2 * tokens);
}

void EventColumns::clear() {
  count = 0;
  min_time_us = kMaxTime;
  max_time_us = kMinTime;
  for (TextColumn& column : texts) {
    column.values.clear();
    column.form = TextColumn::Form::one;
  }
  has_number.fill(false);
  wide.clear();
  has_status = has_flags = has_user_hash = false;
  opened = 0;
}

void EventColumns::append(const EventRow& row) {
  reserve_one();
  const std::size_t event = count;
  event_time_us[event] = row.event_time_us;
  min_time_us = std::min(min_time_us, row.event_time_us);
  max_time_us = std::max(max_time_us, row.event_time_us);
  for (std::size_t k = 0; k < kTexts; ++k) append_text(static_cast<Text>(k), row.texts[k]);
  for (std::size_t k = 0; k < kNumbers; ++k) {
    const bool has = row.has_number >> k & 1;
    if (!has && !has_number[k]) continue;
    if (!has_number[k]) open(bit(static_cast<Number>(k)), event);
    const bool narrow = has && row.numbers[k] >= 0 && row.numbers[k] < kAbsent;
    numbers[k][event] = narrow ? static_cast<std::uint32_t>(row.numbers[k]) : kAbsent;
    if (has && row.numbers[k] >= kAbsent)
      wide.push_back({static_cast<std::uint32_t>(event), static_cast<Number>(k), row.numbers[k]});
  }
  std::uint32_t missing = 0;
  if (row.status != 0 && !has_status) missing |= kStatusBit;
  if (row.flags != 0 && !has_flags) missing |= kFlagsBit;
  if (row.user_hash != 0 && !has_user_hash) missing |= kUserBit;
  open(missing, event);
  const auto value = static_cast<std::uint32_t>(row.status);
  status[event] = static_cast<std::uint8_t>(std::min(value, 255u));
  flags[event] = row.flags;
  user_hash[event] = row.user_hash;
  ++count;
}

void EventColumns::append_text(Text which, std::string_view value) {
  TextColumn& column = texts[static_cast<std::size_t>(which)];
  if (column.absent()) {
    if (value.empty()) return;
    open(bit(which), count);
  }
  if (column.form == TextColumn::Form::by_event) {
    column.each[count] = value;
    return;
  }
  if (column.form == TextColumn::Form::one) std::fill_n(column.codes.begin(), count, 0u);
  column.form = TextColumn::Form::coded;
  column.codes[count] = static_cast<std::uint32_t>(column.values.size());
  column.values.push_back(value);
}

}  // namespace weir::events
