// Inference events as arrays: what any raw record decodes into and what fold reads. One value an
// event and column, in the record's order, so that an index here is the event's index in its record
// (`other` events follow the columns). Reused from record to record: `clear()` keeps the memory.
//
// Views point into the records read since `clear()`; these must stay alive. Not thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "processors/events/event.h"

namespace weir::events {

/// An absent entry of a numeric column.
inline constexpr std::uint32_t kAbsent = 0xFFFF'FFFF;

/// Texts by dictionary. No values: absent for every event. Not coded: values[0] for every event.
/// The same value may appear twice. An empty value is absent.
struct TextColumn {
  std::vector<std::string_view> values;
  std::vector<std::uint32_t> codes;  // by event, where coded
  bool coded = false;

  bool absent() const { return values.empty(); }
  std::string_view at(std::size_t event) const {
    return absent() ? std::string_view() : values[coded ? codes[event] : 0];
  }
};

/// A number that no u32 entry can hold. Its column says absent.
struct WideNumber {
  std::uint32_t event;
  Number number;
  std::int64_t value;

  bool operator==(const WideNumber&) const = default;
};

/// Vectors of present columns have at least `count` entries; those behind mean nothing, nor do
/// those of absent columns. Vectors never shrink.
struct EventColumns {
  std::size_t count = 0;
  TimeUs min_time_us = kMaxTime;  // over all events; kMaxTime and kMinTime where there are none
  TimeUs max_time_us = kMinTime;
  std::vector<TimeUs> event_time_us;
  std::array<TextColumn, kTexts> texts;
  std::array<std::vector<std::uint32_t>, kNumbers> numbers;
  std::array<bool, kNumbers> has_number{};
  std::vector<WideNumber> wide;  // by event, ascending
  bool has_status = false;
  std::vector<std::uint8_t> status;  // InferenceStatus; values above 254 are 255
  bool has_flags = false;
  std::vector<std::uint8_t> flags;  // InferenceFlag
  bool has_user_hash = false;
  std::vector<std::uint64_t> user_hash;

  const TextColumn& text(Text which) const { return texts[static_cast<std::size_t>(which)]; }
  const std::vector<std::uint32_t>& number(Number which) const {
    return numbers[static_cast<std::size_t>(which)];
  }
  bool has(Number which) const { return has_number[static_cast<std::size_t>(which)]; }
  /// The value of one event, wide ones included.
  std::optional<std::int64_t> value(Number which, std::size_t event) const;

  std::size_t room = 0;  // events that every vector has room for

  void clear();
  /// Adds an event at index `count`, whatever is in it (a negative number becomes absent).
  void append(const EventRow& row);
};

/// At least `size` entries, in steps, so that they are initialised once and not for every record.
template <class T>
T* make_room(std::vector<T>& column, std::size_t size) {
  if (column.size() < size) column.resize(size < 512 ? 512 : size + size / 2);
  return column.data();
}

}  // namespace weir::events
