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
    alerts_[{notification.receiver(), alert.fingerprint()}] = alert;
  }
  if (notification.closes() && !firing.empty())
    wrong(fmt::format("notification {} closes what fires", notification.id()));
  open_[{notification.receiver(), notification.group_key()}] = std::move(firing);
}

/// Under its group's key or under that of digests, whatever was hidden when that was told last.
bool Incidents::has_one(const std::string& receiver, const v1::Alert& alert) const {
  return std::ranges::any_of(open_, [&](const auto& each) {
    const auto& [key, told] = each;
    return key.first == receiver && !told.empty() &&
           (key.second == group_of(alert) || key.second == "digest");
  });
}

void Incidents::check(const Is& goes_on, const Is& is_shown, const Wrong& wrong) const {
  for (const auto& [key, told] : open_) {
    // A digest may have said that others of the group fire.
    const bool goes_on_there = std::ranges::any_of(alerts_, [&](const auto& each) {
      return group_of(each.second) == key.second && goes_on(each.second);
    });
    if (!told.empty() && !goes_on_there && std::ranges::none_of(told, goes_on))
      wrong(fmt::format("alerts: {} keeps an incident of {} open", key.first, key.second));
  }
  for (const auto& [key, alert] : alerts_)
    if (is_shown(alert) && !has_one(key.first, alert))
      wrong(fmt::format("alerts: {} has no incident of {}", key.first, group_of(alert)));
}

}  // namespace weir::sim
