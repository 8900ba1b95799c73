// Alertmanager's own webhook format, version 4, as its receivers know it:
// https://prometheus.io/docs/alerting/latest/configuration/#webhook_config. Pure.
#pragma once

#include <string>

#include "sinks/webhook/payload.h"

namespace weir::webhook {

std::string webhook_v4_body(const v1::Notification& notification);

}  // namespace weir::webhook
