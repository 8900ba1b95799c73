#include "sinks/webhook/item.h"

#include <algorithm>
#include <set>
#include <utility>

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

v1::Alert alert_of(const v1::AlertLine& line) {
  v1::Alert alert;
  alert.set_fingerprint(line.fingerprint());
  return alert;
}

void fold_notification(const Item& from, Item& into) {
  const v1::Notification& earlier = from.record.notification();
  v1::Notification& later = *into.record.mutable_notification();
  const auto lapse = [&](v1::Alert alert) {
    into.lapsed.push_back({.alert = std::move(alert),
                           .notification_id = earlier.id(),
                           .offset = from.offsets.back()});
  };
  // What fires is hidden then, or told by the next one.
  const bool is_over = later.firing() == 0;
  std::set<std::string> named;
  for (const v1::Alert& alert : later.alert()) named.insert(alert.fingerprint());
  for (const v1::AlertLine& line : later.more()) named.insert(line.fingerprint());
  for (const v1::Alert& alert : earlier.alert()) {
    if (named.contains(alert.fingerprint())) continue;
    if (is_over && fires(alert)) {
      lapse(alert);
      continue;
    }
    *later.add_alert() = alert;
    count(alert, later);
  }
  for (const v1::AlertLine& line : earlier.more()) {
    if (named.contains(line.fingerprint())) continue;
    if (is_over && fires(line)) {
      lapse(alert_of(line));
      continue;
    }
    *later.add_more() = line;
    count(line, later);
  }
  later.set_truncated(static_cast<std::uint32_t>(later.more_size()));
}

}  // namespace

void fold_into(const Item& earlier, Item& later) {
  if (earlier.record.has_notification() && later.record.has_notification())
    fold_notification(earlier, later);
  later.lapsed.insert(later.lapsed.begin(), earlier.lapsed.begin(), earlier.lapsed.end());
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
  std::size_t bytes = kFixed + item.key.size() + item.record.ByteSizeLong() +
                      item.offsets.size() * sizeof(std::int64_t) +
                      alerts_of(item).size() * kOfAlert;
  for (const Lapsed& each : item.lapsed) bytes += sizeof each + each.alert.ByteSizeLong();
  return bytes;
}

}  // namespace weir::webhook
