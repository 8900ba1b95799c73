// A notification, made of the alerts that it tells of. Pure.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "processors/alert/outbox.h"
#include "processors/alert/state.h"

namespace weir::alert {

/// Alerts in full, and their bytes, in one notification; the others stand shortly. With at most
/// 5,000 alerts it stays below the log's limit of 1 MiB a record.
inline constexpr std::size_t kMaxFullAlerts = 100;
inline constexpr std::size_t kMaxFullBytes = 256 << 10;
inline constexpr std::size_t kMaxDigestGroups = 100;

struct NotificationParts {
  GroupKey key;
  labels::Labels group_labels = {};
  v1::NotificationReason reason = v1::NOTIFICATION_REASON_UNSPECIFIED;
  std::uint32_t sequence = 0;
  std::string page_url = {};
  std::string digest_cause = {};
  std::vector<std::string> digest_groups = {};
  bool closes = false;
};

/// Firing alerts first, then by fingerprint; none comes twice. One that closes may have none. Its
/// id is a hash of the receiver, the group, the record that is the cause and whether it closes,
/// which no two notifications have alike. Its title begins with the summary of the worst alert.
v1::Notification make_notification(const NotificationParts& parts, std::vector<const Entry*> alerts,
                                   const Cause& cause);

}  // namespace weir::alert
