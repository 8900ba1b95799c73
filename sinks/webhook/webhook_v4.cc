#include "sinks/webhook/webhook_v4.h"

namespace weir::webhook {
namespace {

constexpr std::string_view kNoTime = "0001-01-01T00:00:00Z";  // Go's zero

template <class Labels>
Json to_object(const Labels& labels) {
  Json object = Json::object();
  for (const v1::Label& each : labels) object[each.name()] = each.value();
  return object;
}

Json to_json(const v1::Alert& alert) {
  return {{"status", fires(alert) ? "firing" : "resolved"},
          {"labels", to_object(alert.label())},
          {"annotations", to_object(alert.annotation())},
          {"startsAt", format_rfc3339(alert.starts_at_us())},
          {"endsAt", fires(alert) ? std::string(kNoTime) : format_rfc3339(alert.ends_at_us())},
          {"generatorURL", alert.page_url()},
          {"fingerprint", alert.fingerprint()}};
}

/// What all its alerts have alike.
Json common_annotations(const v1::Notification& notification) {
  if (notification.alert().empty()) return Json::object();
  Json common = to_object(notification.alert(0).annotation());
  for (const v1::Alert& alert : notification.alert()) {
    const Json own = to_object(alert.annotation());
    Json shared = Json::object();
    for (const auto& [name, value] : common.items())
      if (own.contains(name) && own[name] == value) shared[name] = value;
    common = std::move(shared);
  }
  return common;
}

}  // namespace

std::string webhook_v4_body(const v1::Notification& notification) {
  Json alerts = Json::array();
  for (const v1::Alert& alert : notification.alert()) alerts.push_back(to_json(alert));
  return dump({{"version", "4"},
               {"groupKey", notification.group_key()},
               {"truncatedAlerts", notification.truncated()},
               {"status", notification.firing() > 0 ? "firing" : "resolved"},
               {"receiver", notification.receiver()},
               {"groupLabels", to_object(notification.group_label())},
               {"commonLabels", to_object(notification.common_label())},
               {"commonAnnotations", common_annotations(notification)},
               {"externalURL", notification.external_url()},
               {"alerts", std::move(alerts)}});
}

}  // namespace weir::webhook
