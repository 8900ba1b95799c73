#include "tests/sim/incidents.h"

#include <algorithm>

#include <fmt/format.h>

namespace weir::sim {
namespace {

/// Alerts are grouped by their service alone.
std::string group_of(const v1::Alert& alert) {
  const auto service = std::ranges::find(alert.label(), "service", &v1::Label::name);
  return fmt::format("{{}}:{{service=\"{}\"}}",
                     service == alert.label().end() ? "" : service->value());
}

}  // namespace

void Incidents::hear(const v1::Notification& notification, const Wrong& wrong) {
  std::vector<v1::Alert> firing;
  for (const v1::Alert& alert : notification.alert()) {
    if (alert.state() != v1::ALERT_STATE_FIRING) continue;
    firing.push_back(alert);
    alerts_[alert.fingerprint()] = alert;
  }
  if (notification.closes() && !firing.empty())
    wrong(fmt::format("notification {} closes what fires", notification.id()));
  open_[{notification.receiver(), notification.group_key()}] = std::move(firing);
}

void Incidents::check(const GoesOn& goes_on, const Wrong& wrong) const {
  for (const auto& [key, told] : open_) {
    // A digest may have said that others of the group fire.
    const bool goes_on_there = std::ranges::any_of(alerts_, [&](const auto& each) {
      return group_of(each.second) == key.second && goes_on(each.second);
    });
    if (!told.empty() && !goes_on_there && std::ranges::none_of(told, goes_on))
      wrong(fmt::format("alerts: {} keeps an incident of {} open", key.first, key.second));
  }
}

}  // namespace weir::sim
