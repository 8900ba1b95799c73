// What alert keeps in its store. Version 2, stated in the head; 1 is read, too.
//
//   key                          value
//   H                            head: see Head
//   A <fingerprint>              an alert: see Entry
//   G <receiver> 0x00 <group>    a group of one receiver: see Group
//   R <receiver>                 what a receiver was told lately: see Load
//   S <id>                       a silence that has not ended, a weir.v1.Silence
//
// Integers are little-endian; "bytes" are a varint length and the bytes; "message" is protobuf to
// the end of the value. Times are µs.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "processors/core/result.h"
#include "processors/core/time.h"
#include "processors/labels/labels.h"
#include "weir/v1/alert.pb.h"

namespace weir::alert {

/// A task that evaluates conditions: the processor's name and its partition.
using SourceName = std::pair<std::string, std::int32_t>;

/// How far one of them is.
struct Source {
  TimeUs time_us = kMinTime;         // event time: everything up to here was told
  TimeUs append_time_us = kMinTime;  // of the record that said so
  bool complete = false;             // no raw partition was left out then

  bool operator==(const Source&) const = default;
};

/// What the task knows besides alerts.
///
///   u8 version, i64 append_time, i64 behind_since, u8 was_behind, i64 told_again, u64 rules,
///   varint n, n times (bytes processor, i32 partition, i64 time, i64 append_time, u8 complete);
///   version 1 has neither told_again nor rules
struct Head {
  TimeUs append_time_us = kMinTime;   // of the last record; never goes back
  TimeUs behind_since_us = kMaxTime;  // append time since when event time is far behind
  bool was_behind = false;            // and what happened meanwhile has not been told
  TimeUs told_again_us = kMinTime;    // append time when all that stands was told last
  std::uint64_t rules_hash = 0;       // of the rules that were recorded last
  std::map<SourceName, Source> sources;

  /// How far the first of them is in event time; kMinTime: none has said anything.
  TimeUs reached_us() const;
  bool operator==(const Head&) const = default;
};

/// One alert, from its first life until it is forgotten.
///
///   bytes processor, i32 partition, i64 fires_at, i64 quiet_since, i64 resolved_append,
///   u32 grouped_life, u8 changed, varint n, n times i64 onset, message weir.v1.Alert
struct Entry {
  SourceName source;                 // whose time it follows
  TimeUs fires_at_us = kMaxTime;     // pending: when it has held for long enough
  TimeUs quiet_since_us = kMaxTime;  // firing: since when its condition does not hold
  TimeUs resolved_append_us = kMaxTime;
  std::uint32_t grouped_life = 0;  // the last life that its groups know of
  bool changed = false;            // since it was told on weir.alert
  std::vector<TimeUs> onsets;      // when its condition began to hold, lately; ascending
  v1::Alert alert;                 // as it stands

  bool is_firing() const { return alert.state() == v1::ALERT_STATE_FIRING; }
  bool is_acknowledged() const { return !alert.acknowledged_by().empty(); }
  bool is_muted() const { return alert.silenced_by_size() > 0 || alert.inhibited_by_size() > 0; }
};

/// Of a member that was told of, and hidden when its receiver was told of the group again: it
/// begins anew for it where it is shown again, and its end is told in any case.
inline constexpr std::uint32_t kSaidOver = 0xFFFFFFFF;

/// An alert in a group, and what the receiver was told of it last.
struct Member {
  std::uint32_t life = 0;     // 0: nothing yet; kSaidOver
  bool acknowledged = false;  // of a digest: all that it said fires was

  bool operator==(const Member&) const = default;
};

struct GroupKey {
  std::string receiver;
  std::string group;

  auto operator<=>(const GroupKey&) const = default;
};

/// Alerts that one receiver is told of together.
///
///   bytes route, varint n, n times (bytes name, bytes value), u32 sequence, i64 dirty_since,
///   i64 dirty_time, i64 last_told, u8 throttled, varint n,
///   n times (bytes fingerprint, u32 life, u8 acknowledged)
struct Group {
  std::string route;  // whose intervals hold; empty: the defaults
  labels::Labels labels;
  std::uint32_t sequence = 0;             // of its last notification; 0: it is not open, as none
                                          // said that it fires, or one that nothing does any more
  TimeUs dirty_since_us = kMaxTime;       // append time since when there is something to tell
  TimeUs dirty_time_us = kMinTime;        // the greatest event time of it
  TimeUs last_told_us = kMinTime;         // append time
  bool throttled = false;                 // what waits was said to be throttled
  std::map<std::string, Member> members;  // by fingerprint

  bool operator==(const Group&) const = default;
};

/// What a receiver was told lately.
///
///   i64 last_digest, varint n, n times i64 told
struct Load {
  TimeUs last_digest_us = kMinTime;  // append time
  std::vector<TimeUs> told;          // append times within the last hour, ascending

  bool operator==(const Load&) const = default;
};

inline constexpr std::string_view kHeadKey = "H";
inline constexpr std::string_view kAlertPrefix = "A";
inline constexpr std::string_view kGroupPrefix = "G";
inline constexpr std::string_view kLoadPrefix = "R";
inline constexpr std::string_view kSilencePrefix = "S";

std::string alert_key(std::string_view fingerprint);
std::string group_key(const GroupKey& key);
Result<GroupKey> parse_group_key(std::string_view key);
std::string load_key(std::string_view receiver);
std::string silence_key(std::string_view id);

// Error of each decode: corrupt; of a head also version.
std::string encode_head(const Head& head);
Result<Head> decode_head(std::string_view bytes);
std::string encode_entry(const Entry& entry);
Result<Entry> decode_entry(std::string_view bytes);
std::string encode_group(const Group& group);
Result<Group> decode_group(std::string_view bytes);
std::string encode_load(const Load& load);
Result<Load> decode_load(std::string_view bytes);
Result<v1::Silence> decode_silence(std::string_view bytes);

}  // namespace weir::alert
