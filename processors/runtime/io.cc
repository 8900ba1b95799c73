#include "processors/runtime/io.h"

namespace weir::runtime {

std::string to_string(const TopicPartition& where) {
  return fmt::format("{}/{}", where.topic, where.partition);
}

Result<void> validate(const TopicPartition& where, const NewRecord& record) {
  if (record.content_type.size() > kMaxContentTypeBytes)
    return fail(ErrorCode::invalid_argument, "{}: a content type of {} bytes, where {} are allowed",
                to_string(where), record.content_type.size(), kMaxContentTypeBytes);
  if (record_bytes(record) <= kMaxRecordBytes) return {};
  return fail(ErrorCode::invalid_argument,
              "{}: a record of {} bytes, where at most {} are allowed; cut it into smaller ones",
              to_string(where), record_bytes(record), kMaxRecordBytes);
}

}  // namespace weir::runtime
