// The part of the world that reads what is left.
#include <algorithm>

#include "tests/sim/world.h"

namespace weir::sim {
namespace {

/// Every record of a partition, in order.
template <class Visit>
Result<void> read_all(const runtime::Reader& reader, const runtime::TopicPartition& where,
                      Visit visit) {
  WEIR_ASSIGN(const runtime::Bounds bounds, reader.bounds(where));
  runtime::RecordBatch batch;
  std::int64_t offset = bounds.start;
  while (offset < bounds.end) {
    WEIR_TRY(reader.read(where, offset, 1 << 20, batch));
    for (const runtime::Record& record : batch.records) {
      if (record.offset != offset)
        return fail(ErrorCode::corrupt, "{}: offset {} where {} is expected",
                    runtime::to_string(where), record.offset, offset);
      visit(record);
      ++offset;
    }
  }
  return {};
}

/// A log may say the default or say nothing.
std::string type_of(std::string_view content_type) {
  return std::string(content_type.empty() ? runtime::kProtobufType : content_type);
}

}  // namespace

Result<Outcome> World::collect() {
  Outcome outcome;
  outcome.crashes = crashes_;
  outcome.lost_events = static_cast<std::int64_t>(probes_.kpi.lost_events.value());
  WEIR_TRY(collect_raw(outcome));
  WEIR_TRY(collect_outputs(outcome));
  return outcome;
}

Result<void> World::collect_raw(Outcome& outcome) {
  std::map<std::pair<std::string, std::string>, const Input*> meaning;
  for (const Input& input : scenario_.inputs)
    meaning[{type_of(input.content_type), input.value}] = &input;
  const runtime::Reader* reader = log_.get();
  if (scenario_.history) reader = &history_;
  for (std::int32_t partition = 0; partition < scenario_.raw_partitions; ++partition) {
    std::vector<LoggedRecord>& log = outcome.raw.emplace_back();
    auto missing = acknowledged_[static_cast<std::size_t>(partition)];
    bool known = true;
    WEIR_TRY(read_all(*reader, {std::string(topics::kInference), partition},
                      [&](const runtime::Record& record) {
                        LoggedRecord& logged = log.emplace_back();
                        logged.offset = record.offset;
                        logged.append_time_us = record.append_time_us;
                        logged.id = record.id;
                        v1::TickRecord tick;
                        if (record.content_type == runtime::kTickType) {
                          tick.ParseFromString(std::string(record.value));
                          logged.tick_last_offset = tick.last_offset();
                          return;
                        }
                        const auto found =
                            meaning.find({type_of(record.content_type), std::string(record.value)});
                        known = known && found != meaning.end();
                        if (known) logged.input = found->second;
                        const auto sent = missing.find(std::string(record.value));
                        if (sent != missing.end()) missing.erase(sent);
                      }));
    if (!known)
      return fail(ErrorCode::corrupt, "raw partition {}: a record that nobody sent", partition);
    if (!missing.empty())
      return fail(ErrorCode::corrupt, "raw partition {}: {} acknowledged records are gone",
                  partition, missing.size());
  }
  return {};
}

Result<void> World::collect_outputs(Outcome& outcome) {
  for (std::int32_t partition = 0; partition < scenario_.keyed_partitions; ++partition) {
    std::vector<LoggedBatch>& batches = outcome.batches.emplace_back();
    WEIR_TRY(read_all(*log_, {std::string(topics::kPartial), partition},
                      [&batches](const runtime::Record& record) {
                        LoggedBatch& logged = batches.emplace_back();
                        logged.offset = record.offset;
                        logged.append_time_us = record.append_time_us;
                        logged.batch.ParseFromString(std::string(record.value));
                      }));
    std::vector<v1::KpiResult>& results = outcome.results.emplace_back();
    WEIR_TRY(read_all(*log_, {std::string(topics::kKpi), partition},
                      [&results](const runtime::Record& record) {
                        results.emplace_back().ParseFromString(std::string(record.value));
                      }));
  }
  return read_all(*log_, {std::string(topics::kDeadLetter), 0},
                  [&outcome](const runtime::Record& record) {
                    outcome.dead.emplace_back().ParseFromString(std::string(record.value));
                  });
}

}  // namespace weir::sim
