// PagerDuty's Events API v2: one incident a group of alerts. Pure.
//
// trigger while any alert of the group fires, acknowledge when all that fire were taken on in Weir,
// resolve when none fires any more, all with the same `dedup_key`. An incident that is acknowledged
// wakes nobody, whatever is triggered of it: so one of several that is taken on only updates it,
// and where something else begins than what was taken on, the incident is resolved first and the
// trigger opens another (NOTIFICATION_REASON_INCIDENT). A digest is an incident of its own, by the
// same rules: its key is that of the receiver's digests. What a digest ends of a group that has an
// incident is told of that one, too (Notification.closes). What fires by a digest alone opens none
// under its group's key (Notification.sequence 0).
//
// Limits of the API: a summary of 1,024 characters, a dedup_key of 255, an event of 512 KB. Text is
// cut; alerts that do not fit are counted.
#pragma once

#include <string>

#include "processors/net/secret.h"
#include "sinks/webhook/payload.h"

namespace weir::webhook {

std::string pagerduty_body(const v1::Notification& notification, const net::Secret& routing_key);

}  // namespace weir::webhook
