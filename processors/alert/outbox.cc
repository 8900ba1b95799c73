#include "processors/alert/outbox.h"

namespace weir::alert {

void Outbox::emit(std::size_t output, std::string key, std::string value) {
  runtime::NewRecord record{.key = std::move(key), .value = std::move(value)};
  if (cause_.history) record.append_time_us = cause_.append_time_us;
  context_.emit(output, 0, std::move(record));
  told_ = true;
}

void Outbox::emit(std::string key, v1::AlertRecord& record) {
  record.set_version(1);
  record.set_rules_hash(cause_.rules_hash);
  emit(kAlertOutput, std::move(key), record.SerializeAsString());
}

void Outbox::tell(const v1::Alert& alert) {
  v1::AlertRecord record;
  *record.mutable_alert() = alert;
  emit(alert.fingerprint(), record);
  probe_.alert_changes.add();
}

void Outbox::tell(const v1::Notification& notification) {
  v1::AlertRecord record;
  *record.mutable_notification() = notification;
  emit(notification.receiver() + "/" + notification.group_key(), record);
  probe_.notifications.add();
}

void Outbox::tell(const v1::Silence& silence) {
  v1::AlertRecord record;
  *record.mutable_silence() = silence;
  emit("silence:" + silence.id(), record);
}

void Outbox::decide(const v1::Alert& alert, const Turn& turn, const DecisionNotes& notes) {
  v1::Decision decision;
  decision.set_version(1);
  decision.set_fingerprint(alert.fingerprint());
  decision.set_life(alert.life());
  decision.set_kind(turn.kind);
  decision.set_time_us(alert.time_us());
  decision.set_append_time_us(cause_.append_time_us);
  decision.set_because(turn.because);
  decision.set_title(alert.has_condition() ? title_of(alert) : "");
  for (const v1::Label& label : alert.label())
    if (label.name() == "service") decision.set_service(label.value());
  decision.set_severity(alert.severity());
  decision.set_receiver(notes.receiver);
  decision.set_notification_id(notes.notification_id);
  decision.set_by(notes.by);
  decision.set_reference(notes.reference);
  decision.set_as_of_offset(cause_.offset);
  decision.set_rules_hash(cause_.rules_hash);
  emit(kDecisionOutput, alert.fingerprint(), decision.SerializeAsString());
  probe_.decisions.add();
}

}  // namespace weir::alert
