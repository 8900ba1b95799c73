#include "sinks/webhook/request.h"

#include "processors/net/webhook_signature.h"
#include "sinks/webhook/alertmanager.h"
#include "sinks/webhook/generic.h"
#include "sinks/webhook/pagerduty.h"
#include "sinks/webhook/slack.h"
#include "sinks/webhook/webhook_v4.h"

namespace weir::webhook {
namespace {

std::string alerts_body(const ReceiverConfig& config, std::span<const Item> items, TimeUs now) {
  std::vector<const v1::Alert*> alerts;
  for (const Item& item : items) alerts.push_back(&item.record.alert());
  return alertmanager_body(alerts, now, config.expire_after_us);
}

std::string body_of(const ReceiverConfig& config, const ReceiverSecrets& secrets,
                    std::span<const Item> items, TimeUs now) {
  const v1::Notification& notification = items.front().record.notification();
  switch (config.type) {
    case ReceiverType::alertmanager:
      return alerts_body(config, items, now);
    case ReceiverType::pagerduty:
      return pagerduty_body(notification, secrets.key);
    case ReceiverType::slack:
      return slack_body(notification);
    case ReceiverType::generic:
      return generic_body(notification);
    case ReceiverType::webhook_v4:
      return webhook_v4_body(notification);
  }
  return {};
}

std::string url_of(const ReceiverConfig& config, const ReceiverSecrets& secrets) {
  if (config.type != ReceiverType::alertmanager) return secrets.url;
  return secrets.url + (secrets.url.ends_with('/') ? "" : "/") + "api/v2/alerts";
}

}  // namespace

net::ClientRequest request_of(const ReceiverConfig& config, const ReceiverSecrets& secrets,
                              std::span<const Item> items, TimeUs now) {
  net::ClientRequest request{
      .method = "POST",
      .url = url_of(config, secrets),
      .headers = {{"Content-Type", "application/json"}, {"User-Agent", "weir"}},
      .body = body_of(config, secrets, items, now)};
  if (!secrets.token.empty())
    request.headers.emplace_back("Authorization", "Bearer " + secrets.token.reveal());
  const std::string& id = items.front().record.notification().id();
  if (!secrets.secrets.empty()) {
    for (auto& header : net::sign_webhook(secrets.secrets, id, now, request.body))
      request.headers.push_back(std::move(header));
  } else if (!id.empty()) {
    request.headers.emplace_back("webhook-id", id);
  }
  return request;
}

}  // namespace weir::webhook
