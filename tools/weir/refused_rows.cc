#include "tools/weir/refused_rows.h"

#include "processors/graph.h"
#include "sinks/results/record_scan.h"
#include "weir/v1/dead_letter.pb.h"

namespace weir::cli {
namespace {

using runtime::TopicPartition;

/// What fold refused in the source it will refuse again.
bool is_of_import(const runtime::Record& record) {
  v1::DeadLetter letter;
  return results::parse_record(record, letter) && letter.topic().empty();
}

runtime::Output copy_of(const runtime::Record& record) {
  return {.where = {std::string(topics::kDeadLetter), 0},
          .record = {.key = std::string(record.key),
                     .content_type = std::string(record.content_type),
                     .value = std::string(record.value),
                     .id = record.id,
                     .append_time_us = record.append_time_us}};
}

}  // namespace

Result<void> copy_refused_rows(const runtime::Reader& source, runtime::Log& log) {
  const auto partitions = source.partitions(topics::kDeadLetter);
  if (!partitions && partitions.error().code == ErrorCode::not_found) return {};
  WEIR_TRY(partitions);
  for (std::int32_t partition = 0; partition < *partitions; ++partition) {
    const TopicPartition from{std::string(topics::kDeadLetter), partition};
    const runtime::TaskId task{"import", partition};
    WEIR_ASSIGN(const runtime::Bounds bounds, source.bounds(from));
    WEIR_ASSIGN(std::int64_t position, log.position(task));
    runtime::RecordBatch batch;
    for (position = std::max(position, bounds.start); position < bounds.end;) {
      WEIR_TRY(source.read(from, position, results::kScanBytes, batch));
      if (batch.records.empty()) break;
      position = batch.records.back().offset + 1;
      runtime::TaskCommit commit{
          .task = task, .input = {"source." + from.topic, partition}, .position = position};
      for (const runtime::Record& record : batch.records)
        if (is_of_import(record)) commit.outputs.push_back(copy_of(record));
      WEIR_TRY(log.commit({&commit, 1}));
    }
  }
  return {};
}

}  // namespace weir::cli
