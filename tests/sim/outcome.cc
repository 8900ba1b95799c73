#include "tests/sim/outcome.h"

#include <algorithm>
#include <map>
#include <utility>

#include "tests/sim/alerts.h"
#include "tests/sim/objectives.h"
#include "weir/v1/partial.pb.h"

namespace weir::sim {
namespace {

const std::string kRaw(topics::kInference);

/// A log may say the default or say nothing.
std::string type_of(std::string_view content_type) {
  return std::string(content_type.empty() ? runtime::kProtobufType : content_type);
}

using Meaning = std::map<std::pair<std::string, std::string>, const Input*>;

/// What the bytes of a raw record mean; nullopt: nobody sent them.
std::optional<LoggedRecord> understand(const Meaning& meaning, const runtime::Record& record) {
  LoggedRecord logged{.offset = record.offset,
                      .append_time_us = record.append_time_us,
                      .input = nullptr,
                      .id = record.id};
  if (record.content_type == runtime::kTickType) {
    v1::TickRecord tick;
    tick.ParseFromString(std::string(record.value));
    logged.tick_last_offset = tick.last_offset();
    return logged;
  }
  const auto found = meaning.find({type_of(record.content_type), std::string(record.value)});
  if (found == meaning.end()) return std::nullopt;
  logged.input = found->second;
  return logged;
}

Result<void> collect_raw(const Scenario& scenario, const Acknowledged& acknowledged,
                         const VisitAll& visit_all, Outcome& outcome) {
  Meaning meaning;
  for (const Input& input : scenario.inputs)
    meaning[{type_of(input.content_type), input.value}] = &input;
  for (std::int32_t partition = 0; partition < scenario.raw_partitions; ++partition) {
    std::vector<LoggedRecord>& log = outcome.raw.emplace_back();
    auto missing = acknowledged[static_cast<std::size_t>(partition)];
    bool known = true;
    WEIR_TRY(visit_all({kRaw, partition}, [&](const runtime::Record& record) {
      const auto logged = understand(meaning, record);
      known = known && logged && record.offset == std::ssize(log);  // no commit writes here
      log.push_back(logged.value_or(LoggedRecord{}));
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

Result<void> collect_objectives(std::int32_t partition, const VisitAll& visit_all,
                                Outcome& outcome) {
  std::vector<LoggedCounts>& counts = outcome.counts.emplace_back();
  WEIR_TRY(
      visit_all({std::string(topics::kSli), partition}, [&counts](const runtime::Record& record) {
        LoggedCounts& logged = counts.emplace_back();
        logged.offset = record.offset;
        logged.batch.ParseFromString(std::string(record.value));
      }));
  std::vector<v1::BurnResult>& burns = outcome.burns.emplace_back();
  return visit_all({std::string(topics::kBurn), partition},
                   [&burns](const runtime::Record& record) {
                     burns.emplace_back().ParseFromString(std::string(record.value));
                   });
}

Result<void> collect_alerts(const VisitAll& visit_all, Outcome& outcome) {
  WEIR_TRY(visit_all({std::string(topics::kSignal), 0}, [&](const runtime::Record& record) {
    LoggedSignal& logged = outcome.signals.emplace_back();
    logged.offset = record.offset;
    logged.append_time_us = record.append_time_us;
    logged.signal.ParseFromString(std::string(record.value));
  }));
  WEIR_TRY(visit_all({std::string(topics::kAlert), 0}, [&](const runtime::Record& record) {
    LoggedAlert& logged = outcome.alerts.emplace_back();
    logged.offset = record.offset;
    logged.record.ParseFromString(std::string(record.value));
  }));
  return visit_all({std::string(topics::kDecision), 0}, [&](const runtime::Record& record) {
    outcome.decisions.emplace_back().ParseFromString(std::string(record.value));
  });
}

Result<void> collect_outputs(const Scenario& scenario, const VisitAll& visit_all,
                             Outcome& outcome) {
  for (std::int32_t partition = 0; partition < scenario.keyed_partitions; ++partition) {
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
    WEIR_TRY(collect_objectives(partition, visit_all, outcome));
  }
  WEIR_TRY(collect_alerts(visit_all, outcome));
  return visit_all({std::string(topics::kDeadLetter), 0},
                   [&outcome](const runtime::Record& record) {
                     outcome.dead.emplace_back().ParseFromString(std::string(record.value));
                   });
}

}  // namespace

Result<void> read_from(const runtime::Reader& reader, const runtime::TopicPartition& where,
                       std::int64_t offset, const Visit& visit) {
  WEIR_ASSIGN(const runtime::Bounds bounds, reader.bounds(where));
  runtime::RecordBatch batch;
  while (offset < bounds.end) {
    WEIR_TRY(reader.read(where, offset, 1 << 20, batch));
    for (const runtime::Record& record : batch.records) {
      if (record.offset < offset || (batch.next == 0 && record.offset > offset))
        return fail(ErrorCode::corrupt, "{}: offset {} where {} is expected",
                    runtime::to_string(where), record.offset, offset);
      visit(record);
      offset = record.offset + 1;
    }
    offset = std::max(offset, batch.next);
  }
  return {};
}

Result<Outcome> collect(const Scenario& scenario, const Acknowledged& acknowledged,
                        const VisitAll& visit_all) {
  Outcome outcome;
  WEIR_TRY(collect_raw(scenario, acknowledged, visit_all, outcome));
  WEIR_TRY(collect_outputs(scenario, visit_all, outcome));
  return outcome;
}

Result<Graph> graph_of(const Scenario& scenario, Probes& probes) {
  GraphOptions options{.keyed_partitions = scenario.keyed_partitions};
  options.fold.definitions = scenario.definitions;
  options.fold.dedup_horizon_us = kDedupHorizonUs;
  options.fold.future_limit_us = kFutureLimitUs;
  options.fold.open_delta_bytes = scenario.open_bytes;
  options.fold.history = scenario.history;
  options.fold.objectives = objectives_of_sim();
  options.kpi.max_series = scenario.max_series;
  options.kpi.stall_after_us = scenario.stall_limit_us();
  options.kpi.step_bytes = scenario.step_bytes;
  options.kpi.history = scenario.history;
  options.slo.stall_after_us = scenario.stall_limit_us();
  options.slo.step_bytes = scenario.step_bytes;
  options.slo.history = scenario.history;
  options.alert = alert_config_of(scenario);
  return make_graph(options, scenario.raw_partitions, probes);
}

runtime::NewRecord to_record(const Input& input) {
  return {.content_type = input.content_type, .value = input.value, .id = input.id};
}

runtime::NewRecord old_tick(Random& random, std::int64_t end) {
  v1::TickRecord tick;
  tick.set_last_offset(end - 1 - random.below(3));
  return {.content_type = std::string(runtime::kTickType), .value = tick.SerializeAsString()};
}

TimeUs settled_at(const Scenario& scenario, TimeUs now) {
  TimeUs target = now;
  for (const Input& input : scenario.inputs)
    for (const Event& event : input.events)
      if (event.fields.event_time_us() <= now)
        target = std::max(target, event.fields.event_time_us());
  return target + scenario.longest_window_us() + kMinuteUs;
}

}  // namespace weir::sim
