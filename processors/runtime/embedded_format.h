// What the embedded log keeps beside its segments, and where. Version 1.
//
//   <directory>/format                          text: "weir log format 1\n"
//   <directory>/LOCK                            held by the one writing process; its process id
//   <directory>/ends                            published bounds, for readers in other processes
//                                               and the next opening, which refuses to have less
//   <directory>/topics/<topic>/<partition>/     segments (segment_format.h)
//   <directory>/state/                          one store, its keys:
//
//     g                              the number of the last commit, varint
//     t/<topic>                      version, partitions, raw, max age, max bytes
//     e/<topic>/<partition u32>      version, end mark
//     s/<topic>/<partition u32>      version, start offset
//     p/<processor>/<partition u32>  version, position, its topic, its partition
//     k/<processor>/<partition u32>  in front of the keys of that task's state
//
//   Values: a version byte, then varints (zigzag where signed) and length-prefixed bytes;
//   partitions in keys are big-endian. An end mark is the end offset, the base of the segment that
//   holds it, the byte in that segment, and the last append time.
//
//   ends  0  8  "weirends"
//         8  4  format version
//        12  8  XXH3-64 of the bytes behind this field
//        20  …  count of topics; for each: name, raw, count of partitions; for each of these:
//               start, end mark
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "processors/runtime/log.h"
#include "processors/runtime/segment.h"

namespace weir::runtime {

inline constexpr std::uint32_t kLogFormatVersion = 1;

/// Where a partition ends: durable up to here.
struct EndMark {
  SegmentPlace end;                  // offset 0 and position 0: nothing was ever written
  std::int64_t base = 0;             // of the segment that holds `end`
  TimeUs append_time_us = kMinTime;  // of the last record

  bool operator==(const EndMark&) const = default;
};

struct TaskPosition {
  std::int64_t position = 0;
  TopicPartition input;

  bool operator==(const TaskPosition&) const = default;
};

struct PublishedPartition {
  std::int64_t start = 0;
  EndMark mark;

  bool operator==(const PublishedPartition&) const = default;
};
struct PublishedTopic {
  std::string name;
  bool raw = false;
  std::vector<PublishedPartition> partitions;

  bool operator==(const PublishedTopic&) const = default;
};

/// Paths within a data directory.
std::string topics_path(const std::string& directory);
std::string partition_path(const std::string& directory, const TopicPartition& where);
std::string state_path(const std::string& directory);
std::string ends_path(const std::string& directory);
std::string format_path(const std::string& directory);
std::string lock_path(const std::string& directory);

std::string format_text();
/// invalid_argument: not written by Weir; version: by a newer one.
Result<void> check_format_text(std::string_view text, const std::string& file);

inline constexpr std::string_view kCommitKey = "g";
inline constexpr std::string_view kTopicKeys = "t/";
inline constexpr std::string_view kPositionKeys = "p/";
std::string topic_key(std::string_view topic);
std::string end_key(const TopicPartition& where);
std::string start_key(const TopicPartition& where);
std::string position_key(const TaskId& task);
std::string state_prefix(const TaskId& task);
/// The task of a key below kPositionKeys.
std::optional<TaskId> parse_position_key(std::string_view key);

// Codecs; a decoder says nullopt where the bytes are not of its format.
std::string encode_topic(const TopicSpec& spec);
std::optional<TopicSpec> decode_topic(std::string_view name, std::string_view bytes);
std::string encode_end(const EndMark& mark);
std::optional<EndMark> decode_end(std::string_view bytes);
std::string encode_number(std::uint64_t number);
std::optional<std::uint64_t> decode_number(std::string_view bytes);
std::string encode_position(const TaskPosition& position);
std::optional<TaskPosition> decode_position(std::string_view bytes);
std::string encode_ends(const std::vector<PublishedTopic>& topics);
/// corrupt: the published ends are `what`; says what to do.
std::unexpected<Error> bad_ends(const std::string& file, std::string_view what);
/// corrupt, version.
Result<std::vector<PublishedTopic>> decode_ends(std::string_view bytes, const std::string& file);

}  // namespace weir::runtime
