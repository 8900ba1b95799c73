// The part of the world that reads what is left.
#include <algorithm>

#include "tests/sim/world.h"

namespace weir::sim {

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

Result<void> World::visit_all(const runtime::TopicPartition& where, const Visit& visit) {
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
  const std::string raw(topics::kInference);
  WEIR_ASSIGN(Outcome outcome,
              sim::collect(scenario_, acknowledged_,
                           [&](const runtime::TopicPartition& where, const Visit& visit) {
                             return scenario_.history && where.topic == raw
                                        ? read_from(history_, where, 0, visit)
                                        : visit_all(where, visit);
                           }));
  outcome.crashes = crashes_;
  outcome.expired = expired_;
  outcome.lost_events = static_cast<std::int64_t>(probes_.kpi.lost_events.value());
  if (receivers_)
    outside_.check(outcome, [&](const std::string& line) { outcome.mistold.push_back(line); });
  return outcome;
}

}  // namespace weir::sim
