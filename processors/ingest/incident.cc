#include "processors/ingest/incident.h"

namespace weir::ingest {
namespace {

/// A name of ours as JSON. Names that a user gave are checked against the simulator's own before.
std::string json_name(std::string_view name) {
  return name.empty() ? "null" : fmt::format("\"{}\"", name);
}

}  // namespace

std::string_view to_string(IncidentKind kind) {
  switch (kind) {
    case IncidentKind::error_burst:
      return "error_burst";
    case IncidentKind::latency_regression:
      return "latency_regression";
    case IncidentKind::oom_storm:
      return "oom_storm";
    case IncidentKind::quiet_tenant:
      return "quiet_tenant";
    case IncidentKind::cold_starts:
      break;
  }
  return "cold_starts";
}

Result<void> validate(const Incident& incident) {
  const std::string_view kind = to_string(incident.kind);
  if (incident.end_us <= incident.start_us)
    return fail(ErrorCode::invalid_argument, "incident {}: it ends at {}, not after its start {}",
                kind, format_rfc3339(incident.end_us), format_rfc3339(incident.start_us));
  const bool factor = incident.kind == IncidentKind::latency_regression;
  const double strength = incident.strength;
  if (factor ? !(strength > 1 && strength <= 100) : !(strength > 0 && strength <= 1))
    return fail(ErrorCode::invalid_argument, "incident {}: strength {} is not {}", kind, strength,
                factor ? "a factor above 1 and at most 100" : "a share above 0 and at most 1");
  if (incident.kind == IncidentKind::quiet_tenant && incident.scope.tenant.empty())
    return fail(ErrorCode::invalid_argument, "incident {}: name the tenant that is quiet", kind);
  return {};
}

std::string to_label(const Incident& incident) {
  return fmt::format(
      R"({{"kind":"{}","start_time":"{}","end_time":"{}","service":{},"model":{},"tenant":{},)"
      R"("strength":{}}})",
      to_string(incident.kind), format_rfc3339(incident.start_us), format_rfc3339(incident.end_us),
      json_name(incident.scope.service), json_name(incident.scope.model),
      json_name(incident.scope.tenant), incident.strength);
}

}  // namespace weir::ingest
