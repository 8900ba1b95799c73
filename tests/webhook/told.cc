#include "tests/webhook/told.h"

namespace weir::webhook {
namespace {

void add(google::protobuf::RepeatedPtrField<v1::Label>& labels, const std::string& name,
         const std::string& value) {
  v1::Label& label = *labels.Add();
  label.set_name(name);
  label.set_value(value);
}

}  // namespace

v1::Alert make_alert(const AlertParts& parts) {
  v1::Alert alert;
  alert.set_fingerprint(parts.fingerprint);
  add(*alert.mutable_label(), "alertname", "chat-availability");
  add(*alert.mutable_label(), "gpu.model", "h100 <&> \"x\"");
  add(*alert.mutable_label(), "service", "chat");
  add(*alert.mutable_label(), "severity", parts.severity);
  add(*alert.mutable_annotation(), "command", "weir explain --objective chat");
  add(*alert.mutable_annotation(), "description", "Errors > 14.4x & rising");
  add(*alert.mutable_annotation(), "summary", "chat burns 20x");
  alert.set_severity(parts.severity);
  alert.set_state(parts.state);
  alert.set_life(parts.life);
  alert.set_starts_at_us(kStart);
  alert.set_fired_at_us(kStart + kMinuteUs);
  if (parts.state == v1::ALERT_STATE_RESOLVED) alert.set_ends_at_us(kStart + kHourUs);
  alert.set_time_us(kStart + kMinuteUs);
  alert.add_receiver(parts.receiver);
  alert.set_page_url("https://weir.example.com/#alerts");
  alert.mutable_condition()->set_objective("chat-availability");
  alert.mutable_condition()->set_condition("page-1h");
  alert.mutable_condition()->set_service("chat");
  return alert;
}

v1::Notification make_notification(char id, const std::string& group,
                                   const std::vector<v1::Alert>& alerts) {
  v1::Notification notification;
  notification.set_id(std::string(32, id));
  notification.set_receiver("chat");
  notification.set_group_key(group);
  add(*notification.mutable_group_label(), "service", "chat");
  add(*notification.mutable_common_label(), "service", "chat");
  notification.set_reason(v1::NOTIFICATION_REASON_FIRST);
  notification.set_sequence(1);
  for (const v1::Alert& alert : alerts) {
    *notification.add_alert() = alert;
    const bool fires = alert.state() == v1::ALERT_STATE_FIRING;
    if (fires)
      notification.set_firing(notification.firing() + 1);
    else
      notification.set_resolved(notification.resolved() + 1);
    if (fires && !alert.acknowledged_by().empty())
      notification.set_acknowledged(notification.acknowledged() + 1);
  }
  notification.set_title("1 alert of service=chat <fires>");
  notification.set_time_us(kStart + kMinuteUs);
  notification.set_append_time_us(kStart + kMinuteUs + kSecondUs);
  notification.set_external_url("https://weir.example.com");
  return notification;
}

v1::AlertRecord record_of(v1::Alert alert) {
  v1::AlertRecord record;
  record.set_version(1);
  *record.mutable_alert() = std::move(alert);
  return record;
}

v1::AlertRecord record_of(v1::Notification notification) {
  v1::AlertRecord record;
  record.set_version(1);
  *record.mutable_notification() = std::move(notification);
  return record;
}

}  // namespace weir::webhook
