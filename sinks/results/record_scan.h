// Every record of a topic, in order.
#pragma once

#include <cstdint>
#include <string_view>

#include <google/protobuf/message.h>

#include "processors/core/result.h"
#include "processors/runtime/append_time.h"
#include "processors/runtime/io.h"

namespace weir::results {

inline constexpr std::size_t kScanBytes = 4 << 20;

/// "topic/partition@offset", in front of what is wrong with a record.
inline std::string place_of(const runtime::TopicPartition& where, const runtime::Record& record) {
  return fmt::format("{}@{}", runtime::to_string(where), record.offset);
}

/// As runtime::last_offsets, of a partition of a log, from which records may go meanwhile.
inline Result<std::int64_t> last_offsets(const runtime::Reader& log,
                                         const runtime::TopicPartition& where,
                                         DurationUs length_us) {
  WEIR_ASSIGN(runtime::Bounds bounds, log.bounds(where));
  while (true) {
    auto offset = runtime::last_offsets(bounds, length_us,
                                        [&](std::int64_t from, runtime::RecordBatch& batch) {
                                          return log.read(where, from, 1, batch);
                                        });
    if (offset) return offset;
    const std::int64_t start = bounds.start;
    WEIR_ASSIGN(bounds, log.bounds(where));
    if (bounds.start == start) return offset;
  }
}

/// Calls `visit(record)`, a Result<bool>, from offset `from` (or the start, where that is later) to
/// the end, until it says false. Its error comes back with topic/partition@offset in front.
template <class Visit>
Result<void> scan_partition(const runtime::Reader& log, const runtime::TopicPartition& where,
                            std::int64_t from, const Visit& visit) {
  WEIR_ASSIGN(const runtime::Bounds bounds, log.bounds(where));
  std::int64_t offset = std::max(from, bounds.start);
  runtime::RecordBatch batch;
  while (offset < bounds.end) {
    if (const auto read = log.read(where, offset, kScanBytes, batch); !read) {
      WEIR_ASSIGN(const runtime::Bounds now, log.bounds(where));
      if (now.start <= offset) return read;
      offset = now.start;  // what was before has left the log since
      continue;
    }
    if (batch.records.empty()) return {};
    for (const runtime::Record& record : batch.records) {
      const Result<bool> go_on = visit(record);
      if (!go_on) return within(place_of(where, record), go_on.error());
      if (!*go_on) return {};
    }
    offset = batch.records.back().offset + 1;
  }
  return {};
}

/// The same for all partitions, one after the other: `visit(partition, record)`.
template <class Visit>
Result<void> scan_topic(const runtime::Reader& log, std::string_view topic, const Visit& visit) {
  WEIR_ASSIGN(const std::int32_t partitions, log.partitions(topic));
  for (std::int32_t partition = 0; partition < partitions; ++partition)
    WEIR_TRY(
        scan_partition(log, {std::string(topic), partition}, 0,
                       [&](const runtime::Record& record) { return visit(partition, record); }));
  return {};
}

/// Whether `value` was a message of that type, in protobuf or, as `content_type` says, in JSON.
bool parse_message(std::string_view content_type, std::string_view value,
                   google::protobuf::Message& message);

/// Reads a record as the message of its topic. Error: corrupt; version, where a newer weir wrote
/// it.
template <class Message>
Result<void> parse_record(const runtime::Record& record, Message& message) {
  if (!parse_message(record.content_type, record.value, message))
    return fail(ErrorCode::corrupt, "not a {}", message.GetTypeName());
  if (message.version() != 1)
    return fail(ErrorCode::version, "{} of version {}; this binary reads 1", message.GetTypeName(),
                message.version());
  return {};
}

/// What could not be read as what its topic carries.
struct Unreadable {
  std::int64_t records = 0;
  std::string first;  // what was wrong, with topic/partition@offset in front

  void note(const runtime::TopicPartition& where, const runtime::Record& record,
            const Error& error) {
    if (records++ == 0) first = within(place_of(where, record), error).error().message;
  }
  bool operator==(const Unreadable&) const = default;
};

/// Calls `take(record, message)` with each record from offset `next` on, which goes on behind it.
/// What cannot be read as the topic's message is passed over and noted: it must not hide the
/// others. Errors: the reader's.
template <class Message, class Take>
Result<void> take_from(const runtime::Reader& log, const runtime::TopicPartition& where,
                       std::int64_t& next, Unreadable& unreadable, const Take& take) {
  return scan_partition(log, where, next, [&](const runtime::Record& record) -> Result<bool> {
    Message message;
    const auto read = parse_record(record, message);
    next = record.offset + 1;
    if (read) {
      take(record, message);
    } else {
      unreadable.note(where, record, read.error());
    }
    return true;
  });
}

/// What is known of partition 0 of a topic, and goes on with what is new. A value; one thread.
struct Tail {
  std::int64_t next_offset = -1;     // -1: nothing is read
  TimeUs append_time_us = kMinTime;  // of the last record that could be read
  Unreadable unreadable;             // passed over
};

/// Calls `take(record, message)` with each record since the last call; the first one begins
/// `length_us` before the end. A log without the topic has nothing. What cannot be read and errors:
/// as take_from.
template <class Message, class Take>
Result<void> read_new(const runtime::Reader& log, std::string_view topic, DurationUs length_us,
                      Tail& tail, const Take& take) {
  const auto partitions = log.partitions(topic);
  if (!partitions && partitions.error().code == ErrorCode::not_found) return {};
  if (!partitions) return std::unexpected(partitions.error());
  const runtime::TopicPartition where{std::string(topic), 0};
  if (tail.next_offset < 0) {
    WEIR_ASSIGN(tail.next_offset, last_offsets(log, where, length_us));
  }
  return take_from<Message>(log, where, tail.next_offset, tail.unreadable,
                            [&](const runtime::Record& record, Message& message) {
                              tail.append_time_us = record.append_time_us;
                              take(record, message);
                            });
}

}  // namespace weir::results
