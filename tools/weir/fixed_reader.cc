#include "tools/weir/fixed_reader.h"

#include <algorithm>

namespace weir::cli {

Result<Stretch> stretch_of(const runtime::Reader& log,
                           std::initializer_list<std::string_view> topics) {
  Stretch stretch;
  for (const std::string_view topic : topics) {
    const auto partitions = log.partitions(topic);
    if (!partitions && partitions.error().code == ErrorCode::not_found) continue;
    if (!partitions) return std::unexpected(partitions.error());
    for (std::int32_t partition = 0; partition < *partitions; ++partition) {
      const runtime::TopicPartition where{std::string(topic), partition};
      WEIR_ASSIGN(const runtime::Bounds bounds, log.bounds(where));
      stretch.emplace(where, bounds);
    }
  }
  return stretch;
}

Result<std::int32_t> FixedReader::partitions(std::string_view topic) const {
  const auto count =
      std::ranges::count_if(stretch_, [&](const auto& each) { return each.first.topic == topic; });
  if (count == 0) return fail(ErrorCode::not_found, "no topic {} was there", topic);
  return static_cast<std::int32_t>(count);
}

Result<runtime::Bounds> FixedReader::bounds(const runtime::TopicPartition& where) const {
  const auto found = stretch_.find(where);
  if (found == stretch_.end())
    return fail(ErrorCode::not_found, "no partition {} was there", to_string(where));
  return found->second;
}

Result<void> FixedReader::read(const runtime::TopicPartition& where, std::int64_t from,
                               std::size_t max_bytes, runtime::RecordBatch& batch) const {
  WEIR_ASSIGN(const runtime::Bounds bounds, this->bounds(where));
  if (from < bounds.start || from > bounds.end)
    return fail(ErrorCode::invalid_argument, "{}@{}: readable are the offsets [{}, {})",
                to_string(where), from, bounds.start, bounds.end);
  if (from == bounds.end) {
    batch = {};
    return {};
  }
  const auto read = source_.read(where, from, max_bytes, batch);
  if (!read && read.error().code != ErrorCode::invalid_argument) return read;
  // It began, or ends, elsewhere by now: records expired, or a loss of power took them back.
  if (!read || batch.records.empty())
    return fail(ErrorCode::not_found,
                "{}@{}: the source had records [{}, {}) when this replay was begun, and has this "
                "one no more; replay what is left into a new directory",
                to_string(where), from, bounds.start, bounds.end);
  const auto beyond =
      std::ranges::lower_bound(batch.records, bounds.end, {}, &runtime::Record::offset);
  batch.records.erase(beyond, batch.records.end());
  batch.next = std::min(batch.next, bounds.end);
  return {};
}

}  // namespace weir::cli
