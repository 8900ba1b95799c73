#include "sinks/webhook/pagerduty.h"

#include <fmt/format.h>

#include "processors/core/hash.h"
#include "sinks/webhook/item.h"

namespace weir::webhook {
namespace {

constexpr std::size_t kMaxSummaryBytes = 1024;
constexpr std::size_t kMaxKeyBytes = 255;
constexpr std::size_t kMaxFieldBytes = 1024;
/// Below 512 KB, with room for what is not alerts.
constexpr std::size_t kMaxAlertsBytes = 400'000;

/// An acknowledged incident wakes nobody any more, so all that fires must be; also what is not
/// listed. Resolving what is not open does nothing.
std::string action_of(const v1::Notification& notification) {
  if (ends_incident(notification)) return "resolve";
  return notification.acknowledged() >= notification.firing() ? "acknowledge" : "trigger";
}

/// A group's key may be longer than a dedup_key.
std::string dedup_key(const v1::Notification& notification) {
  const std::string key = notification.receiver() + "/" + notification.group_key();
  return key.size() <= kMaxKeyBytes ? key : fmt::format("weir/{:016x}", hash64(key));
}

std::string severity_of(const v1::Notification& notification) {
  std::string_view worst = "info";
  for (const v1::Alert& alert : notification.alert()) {
    if (!fires(alert)) continue;
    if (alert.severity() == "page") return "critical";
    if (alert.severity() != "info") worst = alert.severity() == "ticket" ? "warning" : "error";
  }
  return std::string(worst);
}

std::string common(const v1::Notification& notification, std::string_view name) {
  for (const v1::Label& each : notification.common_label())
    if (each.name() == name) return shortened(each.value(), kMaxFieldBytes);
  return {};
}

Json to_json(const v1::Alert& alert) {
  Json json = {{"state", fires(alert) ? "firing" : "resolved"},
               {"summary", shortened(summary_of(alert), kMaxSummaryBytes)},
               {"starts_at", format_rfc3339(alert.starts_at_us())}};
  if (alert.ends_at_us() != 0) json["ends_at"] = format_rfc3339(alert.ends_at_us());
  if (!alert.acknowledged_by().empty())
    json["acknowledged_by"] = shortened(alert.acknowledged_by(), kMaxFieldBytes);
  for (const char* name : {"description", "command"})
    if (const std::string text = annotation(alert, name); !text.empty())
      json[name] = shortened(text, kMaxFieldBytes);
  if (!alert.page_url().empty()) json["page"] = shortened(alert.page_url(), kMaxFieldBytes);
  return json;
}

Json details_of(const v1::Notification& notification) {
  Json alerts = Json::array();
  std::size_t bytes = 0;
  for (const v1::Alert& alert : notification.alert()) {
    Json each = to_json(alert);
    bytes += dump(each).size();
    if (bytes > kMaxAlertsBytes) break;
    alerts.push_back(std::move(each));
  }
  const std::size_t all = notification.firing() + notification.resolved();
  Json details = {{"firing", notification.firing()}, {"resolved", notification.resolved()}};
  if (!notification.digest_cause().empty())
    details["digest_of"] = shortened(notification.digest_cause(), kMaxFieldBytes);
  if (all > alerts.size()) details["not_shown"] = all - alerts.size();
  details["alerts"] = std::move(alerts);
  return details;
}

Json payload_of(const v1::Notification& notification) {
  Json payload = {{"summary", shortened(notification.title(), kMaxSummaryBytes)},
                  {"source", "weir"},
                  {"severity", severity_of(notification)},
                  {"timestamp", format_rfc3339(notification.time_us())}};
  if (const std::string service = common(notification, "service"); !service.empty()) {
    payload["source"] = service;
    payload["component"] = service;
  }
  if (const std::string name = common(notification, "alertname"); !name.empty())
    payload["class"] = name;
  payload["group"] = shortened(notification.group_key(), kMaxFieldBytes);
  payload["custom_details"] = details_of(notification);
  return payload;
}

}  // namespace

std::string pagerduty_body(const v1::Notification& notification, const net::Secret& routing_key) {
  Json event = {{"routing_key", routing_key.reveal()},
                {"event_action", action_of(notification)},
                {"dedup_key", dedup_key(notification)}};
  if (event["event_action"] != "trigger") return dump(event);
  event["client"] = "Weir";
  if (!notification.external_url().empty()) {
    event["client_url"] = shortened(notification.external_url(), kMaxFieldBytes);
    event["links"] = Json::array(
        {{{"href", shortened(notification.external_url(), kMaxFieldBytes)}, {"text", "Weir"}}});
  }
  event["payload"] = payload_of(notification);
  return dump(event);
}

}  // namespace weir::webhook
