#include "processors/alert/notification.h"

#include <algorithm>

#include "processors/core/hash.h"
#include "processors/core/severity.h"
#include "processors/core/text.h"

namespace weir::alert {
namespace {

constexpr std::size_t kMaxLineBytes = 100;
constexpr std::size_t kMaxWorstBytes = 200;  // of a title

std::string id_of(const NotificationParts& parts, const Cause& cause) {
  // One that closes may be followed by one that opens, at the same record.
  const std::string bytes = fmt::format("{}\xff{}\xff{}\xff{}{}", parts.key.receiver,
                                        parts.key.group, cause.offset, cause.append_time_us,
                                        parts.closes ? "\xff"
                                                       "closes"
                                                     : "");
  return fmt::format("{:016x}{:016x}", hash64(bytes), hash64("weir notification\xff" + bytes));
}

std::string summary_of(const v1::Alert& alert) {
  for (const v1::Label& annotation : alert.annotation())
    if (annotation.name() == "summary") return annotation.value();
  return title_of(alert);
}

std::string count_text(std::size_t count, std::string_view verb) {
  return fmt::format("{} alert{} {}", count, count == 1 ? "" : "s", verb);
}

/// Of those that fire the most severe, and of such the one that has fired longest.
const Entry* worst_of(const std::vector<const Entry*>& alerts) {
  const Entry* worst = nullptr;
  const auto place = [](const Entry* entry) {
    return std::pair(severity_rank(entry->alert.severity()), entry->alert.fired_at_us());
  };
  for (const Entry* entry : alerts)
    if (entry->is_firing() && (worst == nullptr || place(entry) < place(worst))) worst = entry;
  return worst;
}

std::string title_of_all(const v1::Notification& notification, const v1::Alert& first) {
  const auto firing = notification.firing();
  const auto resolved = notification.resolved();
  if (firing + resolved == 1)
    return (firing == 1 ? "" : "Resolved: ") + title_of(first) +
           fmt::format(" ({})", first.severity());
  std::string title;
  if (firing > 0) title = count_text(firing, firing == 1 ? "fires" : "fire");
  if (resolved > 0) title += (title.empty() ? "" : ", ") + count_text(resolved, "ended");
  const labels::Labels shared = labels::read(notification.common_label());
  return shared.empty() ? title : title + ": " + labels::to_text(shared);
}

std::string title_for(const v1::Notification& notification,
                      const std::vector<const Entry*>& alerts) {
  if (alerts.empty())
    return notification.reason() == v1::NOTIFICATION_REASON_INCIDENT
               ? "Somebody took it on; what began since is another incident"
               : "Nothing of it fires any more";
  const std::string all = title_of_all(notification, alerts.front()->alert);
  const Entry* worst = worst_of(alerts);
  if (worst == nullptr || alerts.size() == 1) return all;
  return fmt::format("{} | {}", cut_utf8(summary_of(worst->alert), kMaxWorstBytes), all);
}

void add(const v1::Alert& alert, std::size_t& bytes, v1::Notification& to) {
  const std::size_t size = alert.ByteSizeLong();
  if (to.more().empty() && static_cast<std::size_t>(to.alert_size()) < kMaxFullAlerts &&
      bytes + size <= kMaxFullBytes) {
    *to.add_alert() = alert;
    bytes += size;
    return;
  }
  v1::AlertLine& line = *to.add_more();
  line.set_fingerprint(alert.fingerprint());
  line.set_summary(std::string(cut_utf8(summary_of(alert), kMaxLineBytes)));
  line.set_state(alert.state());
  line.set_starts_at_us(alert.starts_at_us());
  line.set_ends_at_us(alert.ends_at_us());
}

}  // namespace

v1::Notification make_notification(const NotificationParts& parts, std::vector<const Entry*> alerts,
                                   const Cause& cause) {
  const auto place = [](const Entry* entry) {
    return std::pair(!entry->is_firing(), std::string_view(entry->alert.fingerprint()));
  };
  std::ranges::sort(alerts, {}, place);
  const auto repeated = std::ranges::unique(alerts);
  alerts.erase(repeated.begin(), repeated.end());

  v1::Notification notification;
  notification.set_id(id_of(parts, cause));
  notification.set_receiver(parts.key.receiver);
  notification.set_group_key(parts.key.group);
  labels::put(parts.group_labels, *notification.mutable_group_label());
  notification.set_reason(parts.reason);
  notification.set_sequence(parts.sequence);
  notification.set_append_time_us(cause.append_time_us);
  notification.set_external_url(parts.page_url);
  notification.set_digest_cause(parts.digest_cause);
  notification.set_closes(parts.closes);
  for (const std::string& group : parts.digest_groups)
    if (notification.digest_group_size() < static_cast<int>(kMaxDigestGroups))
      notification.add_digest_group(group);
  std::size_t bytes = 0;
  std::optional<labels::Labels> shared;
  for (const Entry* entry : alerts) {
    const labels::Labels labels = labels::read(entry->alert.label());
    shared = shared ? labels::common(*shared, labels) : labels;
    add(entry->alert, bytes, notification);
    if (entry->is_firing()) {
      notification.set_firing(notification.firing() + 1);
      if (entry->is_acknowledged()) notification.set_acknowledged(notification.acknowledged() + 1);
    } else {
      notification.set_resolved(notification.resolved() + 1);
    }
    notification.set_time_us(std::max(notification.time_us(), entry->alert.time_us()));
  }
  labels::put(shared.value_or(labels::Labels{}), *notification.mutable_common_label());
  notification.set_truncated(static_cast<std::uint32_t>(notification.more_size()));
  notification.set_title(title_for(notification, alerts));
  return notification;
}

}  // namespace weir::alert
