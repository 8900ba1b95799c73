// The events of one simulated partition, one after another. Internal to the simulator.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "processors/core/time.h"
#include "processors/ingest/incident.h"
#include "processors/ingest/random.h"
#include "processors/ingest/sim_batch.h"
#include "processors/ingest/simulator.h"

namespace weir::ingest {

/// An incident with its names looked up; kAny matches all.
struct ActiveIncident {
  static constexpr std::uint32_t kAny = std::numeric_limits<std::uint32_t>::max();

  IncidentKind kind;
  TimeUs start_us;
  TimeUs end_us;
  double strength;
  std::uint32_t service;
  std::uint32_t model;
  std::uint32_t tenant;
};

struct Simulator::Plan {
  SimulatorOptions options;
  World world;
  std::vector<Incident> incidents;
  std::vector<ActiveIncident> active;  // the same, in the same order
};

/// Load at a time against the mean of a day: parabolic arcs, least (0.4) at 02:00, most (1.6) at
/// 14:00.
double daily_load(TimeUs time);

class EventSource {
 public:
  EventSource(const Simulator::Plan& plan, std::int32_t partition);

  /// Replaces `event`; false at the end.
  bool next(SimEvent& event);

 private:
  struct Request {
    const Profile* profile;
    std::uint32_t tenant;
    v1::InferenceStatus status;
    double slowness;  // of its compute
    bool cold;
  };

  bool arrive();
  void begin_minute();
  bool draw_request(TimeUs event_time, Request& request);
  void fill_names(const Request& request, SimEvent& event);
  void fill_numbers(const Request& request, SimEvent& event);
  void fill_tokens(const Request& request, bool answered, SimEvent& event);

  const Simulator::Plan& plan_;
  Random random_;
  std::int64_t events_left_;
  std::int64_t arrival_ns_ = 0;  // since the start
  std::int64_t end_ns_;
  std::int64_t minute_end_ns_ = 0;
  double twice_mean_gap_ns_ = 0;             // in this minute
  std::vector<const ActiveIncident*> near_;  // that this minute's events may fall into
};

}  // namespace weir::ingest
