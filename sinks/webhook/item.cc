#include "sinks/webhook/item.h"

#include <algorithm>
#include <set>

namespace weir::webhook {
namespace {

bool fires(const v1::Alert& alert) { return alert.state() == v1::ALERT_STATE_FIRING; }
bool fires(const v1::AlertLine& line) { return line.state() == v1::ALERT_STATE_FIRING; }

bool is_acknowledged(const v1::Alert& alert) { return !alert.acknowledged_by().empty(); }
/// It does not say.
bool is_acknowledged(const v1::AlertLine&) { return false; }

template <class Told>
void count(const Told& told, v1::Notification& notification) {
  if (!fires(told)) return notification.set_resolved(notification.resolved() + 1);
  notification.set_firing(notification.firing() + 1);
  if (is_acknowledged(told)) notification.set_acknowledged(notification.acknowledged() + 1);
}

void fold_notification(const v1::Notification& earlier, v1::Notification& later) {
  // What fires is hidden then, or told by the next one.
  const bool is_over = later.firing() == 0;
  std::set<std::string> named;
  for (const v1::Alert& alert : later.alert()) named.insert(alert.fingerprint());
  for (const v1::AlertLine& line : later.more()) named.insert(line.fingerprint());
  for (const v1::Alert& alert : earlier.alert()) {
    if (named.contains(alert.fingerprint()) || (is_over && fires(alert))) continue;
    *later.add_alert() = alert;
    count(alert, later);
  }
  for (const v1::AlertLine& line : earlier.more()) {
    if (named.contains(line.fingerprint()) || (is_over && fires(line))) continue;
    *later.add_more() = line;
    count(line, later);
  }
  later.set_truncated(static_cast<std::uint32_t>(later.more_size()));
}

}  // namespace

void fold_into(const Item& earlier, Item& later) {
  if (earlier.record.has_notification() && later.record.has_notification())
    fold_notification(earlier.record.notification(), *later.record.mutable_notification());
  later.offsets.insert(later.offsets.begin(), earlier.offsets.begin(), earlier.offsets.end());
  later.append_time_us = std::min(earlier.append_time_us, later.append_time_us);
  later.attempts = std::max(earlier.attempts, later.attempts);
  later.alone = earlier.alone || later.alone;
}

bool ends_incident(const v1::Notification& notification) {
  return notification.closes() || notification.firing() == 0 || notification.sequence() == 0;
}

std::vector<std::string_view> alerts_of(const Item& item) {
  if (item.record.has_alert()) return {item.record.alert().fingerprint()};
  std::vector<std::string_view> alerts;
  for (const v1::Alert& alert : item.record.notification().alert())
    alerts.emplace_back(alert.fingerprint());
  for (const v1::AlertLine& line : item.record.notification().more())
    alerts.emplace_back(line.fingerprint());
  std::ranges::sort(alerts);
  const auto repeated = std::ranges::unique(alerts);
  alerts.erase(repeated.begin(), repeated.end());
  return alerts;
}

std::size_t bytes_of(const Item& item) {
  constexpr std::size_t kFixed = 512;
  constexpr std::size_t kOfAlert = 128;  // that it waits is known by alert, too
  return kFixed + item.key.size() + item.record.ByteSizeLong() +
         item.offsets.size() * sizeof(std::int64_t) + alerts_of(item).size() * kOfAlert;
}

}  // namespace weir::webhook
