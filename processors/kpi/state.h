// What kpi keeps in its store. All integers in keys are big-endian, so that a scan is in their
// order; panes are biased by 2^63 for the same reason. Version 2, stated in the head.
//
//   key                                          value
//   H                                            head: see Head
//   D <sequence u32>                             definitions, serialised, in order of appearance
//   S <series u32>                               varint scope, bytes series, i64 last_end,
//                                                occupancy
//   P <series u32> <tier u8> <slot u32>          a closed pane: i64 pane, then parts, ascending by
//                                                entry: u8 entry, varint length, aggregate
//   O <tier u8> <pane u64> <series u32>          an open pane: its deltas
//   L <series u32> <tier u8> <pane u64>          late, not told yet: its deltas
//
// Deltas are as they came: varint length, aggregate, each. Now and then the first of them is made
// of all there are, when that is depends on their sizes alone.
//
// A closed pane's parts are apart by the tier at which their events entered (fold's word for how
// late they were): a window shows those that entered at its base tier or finer, whatever panes it
// is merged from. Nearly always there is one part, entry 0.
//
// A closed pane's slot is its number modulo the ring's length, so that new ones overwrite old ones
// and nothing grows; the pane number in the value tells them apart.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "processors/core/result.h"
#include "processors/core/time.h"
#include "processors/windows/sources.h"
#include "processors/windows/window.h"

namespace weir::kpi {

using SeriesId = std::uint32_t;

/// A pane that is still open, or late.
struct PaneKey {
  SeriesId series = 0;
  std::uint8_t tier = 0;
  std::int64_t pane = 0;

  auto operator<=>(const PaneKey&) const = default;

  template <class H>
  friend H AbslHashValue(H h, const PaneKey& key) {
    return H::combine(std::move(h), key.series, key.tier, key.pane);
  }
};

std::string definitions_key(std::uint32_t sequence);
std::string series_key(SeriesId series);
std::string closed_key(SeriesId series, std::size_t tier, std::uint32_t slot);
/// The prefix of all closed panes of a series.
std::string closed_prefix(SeriesId series);
std::string open_key(const PaneKey& pane);
std::string late_key(const PaneKey& pane);
Result<PaneKey> parse_open_key(std::string_view key);
Result<PaneKey> parse_late_key(std::string_view key);
Result<SeriesId> parse_series_key(std::string_view key);

/// What the task knows besides panes.
///
///   u8 version, i64 closed_until, u8 phase, i64 step_end, u32 step_series, i64 as_of,
///   i64 append_time, i64 restate_from, i64 restate_to, u8 finished, then the sources to
///   the end
struct Head {
  /// What the task is in the middle of.
  enum class Phase : std::uint8_t { none, restate, tick };

  TimeUs closed_until_us = kMinTime;  // every tick up to here was told
  Phase phase = Phase::none;
  TimeUs step_end_us = 0;            // of the tick that is open
  SeriesId step_series = 0;          // the next one to look at
  std::int64_t as_of_offset = -1;    // the partial batch that moved the watermark last
  TimeUs append_time_us = kMinTime;  // of that batch
  TimeUs restate_from_us = 0;        // ends in (from, to] that a stalled partition left incomplete
  TimeUs restate_to_us = 0;
  bool finished = false;  // a history was closed to its end
};

inline constexpr std::string_view kHeadKey = "H";
std::string encode_head(const Head& head, const windows::Sources& sources);
Result<void> decode_head(std::string_view bytes, Head& head, windows::Sources& sources);

}  // namespace weir::kpi
