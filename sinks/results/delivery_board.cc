#include "sinks/results/delivery_board.h"

#include <algorithm>

#include "sinks/results/alert_board.h"
#include "sinks/results/decisions.h"

namespace weir::results {
namespace {

/// What a decision refers to whose notification is a digest: alert.proto.
constexpr std::string_view kDigest = "digest";

/// Far more than wait at any time.
constexpr std::size_t kKeptIds = 20'000;

bool is_about_telling(v1::DecisionKind kind) {
  return kind == v1::DECISION_KIND_GROUPED || kind == v1::DECISION_KIND_THROTTLED ||
         kind == v1::DECISION_KIND_SENT || kind == v1::DECISION_KIND_FAILED ||
         kind == v1::DECISION_KIND_LAPSED;
}

/// By a sink: what became of a notification.
bool is_outcome_of_telling(const v1::Decision& decision) {
  return decision.kind() == v1::DECISION_KIND_SENT || decision.kind() == v1::DECISION_KIND_FAILED ||
         (decision.kind() == v1::DECISION_KIND_LAPSED && !decision.notification_id().empty());
}

}  // namespace

Result<void> DeliveryBoard::update(const runtime::Reader& log) {
  WEIR_TRY(read_new<v1::Decision>(
      log, kDecisionTopic, kBoardKeepsUs, tail_,
      [this](const runtime::Record&, const v1::Decision& decision) { take(decision); }));
  forget();
  return {};
}

void DeliveryBoard::take(const v1::Decision& decision) {
  if (decision.receiver().empty() || !is_about_telling(decision.kind())) return;
  Receiver& receiver = receivers_[decision.receiver()];
  take_of_alert(decision, receiver);
  const TimeUs time = decision.append_time_us();
  ReceiverHistory& history = receiver.history;
  if (decision.kind() == v1::DECISION_KIND_SENT) {
    history.last_sent_us = std::max(history.last_sent_us, time);
  } else if (decision.kind() == v1::DECISION_KIND_FAILED) {
    history.last_failed_us = time;
    history.last_failure = decision.because();
  } else {
    count(decision, receiver);
  }
}

/// Whether the outcome is of what the receiver is to be told of the alert, or of something later
/// that told it, too: what waited too long becomes one with what came after it.
bool DeliveryBoard::is_answer(const v1::Decision& decision, const Delivery& delivery,
                              const Receiver& receiver) {
  if (decision.notification_id() == delivery.notification_id) return true;
  if (delivery.kind == v1::DECISION_KIND_THROTTLED || delivery.kind == v1::DECISION_KIND_LAPSED)
    return false;
  const auto place = receiver.places.find(decision.notification_id());
  const auto awaited = receiver.places.find(delivery.notification_id);
  if (awaited == receiver.places.end()) return true;
  return place != receiver.places.end() && place->second > awaited->second;
}

void DeliveryBoard::take_of_alert(const v1::Decision& decision, Receiver& receiver) {
  const bool is_outcome = is_outcome_of_telling(decision);
  if (is_outcome) receiver.takes_alerts = decision.notification_id().empty();
  Alert& alert = alerts_[decision.fingerprint()];
  alert.append_time_us = std::max(alert.append_time_us, decision.append_time_us());
  Delivery& delivery = alert.deliveries[decision.receiver()];
  const bool is_awaited =
      !is_outcome || receiver.takes_alerts || is_answer(decision, delivery, receiver);
  // A sink that has only a line about the alert does not know its life, 0: the notification does.
  if (decision.life() == 0 ? !is_awaited : decision.life() < delivery.life) return;
  if (decision.life() > delivery.life) delivery = {.life = decision.life()};
  // What is made of the alert for others is nothing to wait for.
  if (!is_outcome && receiver.takes_alerts && delivery.sent_us != kMinTime) return;
  if (decision.kind() == v1::DECISION_KIND_SENT) delivery.sent_us = decision.append_time_us();
  if (!is_awaited) return;  // of an earlier notification, while a later one waits
  delivery.kind = decision.kind();
  delivery.append_time_us = decision.append_time_us();
  delivery.because = decision.because();
  delivery.notification_id = decision.notification_id();
}

void DeliveryBoard::count(const v1::Decision& decision, Receiver& receiver) {
  Minute& minute =
      receiver.minutes[decision.append_time_us() - decision.append_time_us() % kMinuteUs];
  if (decision.kind() == v1::DECISION_KIND_THROTTLED) ++minute.throttled;
  const std::string& id = decision.notification_id();
  if (decision.kind() != v1::DECISION_KIND_GROUPED ||
      !receiver.places.try_emplace(id, receiver.next_place).second)
    return;
  ++receiver.next_place;
  receiver.ids.push_back(id);
  if (receiver.ids.size() > kKeptIds) {
    receiver.places.erase(receiver.ids.front());
    receiver.ids.pop_front();
  }
  ++minute.notifications;
  if (decision.reference() == kDigest) ++minute.digests;
}

void DeliveryBoard::forget() {
  if (tail_.append_time_us == kMinTime) return;
  std::erase_if(alerts_, [&](const auto& each) {
    return each.second.append_time_us < tail_.append_time_us - kBoardKeepsUs;
  });
  for (auto& [name, receiver] : receivers_)
    std::erase_if(receiver.minutes, [&](const auto& each) {
      return each.first < tail_.append_time_us - kHourUs - kMinuteUs;
    });
}

const std::map<std::string, Delivery>& DeliveryBoard::of_alert(
    const std::string& fingerprint) const {
  static const std::map<std::string, Delivery> none;
  const auto found = alerts_.find(fingerprint);
  return found == alerts_.end() ? none : found->second.deliveries;
}

std::map<std::string, ReceiverHistory> DeliveryBoard::receivers(TimeUs now) const {
  std::map<std::string, ReceiverHistory> all;
  for (const auto& [name, receiver] : receivers_) {
    ReceiverHistory& history = all.emplace(name, receiver.history).first->second;
    for (const auto& [begin, minute] : receiver.minutes) {
      if (begin <= now - kHourUs) continue;
      history.notifications += minute.notifications;
      history.digests += minute.digests;
      history.throttled += minute.throttled;
    }
  }
  return all;
}

}  // namespace weir::results
