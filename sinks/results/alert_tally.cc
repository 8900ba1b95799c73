#include "sinks/results/alert_tally.h"

namespace weir::results {
namespace {

void take_of_life(const v1::Decision& decision, AlertLife& life) {
  switch (decision.kind()) {
    case v1::DECISION_KIND_ACKNOWLEDGED:
      if (!life.acknowledged_append_us) life.acknowledged_append_us = decision.append_time_us();
      break;
    case v1::DECISION_KIND_SILENCED:
    case v1::DECISION_KIND_INHIBITED:
      life.muted = true;
      break;
    case v1::DECISION_KIND_GROUPED:
      life.told = true;
      break;
    case v1::DECISION_KIND_RESOLVED:
      life.resolved_us = decision.time_us();
      break;
    case v1::DECISION_KIND_USEFUL:
    case v1::DECISION_KIND_NOT_USEFUL:
      life.useful = decision.kind() == v1::DECISION_KIND_USEFUL;
      break;
    default:
      break;
  }
}

}  // namespace

void AlertTally::take(const v1::Decision& decision) {
  const std::pair name{decision.fingerprint(), decision.life()};
  if (decision.kind() == v1::DECISION_KIND_FIRED)
    size_ += lives_
                 .insert_or_assign(name, AlertLife{.service = decision.service(),
                                                   .fired_us = decision.time_us(),
                                                   .fired_append_us = decision.append_time_us()})
                 .second;
  if (const auto life = lives_.find(name); life != lives_.end())
    take_of_life(decision, life->second);
  if (!decision.notification_id().empty()) take_of_notification(decision);
  if (size_ / 2 >= most_) fit(decision.append_time_us());
}

void AlertTally::take_of_notification(const v1::Decision& decision) {
  const auto note = [&](std::map<std::string, TimeUs> AlertNotifications::* said) {
    size_ += (notifications_[decision.service()].*said)
                 .insert_or_assign(decision.notification_id(), decision.append_time_us())
                 .second;
  };
  switch (decision.kind()) {
    case v1::DECISION_KIND_GROUPED:
      return note(&AlertNotifications::told);
    case v1::DECISION_KIND_SENT:
      return note(&AlertNotifications::sent);
    case v1::DECISION_KIND_FAILED:
      return note(&AlertNotifications::failed);
    default:
      return;
  }
}

void AlertTally::forget_before(TimeUs append_time_us) {
  size_ -= std::erase_if(
      lives_, [&](const auto& each) { return each.second.fired_append_us < append_time_us; });
  for (auto& [service, notifications] : notifications_)
    for (auto* said : {&notifications.told, &notifications.sent, &notifications.failed})
      size_ -= std::erase_if(*said, [&](const auto& each) { return each.second < append_time_us; });
  std::erase_if(notifications_, [](const auto& each) {
    return each.second.told.empty() && each.second.sent.empty() && each.second.failed.empty();
  });
}

void AlertTally::fit(TimeUs now) {
  DurationUs keeps = keeps_us_;
  forget_before(now - keeps);
  while (size_ > most_ && keeps > 0) {
    keeps /= 2;
    forget_before(now - keeps);
  }
}

}  // namespace weir::results
