// What fold keeps in its store. Version 4, stated in the head. Older ones are read: 3, which knew
// of no losses, 2, which did not say what is forgotten and in which ids had no T, and 1, which knew
// no objectives.
//
//   key          value
//   F            head: u8 version, i64 greatest_event_time, i64 append_time, i64 watermark,
//                u8 ended, u64 definitions_hash, varint n, n times (i64 end_offset,
//                i64 watermark) of the last batch to each partition downstream; then
//                u64 objectives_hash, varint n, n times the same of `weir.sli` (none: no objective
//                was ever judged); then i64 forgotten, i64 lost_until
//   I <id 16 B>  a record seen: u64 hash of its content, i64 append_time
//   T <append_time 8 B> <id 16 B>
//                the same records in the order of their age: nothing
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "processors/core/id.h"
#include "processors/core/result.h"
#include "processors/core/time.h"

namespace weir::fold {

/// What was last said to one partition downstream.
struct Destination {
  std::int64_t end_offset = 0;  // its next batch begins here
  TimeUs watermark_us = kMinTime;

  bool operator==(const Destination&) const = default;
};

struct Head {
  TimeUs greatest_event_time_us = kMinTime;
  TimeUs append_time_us = kMinTime;  // running maximum of what was read
  TimeUs watermark_us = kMinTime;
  bool ended = false;  // a history was told its end
  std::uint64_t definitions_hash = 0;
  std::vector<Destination> destinations;
  std::uint64_t objectives_hash = 0;
  std::vector<Destination> sli_destinations;
  TimeUs forgotten_us = kMinTime;  // ids seen before that count as never seen
  /// Events of before may lack: records were gone before they were read. kMinTime: none were;
  /// kMaxTime: none was read since.
  TimeUs lost_until_us = kMinTime;

  bool operator==(const Head&) const = default;
};

inline constexpr std::string_view kHeadKey = "F";
std::string encode_head(const Head& head);
/// Error: version, corrupt.
Result<Head> decode_head(std::string_view bytes);

struct SeenRecord {
  std::uint64_t content_hash = 0;
  TimeUs append_time_us = 0;

  bool operator==(const SeenRecord&) const = default;
};

inline constexpr std::string_view kSeenPrefix = "I";
std::string seen_key(const Id& id);
Result<Id> parse_seen_key(std::string_view key);
std::string encode_seen(const SeenRecord& seen);
Result<SeenRecord> decode_seen(std::string_view bytes);

/// When an id was seen.
struct SeenTime {
  TimeUs append_time_us = 0;
  Id id{};

  bool operator==(const SeenTime&) const = default;
};

inline constexpr std::string_view kSeenTimePrefix = "T";
/// Orders by time.
std::string seen_time_key(const SeenTime& seen);
Result<SeenTime> parse_seen_time_key(std::string_view key);

}  // namespace weir::fold
