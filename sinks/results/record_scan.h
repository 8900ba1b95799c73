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

/// As runtime::last_offsets, of a partition of a log.
inline Result<std::int64_t> last_offsets(const runtime::Reader& log,
                                         const runtime::TopicPartition& where,
                                         DurationUs length_us) {
  WEIR_ASSIGN(const runtime::Bounds bounds, log.bounds(where));
  return runtime::last_offsets(bounds, length_us,
                               [&](std::int64_t from, runtime::RecordBatch& batch) {
                                 return log.read(where, from, 1, batch);
                               });
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
    WEIR_TRY(log.read(where, offset, kScanBytes, batch));
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

}  // namespace weir::results
