// The part of the world that reads what is left.
#include <algorithm>

#include "tests/sim/world.h"

namespace weir::sim {
namespace {

/// The records of a partition from an offset on, in order.
template <class Visit>
Result<void> read_from(const runtime::Reader& reader, const runtime::TopicPartition& where,
                       std::int64_t offset, Visit visit) {
  WEIR_ASSIGN(const runtime::Bounds bounds, reader.bounds(where));
  runtime::RecordBatch batch;
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

Result<void> World::observe() {
  if (!scenario_.expires || disk_.operations() == observed_) return {};
  observed_ = disk_.operations();
  for (const Graph::Topic& topic : graph_.topics) {
    if (topic.raw && scenario_.history) continue;
    for (std::int32_t partition = 0; partition < topic.partitions; ++partition)
      WEIR_TRY(observe({topic.name, partition}));
  }
  return {};
}

Result<void> World::observe(const runtime::TopicPartition& where) {
  std::vector<Seen>& seen = seen_[where];
  return read_from(*log_, where, std::ssize(seen), [&seen](const runtime::Record& record) {
    seen.push_back({record.append_time_us, std::string(record.content_type),
                    std::string(record.value), record.id});
  });
}

template <class Visit>
Result<void> World::visit_all(const runtime::TopicPartition& where, Visit visit) {
  if (!scenario_.expires) return read_from(*log_, where, 0, visit);
  WEIR_TRY(observe(where));
  const std::vector<Seen>& seen = seen_[where];
  std::int64_t offset = 0;
  for (const Seen& each : seen)
    visit(runtime::Record{.offset = offset++,
                          .append_time_us = each.append_time_us,
                          .key = {},
                          .content_type = each.content_type,
                          .value = each.value,
                          .id = each.id});
  // And what is still there is what it was.
  WEIR_ASSIGN(const runtime::Bounds bounds, log_->bounds(where));
  bool same = bounds.end == std::ssize(seen);
  WEIR_TRY(read_from(*log_, where, bounds.start, [&](const runtime::Record& record) {
    same = same && seen[static_cast<std::size_t>(record.offset)] ==
                       Seen{record.append_time_us, std::string(record.content_type),
                            std::string(record.value), record.id};
  }));
  expired_ += bounds.start;
  if (same) return {};
  return fail(ErrorCode::corrupt, "{}: a record is not what it was", runtime::to_string(where));
}

Result<Outcome> World::collect() {
  Outcome outcome;
  outcome.crashes = crashes_;
  outcome.lost_events = static_cast<std::int64_t>(probes_.kpi.lost_events.value());
  WEIR_TRY(collect_raw(outcome));
  WEIR_TRY(collect_outputs(outcome));
  outcome.expired = expired_;
  return outcome;
}

Result<void> World::collect_raw(Outcome& outcome) {
  std::map<std::pair<std::string, std::string>, const Input*> meaning;
  for (const Input& input : scenario_.inputs)
    meaning[{type_of(input.content_type), input.value}] = &input;
  for (std::int32_t partition = 0; partition < scenario_.raw_partitions; ++partition) {
    std::vector<LoggedRecord>& log = outcome.raw.emplace_back();
    auto missing = acknowledged_[static_cast<std::size_t>(partition)];
    bool known = true;
    const auto visit = [&](const runtime::Record& record) {
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
      const auto found = meaning.find({type_of(record.content_type), std::string(record.value)});
      known = known && found != meaning.end();
      if (known) logged.input = found->second;
      const auto sent = missing.find(std::string(record.value));
      if (sent != missing.end()) missing.erase(sent);
    };
    const runtime::TopicPartition where{std::string(topics::kInference), partition};
    WEIR_TRY(scenario_.history ? read_from(history_, where, 0, visit) : visit_all(where, visit));
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
    WEIR_TRY(visit_all({std::string(topics::kPartial), partition},
                       [&batches](const runtime::Record& record) {
                         LoggedBatch& logged = batches.emplace_back();
                         logged.offset = record.offset;
                         logged.append_time_us = record.append_time_us;
                         logged.batch.ParseFromString(std::string(record.value));
                       }));
    std::vector<v1::KpiResult>& results = outcome.results.emplace_back();
    WEIR_TRY(visit_all({std::string(topics::kKpi), partition},
                       [&results](const runtime::Record& record) {
                         results.emplace_back().ParseFromString(std::string(record.value));
                       }));
  }
  return visit_all({std::string(topics::kDeadLetter), 0},
                   [&outcome](const runtime::Record& record) {
                     outcome.dead.emplace_back().ParseFromString(std::string(record.value));
                   });
}

}  // namespace weir::sim
