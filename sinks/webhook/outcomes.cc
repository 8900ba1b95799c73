#include "sinks/webhook/outcomes.h"

#include "processors/events/dead_letter.h"
#include "sinks/webhook/payload.h"

namespace weir::webhook {
namespace {

/// The whole sentence.
std::string because(const Finished& finished, TimeUs now) {
  const Item& item = finished.item;
  const DurationUs waited_us = std::max<DurationUs>(0, now - item.append_time_us);
  std::string text =
      fmt::format("{} {} ms after it was decided, at attempt {}",
                  finished.sent ? "taken" : "given up", waited_us / kMillisecondUs, item.attempts);
  if (item.offsets.size() > 1)
    text += fmt::format(", with what {} earlier ones had to tell", item.offsets.size() - 1);
  return text + ": " + finished.text;
}

v1::Decision decision_about(const v1::Alert& alert, const Finished& finished,
                            const std::string& receiver, TimeUs now) {
  v1::Decision decision;
  decision.set_version(1);
  decision.set_fingerprint(alert.fingerprint());
  decision.set_life(alert.life());
  decision.set_kind(finished.sent ? v1::DECISION_KIND_SENT : v1::DECISION_KIND_FAILED);
  decision.set_time_us(alert.time_us());
  decision.set_append_time_us(now);
  decision.set_because(because(finished, now));
  decision.set_title(title_of(alert));
  decision.set_service(alert.condition().service());
  decision.set_severity(alert.severity());
  decision.set_receiver(receiver);
  decision.set_notification_id(finished.item.record.notification().id());
  decision.set_as_of_offset(finished.item.offsets.back());
  decision.set_attempts(finished.item.attempts);
  return decision;
}

v1::Decision decision_about(const Lapsed& lapsed, const Finished& finished,
                            const std::string& receiver, TimeUs now) {
  v1::Decision decision = decision_about(lapsed.alert, finished, receiver, now);
  decision.set_kind(v1::DECISION_KIND_LAPSED);
  decision.set_because(
      "it waited until its group, or the incident of it, was over; it is told where it is shown "
      "again, or with its end");
  decision.set_notification_id(lapsed.notification_id);
  decision.set_as_of_offset(lapsed.offset);
  decision.clear_attempts();
  return decision;
}

runtime::Output output(std::string_view topic, std::string key, std::string value) {
  return {.where = {std::string(topic), 0},
          .record = {.key = std::move(key), .value = std::move(value)}};
}

/// A dead letter of the record at that offset.
runtime::Output dead_letter(std::int64_t offset, TimeUs append_time_us,
                            const events::Problem& problem, std::string_view original) {
  v1::DeadLetter letter;
  letter.set_topic(std::string(kAlertTopic));
  letter.set_offset(offset);
  letter.set_append_time_us(append_time_us);
  letter.set_content_type(std::string(runtime::kProtobufType));
  events::fill_dead_letter(letter, {&problem, 1}, original);
  return output(kDeadLetterTopic, "", letter.SerializeAsString());
}

}  // namespace

std::vector<runtime::Output> outputs_of(const Finished& finished, const std::string& receiver,
                                        TimeUs now) {
  std::vector<runtime::Output> outputs;
  const auto put = [&](const v1::Decision& decision) {
    outputs.push_back(output(kDecisionTopic, decision.fingerprint(), decision.SerializeAsString()));
  };
  const auto add = [&](const v1::Alert& alert) {
    put(decision_about(alert, finished, receiver, now));
  };
  for (const Lapsed& each : finished.item.lapsed)
    put(decision_about(each, finished, receiver, now));
  const v1::AlertRecord& record = finished.item.record;
  if (record.has_alert()) add(record.alert());
  for (const v1::Alert& alert : record.notification().alert()) add(alert);
  // Those of a large notification, as far as it says.
  for (const v1::AlertLine& line : record.notification().more()) {
    v1::Alert alert;
    alert.set_fingerprint(line.fingerprint());
    add(alert);
  }
  if (finished.sent) return outputs;
  const Item& item = finished.item;
  const events::Problem problem{
      .reason = v1::DEAD_LETTER_REASON_UNDELIVERED,
      .text = fmt::format("receiver {}, attempt {}: {}", receiver, item.attempts, finished.text)};
  outputs.push_back(
      dead_letter(item.offsets.back(), item.append_time_us, problem, record.SerializeAsString()));
  return outputs;
}

runtime::Output unreadable(const runtime::Record& record, const std::string& receiver) {
  const events::Problem problem{
      .reason = v1::DEAD_LETTER_REASON_MALFORMED,
      .text = fmt::format("receiver {}: is no alert record of version 1", receiver)};
  return dead_letter(record.offset, record.append_time_us, problem, record.value);
}

}  // namespace weir::webhook
