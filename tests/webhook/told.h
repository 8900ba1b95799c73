// Alerts and notifications for tests of the webhook sink.
#pragma once

#include <string>

#include "processors/core/time.h"
#include "weir/v1/alert.pb.h"

namespace weir::webhook {

inline constexpr TimeUs kStart = 1'767'603'600 * kSecondUs;  // 2026-01-05T09:00:00Z

struct AlertParts {
  std::string fingerprint = "00000000000000aa";
  v1::AlertState state = v1::ALERT_STATE_FIRING;
  std::uint32_t life = 1;
  std::string receiver = "chat";
  std::string severity = "page";
};
v1::Alert make_alert(const AlertParts& parts);

/// Names `alerts`, to the receiver "chat"; its id is 32 times `id`.
v1::Notification make_notification(char id, const std::string& group,
                                   const std::vector<v1::Alert>& alerts);

v1::AlertRecord record_of(v1::Alert alert);
v1::AlertRecord record_of(v1::Notification notification);

}  // namespace weir::webhook
