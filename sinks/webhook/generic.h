// A generic webhook, as Standard Webhooks recommends them:
//   {"type": "alert.firing", "timestamp": "2026-01-05T10:00:00Z", "data": {…}}
// `type` is alert.firing, alert.resolved or alert.acknowledged; `data` is the Notification of
// proto/weir/v1/alert.proto, its fields named as there. Pure.
#pragma once

#include <string>

#include "sinks/webhook/payload.h"

namespace weir::webhook {

std::string generic_body(const v1::Notification& notification);

}  // namespace weir::webhook
