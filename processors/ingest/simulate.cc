#include "processors/ingest/simulate.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "processors/ingest/append_buffer.h"

namespace weir::ingest {
namespace {

/// A thread works on one partition for this many bytes, then on its next, so that all grow evenly.
constexpr std::size_t kTurnBytes = 1 << 20;

/// What the threads share: the sums, and the first error, which stops them all.
class Tally {
 public:
  Tally(std::int64_t expected_events, const Progress& progress)
      : expected_events_(static_cast<std::uint64_t>(expected_events)), progress_(progress) {}

  /// False: somebody failed; stop.
  bool add(const SimulateSummary& turn) {
    const std::lock_guard lock(mutex_);
    sum_.events += turn.events;
    sum_.records += turn.records;
    sum_.bytes += turn.bytes;
    sum_.greatest_event_time_us =
        std::max(sum_.greatest_event_time_us, turn.greatest_event_time_us);
    const auto done = static_cast<std::uint64_t>(sum_.events);
    if (progress_) progress_(done, std::max(done, expected_events_));
    return !error_;
  }

  void fail(const Error& error) {
    const std::lock_guard lock(mutex_);
    if (!error_) error_ = error;
  }

  /// When the threads are done.
  Result<SimulateSummary> result(const std::vector<Incident>& incidents) {
    if (error_) return std::unexpected(*error_);
    sum_.incidents = incidents;
    return sum_;
  }

 private:
  const std::uint64_t expected_events_;
  const Progress& progress_;
  std::mutex mutex_;
  SimulateSummary sum_;
  std::optional<Error> error_;
};

/// One turn of one partition. False at its end.
Result<bool> take_turn(std::int32_t partition, PartitionStream& stream, AppendBuffer& buffer,
                       SimulateSummary& turn) {
  const std::int64_t events_before = stream.events();
  bool more = true;
  runtime::NewRecord record;
  while (turn.bytes < kTurnBytes && (more = stream.next(record))) {
    ++turn.records;
    turn.bytes += runtime::record_bytes(record);
    WEIR_TRY(buffer.add(partition, std::move(record)));
  }
  turn.events = stream.events() - events_before;
  turn.greatest_event_time_us = stream.greatest_event_time();
  return more;
}

/// Partitions first, first + step, ...
Result<void> run_lane(const Simulator& simulator, std::int32_t first, std::int32_t step,
                      AppendBuffer& buffer, Tally& tally) {
  std::vector<std::pair<std::int32_t, PartitionStream>> streams;
  for (std::int32_t p = first; p < simulator.options().partitions; p += step)
    streams.emplace_back(p, simulator.partition(p));
  while (!streams.empty()) {
    for (auto stream = streams.begin(); stream != streams.end();) {
      SimulateSummary turn;
      WEIR_ASSIGN(const bool more, take_turn(stream->first, stream->second, buffer, turn));
      if (!tally.add(turn)) return {};
      stream = more ? stream + 1 : streams.erase(stream);
    }
  }
  return buffer.flush();
}

}  // namespace

Result<SimulateSummary> simulate(const SimulatorOptions& options, runtime::Appender& appender,
                                 int threads, const Progress& progress) {
  WEIR_ASSIGN(const Simulator simulator, Simulator::make(options));
  Tally tally(simulator.expected_events(), progress);
  const std::int32_t lanes = std::clamp(threads, 1, options.partitions);
  {
    std::vector<std::jthread> running;
    for (std::int32_t lane = 0; lane < lanes; ++lane)
      running.emplace_back([&, lane] {
        AppendBuffer buffer(appender, "weir.inference");
        const auto done = run_lane(simulator, lane, lanes, buffer, tally);
        if (!done) tally.fail(done.error());
      });
  }
  return tally.result(simulator.incidents());
}

}  // namespace weir::ingest
