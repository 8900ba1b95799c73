#include "processors/slo/config.h"

#include "processors/core/severity.h"
#include "processors/objectives/parts.h"

namespace weir::slo {
namespace {

Maintenance read_maintenance(const config::Section& section) {
  Maintenance maintenance;
  section.require("from", "from: 2026-01-05T02:00:00Z");
  section.require("to", "to: 2026-01-05T04:00:00Z");
  section.require("reason", "reason: database move");
  section.parsed("from", maintenance.from_us, parse_rfc3339);
  section.parsed("to", maintenance.to_us, parse_rfc3339);
  section.string("reason", maintenance.reason);
  section.strings("objectives", maintenance.objectives);
  if (maintenance.to_us <= maintenance.from_us) section.refuse("to", "must be after `from`");
  return maintenance;
}

void read_low_traffic(const config::Section& section, objectives::LowTraffic& low_traffic) {
  if (section.parsed("level", low_traffic.level_ppb, objectives::parse_ppb) &&
      low_traffic.level_ppb >= objectives::kPpb / 2)
    section.refuse("level", "must be below 0.5; 0 does not ask");
  if (section.integer("min_events", low_traffic.min_events) && low_traffic.min_events < 0)
    section.refuse("min_events", "must be at least 0");
}

void read_silence(const config::Section& section, Config::Silence& silence) {
  if (section.duration("after", silence.after_us) && silence.after_us < 0)
    section.refuse("after", "must be at least 0s; 0s never tells");
  if (section.string("severity", silence.severity) && !is_severity(silence.severity))
    section.refuse("severity", "must be page, ticket or info");
}

}  // namespace

Config read_config(const config::Section& section) {
  Config config;
  section.strings("objectives", config.objectives);
  if (const auto low_traffic = section.section("low_traffic"))
    read_low_traffic(*low_traffic, config.low_traffic);
  if (const auto silence = section.section("silence")) read_silence(*silence, config.silence);
  for (const config::Section& each : section.sections("maintenance"))
    config.maintenance.push_back(read_maintenance(each));
  if (section.integer("max_series", config.max_series) && config.max_series < 1)
    section.refuse("max_series", "must be at least 1");
  if (section.duration("stall_after", config.stall_after_us) && config.stall_after_us < kSecondUs)
    section.refuse("stall_after", "must be at least 1s");
  if (section.bytes("step_output", config.step_bytes) && config.step_bytes == 0)
    section.refuse("step_output", "must be above 0");
  return config;
}

}  // namespace weir::slo
