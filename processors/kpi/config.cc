#include "processors/kpi/config.h"

namespace weir::kpi {

Config read_config(const config::Section& section) {
  Config config;
  if (section.integer("max_series", config.max_series) && config.max_series < 1)
    section.refuse("max_series", "must be at least 1");
  if (section.duration("stall_after", config.stall_after_us) && config.stall_after_us < kSecondUs)
    section.refuse("stall_after", "must be at least 1s");
  if (section.bytes("step_output", config.step_bytes) && config.step_bytes == 0)
    section.refuse("step_output", "must be above 0");
  return config;
}

}  // namespace weir::kpi
