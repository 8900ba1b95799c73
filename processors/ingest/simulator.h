// Labelled synthetic traffic: a fleet of services, models, tenants and hosts, a load that rises and
// falls with the day, log-normal latencies, a usual share of errors, and declared incidents.
//
// The same options give the same bytes on every machine. Every partition is a function of the
// options and its number alone, so that threads may make them side by side.
//
// Event times ascend, save that a request is up to 2 s older than the newest before it. A record's
// append time is the running maximum of event time in its partition, as for every history.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "processors/core/result.h"
#include "processors/core/time.h"
#include "processors/ingest/incident.h"
#include "processors/ingest/sim_world.h"
#include "processors/runtime/io.h"

namespace weir::ingest {

inline constexpr TimeUs kDefaultSimulationStart = 1'767'571'200'000'000;  // 2026-01-05T00:00:00Z
inline constexpr DurationUs kMaxSimulatedDisorderUs = 2 * kSecondUs;

/// Ends after `events` or `duration_us`, whichever comes first; 0 is no limit, one must be given.
struct SimulatorOptions {
  std::int64_t events = 0;
  DurationUs duration_us = 0;
  double rate_per_s = 1'000;  // over all partitions, the mean of a day
  std::uint64_t seed = 1;
  TimeUs start_us = kDefaultSimulationStart;
  std::int32_t partitions = 1;      // of `weir.inference`; 1 .. 1,024
  std::int32_t batch_events = 512;  // of a record; 1 .. 4,096
  bool lean = false;  // only what KPIs read: no ids of requests and GPUs, no confidence
  WorldSizes world;
  std::optional<std::vector<Incident>> incidents;  // absent: default_incidents
};

/// The records of one partition, in order. One thread; lives no longer than its Simulator.
class PartitionStream {
 public:
  ~PartitionStream();
  PartitionStream(PartitionStream&&) noexcept;
  PartitionStream& operator=(PartitionStream&&) noexcept;

  /// The next InferenceBatch record; false at the end.
  bool next(runtime::NewRecord& record);

  std::int64_t events() const;         // in the records so far
  TimeUs greatest_event_time() const;  // kMinTime where there are none

 private:
  friend class Simulator;
  class Source;
  explicit PartitionStream(std::unique_ptr<Source> source);

  std::unique_ptr<Source> source_;
};

class Simulator {
 public:
  /// Error: invalid_argument, naming the option.
  static Result<Simulator> make(SimulatorOptions options);
  Simulator(Simulator&&) noexcept;
  Simulator& operator=(Simulator&&) noexcept;
  ~Simulator();

  PartitionStream partition(std::int32_t partition) const;

  const World& world() const;
  const SimulatorOptions& options() const;
  /// What really happens, in the order given: the labels. Some may lie behind the end.
  const std::vector<Incident>& incidents() const;
  /// How many events the options ask for; an estimate where only the duration is limited.
  std::int64_t expected_events() const;

  struct Plan;

 private:
  explicit Simulator(std::unique_ptr<const Plan> plan);

  std::unique_ptr<const Plan> plan_;
};

/// One incident of each kind, at fixed shares of `length_us`: over a day from midnight, an error
/// burst at 03:00 for 20 min, a latency regression at 07:00 for 90, an OOM storm at 11:00 for 15,
/// a quiet tenant at 14:00 for 120 and cold starts at 20:00 for 30.
std::vector<Incident> default_incidents(const World& world, TimeUs start_us, DurationUs length_us);

}  // namespace weir::ingest
