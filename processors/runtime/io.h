// What a producer, a sink or a tool sees of the log: records, an acknowledged append, a range read.
//
// A topic is a set of partitions; a partition is a sequence of records with consecutive offsets
// from 0. The record at an offset never changes; old ones expire from the start.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "processors/core/id.h"
#include "processors/core/result.h"
#include "processors/core/time.h"

namespace weir::runtime {

/// A record is at most this many bytes (key, content type and value together).
inline constexpr std::size_t kMaxRecordBytes = 1 << 20;
inline constexpr std::size_t kMaxContentTypeBytes = 256;

inline constexpr std::string_view kProtobufType =
    "application/x-protobuf";  // the topic's own message
inline constexpr std::string_view kInferenceBatchType =
    "application/x-protobuf; message=weir.v1.InferenceBatch";
inline constexpr std::string_view kInferenceEventType =
    "application/x-protobuf; message=weir.v1.InferenceEvent";
inline constexpr std::string_view kTickType = "application/x-protobuf; message=weir.v1.TickRecord";
inline constexpr std::string_view kJsonType = "application/json";

struct TopicPartition {
  std::string topic;
  std::int32_t partition = 0;

  auto operator<=>(const TopicPartition&) const = default;
};

/// "weir.inference/3", as errors and logs name it.
std::string to_string(const TopicPartition& where);

/// A record to be written. `append_time_us` absent: the log stamps its own clock. A history
/// (import, replay) gives the running maximum of event time instead. Append times never go back
/// within a partition: the log raises one that would.
struct NewRecord {
  std::string key = {};
  std::string content_type = {};  // empty: kProtobufType
  std::string value = {};
  std::optional<Id> id = {};  // the `weir-id` header: exactly once from the producer on
  std::optional<TimeUs> append_time_us = {};
};

/// What counts against kMaxRecordBytes.
inline std::size_t record_bytes(const NewRecord& record) {
  return record.key.size() + record.content_type.size() + record.value.size();
}

/// invalid_argument: the record is above kMaxRecordBytes, or its content type above its own limit.
Result<void> validate(const TopicPartition& where, const NewRecord& record);

/// A record as read. Its views live as long as the RecordBatch that holds them. In a compacted
/// topic a record may have no value at all: then value.data() is null.
struct Record {
  std::int64_t offset = 0;
  TimeUs append_time_us = 0;
  std::string_view key;
  std::string_view content_type;
  std::string_view value;
  std::optional<Id> id;
};

/// Records of one read, and the bytes they point into. Reused between reads; moved, never copied.
struct RecordBatch {
  std::vector<Record> records;
  std::string bytes;
  std::shared_ptr<const void> owner;  // of bytes that were not copied
  /// Where reading goes on: behind the last record, and behind what no reader is shown. 0: not
  /// known (a home without such gaps), the last offset + 1 then.
  std::int64_t next = 0;

  RecordBatch() = default;
  RecordBatch(RecordBatch&&) = default;
  RecordBatch& operator=(RecordBatch&&) = default;
  RecordBatch(const RecordBatch&) = delete;
  RecordBatch& operator=(const RecordBatch&) = delete;
};

/// Offsets that can be read: [start, end).
struct Bounds {
  std::int64_t start = 0;
  std::int64_t end = 0;

  bool operator==(const Bounds&) const = default;
};

/// Reads without a position of its own. Thread-safe.
class Reader {
 public:
  virtual ~Reader() = default;

  /// How many partitions the topic has. not_found: no such topic.
  virtual Result<std::int32_t> partitions(std::string_view topic) const = 0;
  virtual Result<Bounds> bounds(const TopicPartition& where) const = 0;

  /// Replaces `batch` by records from offset `from` on, at least one where there is one and not
  /// much above `max_bytes`; empty at the end. Only committed records are ever seen; of a raw topic
  /// that another process writes also those of an append that it has not acknowledged yet, which a
  /// loss of power may take back. `from` below the start or above the end is invalid_argument;
  /// damaged bytes are corrupt, with file and position.
  virtual Result<void> read(const TopicPartition& where, std::int64_t from, std::size_t max_bytes,
                            RecordBatch& batch) const = 0;
};

/// Appends with an acknowledgement. Thread-safe.
class Appender {
 public:
  virtual ~Appender() = default;

  /// Appends all or none; returns the offset of the first. They are durable and readable then. One
  /// above kMaxRecordBytes is invalid_argument; a log without room is exhausted, and may take them
  /// later. Of no records: the end offset, or why it would take none of a producer's now.
  virtual Result<std::int64_t> append(const TopicPartition& where,
                                      std::span<const NewRecord> records) = 0;
};

}  // namespace weir::runtime
