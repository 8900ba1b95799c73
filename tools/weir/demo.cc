#include "tools/weir/demo.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <vector>

#include "processors/graph.h"
#include "processors/ingest/simulator.h"

namespace weir::cli {
namespace {

/// A record waits for its last event, so it holds what comes in this time.
constexpr DurationUs kRecordUs = 100 * kMillisecondUs;
/// Traffic that is further behind is made anew from now on.
constexpr DurationUs kGiveUpUs = 30 * kSecondUs;
constexpr std::chrono::milliseconds kPace(20);
constexpr DurationUs kLongEnough = 365 * kDayUs;

/// One service gets slow, and some of its requests fail.
std::vector<ingest::Incident> script(const ingest::World& world, TimeUs start_us) {
  const ingest::IncidentScope whom{.service = world.names(events::Text::service).front()};
  const TimeUs from = start_us + kDemoIncidentAfterUs;
  const TimeUs to = from + kDemoIncidentLengthUs;
  return {{.kind = ingest::IncidentKind::latency_regression,
           .start_us = from,
           .end_us = to,
           .scope = whom,
           .strength = 4},
          {.kind = ingest::IncidentKind::error_burst,
           .start_us = from,
           .end_us = to,
           .scope = whom,
           .strength = 0.15}};
}

/// One partition's records, each held back until its time has come.
struct Lane {
  ingest::PartitionStream stream;
  runtime::NewRecord record;
  bool more = false;

  void advance() { more = stream.next(record); }
  TimeUs due() const { return more ? *record.append_time_us : kMaxTime; }
};

Result<ingest::Simulator> make_simulator(const DemoOptions& options, TimeUs start_us) {
  const double per_record = options.rate_per_s / options.partitions * kRecordUs / kSecondUs;
  ingest::SimulatorOptions simulator{
      .duration_us = kLongEnough,
      .rate_per_s = options.rate_per_s,
      .seed = static_cast<std::uint64_t>(start_us),
      .start_us = start_us,
      .partitions = options.partitions,
      .batch_events = std::clamp(static_cast<std::int32_t>(per_record), 1, 512),
      .world = {.tenants = 20},
      .incidents = std::vector<ingest::Incident>()};
  WEIR_ASSIGN(const ingest::World world, ingest::World::make(simulator.world));
  simulator.incidents = script(world, start_us);
  return ingest::Simulator::make(std::move(simulator));
}

/// False: so far behind that it has to begin anew.
Result<bool> append_due(std::vector<Lane>& lanes, TimeUs now, runtime::Appender& appender) {
  for (std::size_t partition = 0; partition < lanes.size(); ++partition) {
    Lane& lane = lanes[partition];
    std::vector<runtime::NewRecord> due;
    for (; lane.due() <= now; lane.advance()) {
      if (lane.due() < now - kGiveUpUs) return false;
      lane.record.append_time_us.reset();
      due.push_back(std::move(lane.record));
    }
    if (due.empty()) continue;
    WEIR_TRY(appender.append(
        {std::string(topics::kInference), static_cast<std::int32_t>(partition)}, due));
  }
  return true;
}

}  // namespace

Result<void> run_demo(const DemoOptions& options, runtime::Appender& appender,
                      const std::function<bool()>& stop) {
  while (!stop()) {
    WEIR_ASSIGN(const ingest::Simulator simulator, make_simulator(options, options.clock()));
    std::vector<Lane> lanes;
    for (std::int32_t partition = 0; partition < options.partitions; ++partition) {
      lanes.push_back({.stream = simulator.partition(partition), .record = {}});
      lanes.back().advance();
    }
    bool in_time = true;
    while (in_time && !stop()) {
      WEIR_ASSIGN(in_time, append_due(lanes, options.clock(), appender));
      std::this_thread::sleep_for(kPace);
    }
  }
  return {};
}

}  // namespace weir::cli
