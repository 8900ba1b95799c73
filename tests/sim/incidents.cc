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

const std::string& by_whom(const v1::Alert& alert) { return alert.acknowledged_by(); }

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
  const std::pair key(notification.receiver(), notification.group_key());
  if (notification.closes() || firing.empty() || notification.sequence() == 0) {
    open_.erase(key);
    return;
  }
  const bool acknowledges = std::ranges::none_of(firing, &std::string::empty, by_whom);
  if (acknowledges != (notification.acknowledged() == notification.firing()))
    wrong(fmt::format("notification {} miscounts what is acknowledged", notification.id()));
  const auto known = open_.find(key);
  if (acknowledges && known == open_.end()) return;  // there is none
  Incident& incident = open_[key];
  incident.firing = std::move(firing);
  incident.acknowledged = incident.acknowledged || acknowledges;
}

/// Under its group's key, whatever was hidden when that was told last; or named by the last digest.
bool Incidents::has_one(const std::string& receiver, const v1::Alert& alert) const {
  return std::ranges::any_of(open_, [&](const auto& each) {
    const auto& [key, incident] = each;
    const bool names_it =
        std::ranges::count(incident.firing, alert.fingerprint(), &v1::Alert::fingerprint) != 0;
    return key.first == receiver && !incident.acknowledged &&
           (key.second == group_of(alert) || (key.second == "digest" && names_it));
  });
}

void Incidents::check(const Is& goes_on, const Is& wakes_somebody, const Wrong& wrong) const {
  for (const auto& [key, incident] : open_) {
    // A digest may have said that others of the group fire.
    const bool goes_on_there = std::ranges::any_of(alerts_, [&](const auto& each) {
      return group_of(each.second) == key.second && goes_on(each.second);
    });
    if (!goes_on_there && std::ranges::none_of(incident.firing, goes_on))
      wrong(fmt::format("alerts: {} keeps an incident of {} open", key.first, key.second));
  }
  for (const auto& [key, alert] : alerts_)
    if (wakes_somebody(alert) && !has_one(key.first, alert))
      wrong(fmt::format("alerts: {} has no incident of {} that wakes somebody", key.first,
                        group_of(alert)));
}

}  // namespace weir::sim
