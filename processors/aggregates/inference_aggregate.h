// What a pane of inference requests holds: a commutative monoid of integers and sketches, so that the
// order and the number of merges can never show in a result. Two kinds of merge:
//
//  * `merge_same(other)`: both are parts of one pane (from several raw partitions or commits);
//    one-second counters add.
//  * `merge_adjacent(other)`: the panes lie side by side in a window; the busiest second is the
//    greater of the two and the one-second counters are forgotten.
//
// Encoded form, version 1 (varint = LEB128, absent parts take no byte):
//
//   u8      version = 1
//   varint  parts: bit 0 seconds, 1 peak, 2 errors, 3 tokens in, 4 tokens out, 5 tokens cached,
//           6 cold starts, 7 retries, 8 confidence flags, 9 users, 10 tenants, 11.. durations in the
//           order of `Duration`
//   varint  requests
//   seconds  u16 mask of non-empty seconds of a 10 s pane, then a varint each
//   peak     varint, the busiest second where the seconds are gone
//   errors   u16 mask of non-empty status counters except ok (which is requests less the rest),
//            then a varint each
//   tokens   varint sum                                   (presence of the part = some event told)
//   cold     varint count, sum_us, max_us
//   retries  varint sum
//   flags    varint low-confidence known, low, abnormal-input known, abnormal
//   users, tenants    a HyperLogLog: sketches/hyperloglog.h
//   duration varint sum_us, max_us, has_sketch (0: then varint count; 1: a DDSketch:
//            sketches/ddsketch.h, whose total is the count)
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "processors/aggregates/definitions.h"
#include "processors/core/result.h"
#include "processors/sketches/ddsketch.h"
#include "processors/sketches/hyperloglog.h"

namespace weir::aggregates {

/// One-second counters are kept in panes of this span only.
inline constexpr std::size_t kPaneSeconds = 10;

struct DurationAggregate {
  std::uint64_t count = 0;
  std::uint64_t sum_us = 0;
  std::uint64_t max_us = 0;
  std::unique_ptr<sketches::DdSketch> sketch;  // null: the scope keeps none, or count is 0

  bool present() const { return count != 0; }
};
