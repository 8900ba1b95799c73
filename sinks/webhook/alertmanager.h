// Alertmanager's API v2: the body of POST /api/v2/alerts. Pure.
#pragma once

#include <span>
#include <string>

#include "sinks/webhook/payload.h"

namespace weir::webhook {

/// The alerts as they stand at `now`: one that fires ends `expire_after_us` from now, unless it is
/// told again before, or now, where it is hidden; one that has resolved ended when it did. Label
/// names that Prometheus does not know become ones that it does ("gpu.model" is gpu_model).
std::string alertmanager_body(std::span<const v1::Alert* const> alerts, TimeUs now,
                              DurationUs expire_after_us);

/// The name with _ for every character but a-z A-Z 0-9 _, and before a digit in front.
std::string prometheus_name(std::string_view name);

}  // namespace weir::webhook
