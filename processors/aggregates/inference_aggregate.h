// What a pane of inference requests holds: a commutative monoid of integers and sketches, so that
// the order and the number of merges can never show in a result. Two kinds of merge:
//
//  * `merge_same`: both are parts of one pane (from several raw partitions or commits);
//    one-second counters add.
//  * `merge_adjacent`: the panes lie side by side in a window; the busiest second is the greater of
//    the two and the one-second counters are forgotten.
//
// Encoded form, version 1 or 2 (varint = LEB128; an empty part takes no byte; canonical: equal
// aggregates have equal bytes):
//
//   u8      version = 2 where cold starts are told and there was none, else 1
//   varint  parts: bit 0 seconds, 1 peak, 2 errors, 3 tokens in, 4 tokens out, 5 tokens cached,
//           6 cold starts, 7 retries, 8 confidence flags, 9 users, 10 tenants, 11.. durations in
//           the order of `Duration`
//   varint  requests
//   seconds  u16 mask of the non-empty seconds of a 10 s pane, then a varint each
//   peak     varint, the busiest second of those whose counters are gone
//   errors   u16 mask of the non-empty status counters except ok (which is requests less the rest),
//            by counter, then a varint each
//   tokens   varint sum                                   (presence of the part = some event told)
//   cold     version 1: varint count, sum_us, max_us. Version 2: no byte, the count is 0
//   retries  varint sum                                   (likewise)
//   flags    varint low-confidence known, low, abnormal-input known, abnormal
//   users, tenants    a HyperLogLog: sketches/hyperloglog.h
//   duration varint sum_us, max_us, then a DDSketch: sketches/ddsketch.h, whose total is the count.
//            Where the scope keeps no quantiles that sketch is empty, and a varint count follows
//
// Decoding refuses everything else, counts above 2^48 and sums above 2^63 - 1, so that no merge of
// what was read can wrap a counter. Sums saturate at 2^63 - 1 (which is associative).
//
// Values; not thread-safe. `clear()` keeps memory, so reuse one where many are merged.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "processors/aggregates/definitions.h"
#include "processors/core/result.h"
#include "processors/sketches/ddsketch.h"
#include "processors/sketches/hyperloglog.h"

namespace weir::aggregates {

/// One-second counters are kept in panes of this span only (tier 0); coarser ones keep a peak.
inline constexpr std::size_t kPaneSeconds = 10;
/// Where sums saturate.
inline constexpr std::uint64_t kMaxSum = (std::uint64_t{1} << 63) - 1;
/// Counts above are refused by the decoder.
inline constexpr std::uint64_t kMaxCount = sketches::kDdSketchMaxCount;

/// Count, sum and greatest of durations. count 0: none was told, and sum and max are 0.
struct DurationStats {
  std::uint64_t count = 0;
  std::uint64_t sum_us = 0;
  std::uint64_t max_us = 0;

  void add(std::uint64_t value_us);
  void merge(const DurationStats& other);
  bool operator==(const DurationStats&) const = default;
};

/// Of the events that said whether (`known`), how many said yes (`yes` <= `known`).
struct FlagCount {
  std::uint64_t known = 0;
  std::uint64_t yes = 0;

  bool operator==(const FlagCount&) const = default;
};

/// Everything that is a plain integer. Whoever fills it in keeps sums <= kMaxSum.
struct Counters {
  std::array<std::uint64_t, kStatuses> status{};  // by status counter; every request has one
  std::array<std::uint64_t, kPaneSeconds> seconds{};
  std::uint64_t peak = 0;  // of the seconds whose counters are gone: see busiest_second()
  std::optional<std::uint64_t> input_tokens;  // absent: no event told
  std::optional<std::uint64_t> output_tokens;
  std::optional<std::uint64_t> cached_tokens;
  std::optional<DurationStats> cold_start;  // absent: no event told; count 0: none of them waited
  std::optional<std::uint64_t> retries;
  FlagCount low_confidence;
  FlagCount abnormal_input;

  /// What one event told; 0: it met no cold start.
  void add_cold_start(std::uint64_t wait_us);
  std::uint64_t requests() const;
  /// 0: not known, as of events that came too late for panes that count seconds.
  std::uint64_t busiest_second() const;
  /// Keeps the busiest of them as the peak.
  void forget_seconds();
  bool operator==(const Counters&) const = default;
};

/// The distribution of one duration. The sketch holds all `stats.count` values or, where the scope
/// keeps no quantiles, none. Merging one that has values and no sketch leaves none.
struct DurationAggregate {
  DurationStats stats;
  sketches::DdSketch sketch;

  /// There are values, and no sketch of them.
  bool unsketched() const { return stats.count != 0 && sketch.empty(); }

  /// `sketched` is the scope's and must not change between calls.
  void add(std::uint64_t value_us, bool sketched);
  void merge(const DurationAggregate& other);
  bool operator==(const DurationAggregate&) const = default;
};

struct InferenceAggregate {
  Counters counters;
  sketches::HyperLogLog users;  // empty: the scope does not count them, or no event told
  sketches::HyperLogLog tenants;
  std::array<DurationAggregate, kDurations> durations;  // by Duration

  std::uint64_t requests() const { return counters.requests(); }
  bool empty() const { return requests() == 0; }

  void merge_same(const InferenceAggregate& other);
  void merge_adjacent(const InferenceAggregate& other);

  /// Merge straight from the encoded form: the fast way. Error: corrupt or version; the aggregate
  /// then holds an unknown part of it and is good for clear() only.
  Result<void> merge_same_encoded(std::string_view bytes);
  Result<void> merge_adjacent_encoded(std::string_view bytes);

  /// Whether the encoded form is of a version that this binary reads. Error: corrupt or version.
  static Result<void> check_version(std::string_view bytes);

  /// Appends.
  void encode(std::string& out) const;
  static Result<InferenceAggregate> decode(std::string_view bytes);

  /// Forgets everything and keeps the memory.
  void clear();
  /// With everything it owns.
  std::size_t memory_bytes() const;

  bool operator==(const InferenceAggregate&) const = default;
};

/// One duration of AggregateParts: its values are in `sketch`, else in `bins`, else (neither: the
/// scope keeps no quantiles) only counted. `stats.count` is the count in every case; 0: no part.
struct DurationParts {
  DurationStats stats;
  const sketches::DdSketch* sketch = nullptr;  // null or empty: none
  sketches::NarrowBins bins;                   // bins.bins null: none
};

/// An aggregate in pieces, for who keeps them in a layout of its own (fold). Borrows what it points
/// to.
struct AggregateParts {
  Counters counters;
  const sketches::HyperLogLog* users = nullptr;
  const sketches::HyperLogLog* tenants = nullptr;
  std::array<DurationParts, kDurations> durations{};  // by Duration
};

/// The one writer of the encoded form. Appends.
void encode(const AggregateParts& parts, std::string& out);

}  // namespace weir::aggregates
