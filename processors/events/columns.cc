#include "processors/events/columns.h"

#include <algorithm>

namespace weir::events {
namespace {

/// Where the column was absent, every event before this one gets `absent`.
template <class T>
void open_column(bool& present, std::vector<T>& column, std::size_t event, T absent) {
  if (present) return;
  present = true;
  std::fill_n(column.begin(), event, absent);
}

void append_text(TextColumn& column, std::size_t event, std::string_view value) {
  if (!column.coded) {
    if (column.absent()) {
      if (value.empty()) return;
      column.values.emplace_back();
    }
    column.coded = true;
    std::fill_n(column.codes.begin(), event, 0u);
  }
  column.codes[event] = static_cast<std::uint32_t>(column.values.size());
  column.values.push_back(value);
}

template <class T>
std::size_t room_of(std::vector<T>& column, std::size_t size) {
  make_room(column, size);
  return column.size();
}

void grow(EventColumns& columns) {
  const std::size_t size = columns.count + 1;
  columns.room = room_of(columns.event_time_us, size);
  const auto grow_one = [size, &columns](auto& column) {
    columns.room = std::min(columns.room, room_of(column, size));
  };
  for (TextColumn& column : columns.texts) grow_one(column.codes);
  for (auto& column : columns.numbers) grow_one(column);
  grow_one(columns.status);
  grow_one(columns.flags);
  grow_one(columns.user_hash);
}

}  // namespace

std::optional<std::int64_t> EventColumns::value(Number which, std::size_t event) const {
  if (!has(which)) return std::nullopt;
  const std::uint32_t narrow = number(which)[event];
  if (narrow != kAbsent) return narrow;
  for (const WideNumber& entry : std::ranges::equal_range(wide, event, {}, &WideNumber::event))
    if (entry.number == which) return entry.value;
  return std::nullopt;
}

void EventColumns::clear() {
  count = 0;
  min_time_us = kMaxTime;
  max_time_us = kMinTime;
  for (TextColumn& column : texts) {
    column.values.clear();
    column.coded = false;
  }
  has_number.fill(false);
  wide.clear();
  has_status = has_flags = has_user_hash = false;
}

void EventColumns::append(const EventRow& row) {
  const std::size_t event = count;
  if (event >= room) grow(*this);
  event_time_us[event] = row.event_time_us;
  min_time_us = std::min(min_time_us, row.event_time_us);
  max_time_us = std::max(max_time_us, row.event_time_us);
  for (std::size_t k = 0; k < kTexts; ++k) append_text(texts[k], event, row.texts[k]);
  for (std::size_t k = 0; k < kNumbers; ++k) {
    const bool has = row.has_number >> k & 1;
    if (!has && !has_number[k]) continue;
    open_column(has_number[k], numbers[k], event, kAbsent);
    const bool narrow = has && row.numbers[k] >= 0 && row.numbers[k] < kAbsent;
    numbers[k][event] = narrow ? static_cast<std::uint32_t>(row.numbers[k]) : kAbsent;
    if (has && row.numbers[k] >= kAbsent)
      wide.push_back({static_cast<std::uint32_t>(event), static_cast<Number>(k), row.numbers[k]});
  }
  if (row.status != 0 || has_status) {
    open_column(has_status, status, event, std::uint8_t{0});
    const auto value = static_cast<std::uint32_t>(row.status);
    status[event] = static_cast<std::uint8_t>(std::min(value, 255u));
  }
  if (row.flags != 0 || has_flags) {
    open_column(has_flags, flags, event, std::uint8_t{0});
    flags[event] = row.flags;
  }
  if (row.user_hash != 0 || has_user_hash) {
    open_column(has_user_hash, user_hash, event, std::uint64_t{0});
    user_hash[event] = row.user_hash;
  }
  ++count;
}

}  // namespace weir::events
