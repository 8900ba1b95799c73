#include "sinks/webhook/alertmanager.h"

#include <algorithm>

namespace weir::webhook {
namespace {

template <class Labels>
Json to_object(const Labels& labels) {
  Json object = Json::object();
  for (const v1::Label& each : labels)
    if (!each.value().empty()) object[prometheus_name(each.name())] = each.value();
  return object;
}

Json to_json(const v1::Alert& alert, TimeUs now, DurationUs expire_after_us) {
  const TimeUs last = is_muted(alert) ? now : now + expire_after_us;
  const TimeUs ends = fires(alert) ? last : alert.ends_at_us();
  Json json = {{"labels", to_object(alert.label())},
               {"annotations", to_object(alert.annotation())},
               {"startsAt", format_rfc3339(alert.starts_at_us())},
               {"endsAt", format_rfc3339(std::max(ends, alert.starts_at_us()))}};
  if (!alert.page_url().empty()) json["generatorURL"] = alert.page_url();
  return json;
}

}  // namespace

std::string prometheus_name(std::string_view name) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  std::string good;
  if (name.empty() || is_digit(name.front())) good += '_';
  for (const char c : name) {
    const bool allowed = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c);
    good += allowed ? c : '_';
  }
  return good;
}

std::string alertmanager_body(std::span<const v1::Alert* const> alerts, TimeUs now,
                              DurationUs expire_after_us) {
  Json json = Json::array();
  for (const v1::Alert* alert : alerts) json.push_back(to_json(*alert, now, expire_after_us));
  return dump(json);
}

}  // namespace weir::webhook
