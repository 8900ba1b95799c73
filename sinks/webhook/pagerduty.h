// PagerDuty's Events API v2: one incident a group of alerts. Pure.
//
// trigger while any alert of the group fires, acknowledge when somebody took it on in Weir, resolve
// when none fires any more, all with the same `dedup_key`. A digest is an incident of its own: its
// key is that of the receiver's digests, and it resolves when nothing of them fires any more. What
// a digest ends of a group that has an incident is told of that one, too (Notification.closes).
// What fires by a digest alone is acknowledged at PagerDuty, where its incident is: in Weir it is
// of its group, which has none.
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
