// Trouble that the simulator is told to make, and by the same words its label: what really happened
// and when, so that whoever detects it can be judged.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "processors/core/result.h"
#include "processors/core/time.h"

namespace weir::ingest {

/// What goes wrong, and what `strength` means for it.
enum class IncidentKind : std::uint8_t {
  error_burst,         // share of the requests that fail with server_error, above the usual ones
  latency_regression,  // compute takes so many times as long
  oom_storm,           // share of the requests that fail with oom
  quiet_tenant,        // share of the tenant's requests that do not come
  cold_starts,         // share of the requests that wait for a cold start
};

std::string_view to_string(IncidentKind kind);

/// Whom it concerns: requests that match every name given; an empty name matches all.
struct IncidentScope {
  std::string service = {};
  std::string model = {};
  std::string tenant = {};

  bool operator==(const IncidentScope&) const = default;
};

struct Incident {
  IncidentKind kind = IncidentKind::error_burst;
  TimeUs start_us = 0;  // event times start <= t < end
  TimeUs end_us = 0;
  IncidentScope scope;
  double strength = 0;  // shares: 0 < s <= 1; the factor: > 1, <= 100

  bool operator==(const Incident&) const = default;
};

/// Strength and times within their bounds, a tenant named where it must be quiet. Error:
/// invalid_argument, naming the incident.
Result<void> validate(const Incident& incident);

/// One line of labels.ndjson, without the newline; absent names are null:
///   {"kind":"error_burst","start_time":"2026-01-05T03:00:00Z","end_time":"2026-01-05T03:20:00Z",
///    "service":"chat","model":null,"tenant":null,"strength":0.3}
std::string to_label(const Incident& incident);

}  // namespace weir::ingest
