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

/// Texts, in one of three forms. An empty text is absent.
struct TextColumn {
  enum class Form : std::uint8_t {
    one,       // values[0] for every event; no values: absent for every event
    coded,     // values[codes[event]]; the same value may appear twice
    by_event,  // each[event]
  };
  std::vector<std::string_view> values;
  std::vector<std::uint32_t> codes;
  std::vector<std::string_view> each;
  Form form = Form::one;

  bool absent() const { return form != Form::by_event && values.empty(); }
  std::string_view at(std::size_t event) const {
    if (form == Form::by_event) return each[event];
    return values.empty() ? std::string_view() : values[form == Form::coded ? codes[event] : 0];
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
  /// Microseconds for each output token after the first, half up; none where that cannot be told.
  std::optional<std::int64_t> time_per_output_token(std::size_t event) const;

  std::size_t room = 0;      // events that every vector has room for
  std::uint32_t opened = 0;  // columns that append() made present: bits of open()

  void clear();
  /// Adds an event at index `count`, whatever is in it (a negative number becomes absent).
  void append(const EventRow& row);

  /// For who adds an event column by column (event_reader.h). A column's bit: texts, then numbers,
  /// then these.
  static constexpr std::uint32_t kStatusBit = 1u << (kTexts + kNumbers);
  static constexpr std::uint32_t kFlagsBit = kStatusBit << 1;
  static constexpr std::uint32_t kUserBit = kStatusBit << 2;
  static constexpr std::uint32_t bit(Text text) { return 1u << static_cast<unsigned>(text); }
  static constexpr std::uint32_t bit(Number number) {
    return 1u << (kTexts + static_cast<unsigned>(number));
  }
  /// Room for one more event in every column.
  void reserve_one() {
    if (count >= room) [[unlikely]]
      grow();
  }
  /// Makes columns present, and absent for every event before this one.
  void open(std::uint32_t columns, std::size_t event);
  /// Makes the event absent in present columns.
  void set_absent(std::uint32_t columns, std::size_t event);

 private:
  void grow();
  void append_text(Text which, std::string_view value);
};

/// At least `size` entries, in steps, so that they are initialised once and not for every record.
template <class T>
T* make_room(std::vector<T>& column, std::size_t size) {
  if (column.size() < size) column.resize(size < 512 ? 512 : size + size / 2);
  return column.data();
}

}  // namespace weir::events
