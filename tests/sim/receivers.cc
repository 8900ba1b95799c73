#include "tests/sim/receivers.h"

#include <algorithm>
#include <chrono>
#include <set>

#include <fmt/chrono.h>
#include <nlohmann/json.hpp>

namespace weir::sim {
namespace {

using Json = nlohmann::json;

const std::string kChat = "chat";
const std::string kAlertmanager = "alertmanager";

std::string http_date(TimeUs time) {
  const auto seconds = static_cast<std::time_t>(time / kSecondUs);
  return fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", fmt::gmtime(seconds));
}

std::string labels_of(const v1::Alert& alert) {
  Json labels = Json::object();
  for (const v1::Label& label : alert.label()) labels[label.name()] = label.value();
  return labels.dump();
}

/// What is said of alerts, by fingerprint.
using Told = std::map<std::string, std::string>;

Told said_by(const std::string& body) {
  Told said;
  const Json notification = Json::parse(body)["data"];
  for (const Json& alert : notification.value("alert", Json::array()))
    said[alert["fingerprint"]] =
        fmt::format("life {} {}", alert["life"].get<int>(), alert["state"].get<std::string>());
  return said;
}

bool is_muted(const v1::Alert& alert) {
  return alert.silenced_by_size() + alert.inhibited_by_size() > 0;
}

bool fires(const v1::Alert& alert) { return alert.state() == v1::ALERT_STATE_FIRING; }

}  // namespace

Outside::Outside(const Scenario& scenario, TimeUs& now)
    : forgets_(scenario.disk_bytes > 0),
      repeats_(scenario.home == Home::kafka),
      random_(scenario.seed ^ 0x0075de),
      now_(now) {
  webhook::ReceiverConfig chat{.name = kChat, .type = webhook::ReceiverType::generic};
  chat.coalesce_after_us = random_.chance(50) ? random_.between(1, 60) * kSecondUs : kDayUs;
  webhook::ReceiverConfig alertmanager{.name = kAlertmanager,
                                       .type = webhook::ReceiverType::alertmanager};
  alertmanager.resend_us = random_.between(10, 60) * kSecondUs;
  for (webhook::ReceiverConfig& each : {std::ref(chat), std::ref(alertmanager)}) {
    probes_.try_emplace(each.name, metrics_, each.name);
    configs_.emplace(each.name, std::move(each));
  }
}

Result<net::ClientResponse> Outside::answer(const std::string& receiver,
                                            const net::ClientRequest& request) {
  const std::int64_t fate = calm_ ? 9 : random_.below(10);
  if (!calm_ && random_.chance(10)) now_ += random_.below(3 * kSecondUs);
  if (fate == 0) return fail(ErrorCode::stopped, "killed before it was sent");
  if (fate == 1) return fail(ErrorCode::io, "nobody is there");
  if (fate == 2) return net::ClientResponse{.status = 503};
  if (fate == 3) {  // its clock is wrong
    const TimeUs its_now = now_ + random_.between(-kHourUs, kHourUs);
    return net::ClientResponse{.status = 429,
                               .headers = {{"Date", http_date(its_now)},
                                           {"Retry-After", http_date(its_now + 3 * kSecondUs)}}};
  }
  if (receiver == kAlertmanager) {
    take_alerts(request.body);
  } else {
    for (const auto& [name, value] : request.headers)
      if (name == "webhook-id") chat_.push_back({value, request.body});
  }
  if (fate == 4 || fate == 5) excuse();
  if (fate == 4) return fail(ErrorCode::stopped, "killed before the answer");
  if (fate == 5) return fail(ErrorCode::io, "the answer is lost");
  return net::ClientResponse{.status = 200};
}

void Outside::take_alerts(const std::string& body) {
  for (const Json& alert : Json::parse(body)) {
    const TimeUs ends = parse_rfc3339(alert["endsAt"].get<std::string>()).value();
    const auto [known, is_new] = ends_us_.try_emplace(alert["labels"].dump(), ends);
    if (!is_new && known->second > 0 && known->second < now_) lapses_.push_back(known->first);
    known->second = ends > now_ ? ends : -ends;  // of one that has resolved
  }
}

void Outside::check(const Outcome& outcome, const Wrong& wrong) const {
  check_chat(outcome, wrong);
  check_alertmanager(outcome, wrong);
  check_decisions(outcome, wrong);
}

void Outside::check_chat(const Outcome& outcome, const Wrong& wrong) const {
  const bool folds = configs_.at(kChat).coalesce_after_us < kDayUs;
  Told told;
  std::map<std::string, std::string> told_by;  // the last notification, by alert
  std::map<std::string, std::pair<std::string, std::size_t>> place;  // by id: group, nth
  for (const LoggedAlert& logged : outcome.alerts) {
    const v1::Notification& notification = logged.record.notification();
    if (notification.receiver() != kChat) continue;
    if (notification.reason() == v1::NOTIFICATION_REASON_INCIDENT) continue;  // it keeps none
    place[notification.id()] = {notification.group_key(), place.size()};
    for (const v1::Alert& alert : notification.alert()) {
      told[alert.fingerprint()] =
          fmt::format("life {} {}", alert.life(), v1::AlertState_Name(alert.state()));
      told_by[alert.fingerprint()] = notification.id();
    }
  }
  Told heard;
  std::set<std::pair<std::string, std::string>> ever_heard;  // of an alert
  std::map<std::string, std::string> bodies;
  std::map<std::string, std::size_t> last;  // by group
  for (const Arrival& arrival : chat_) {
    const auto known = place.find(arrival.id);
    if (known == place.end()) {
      wrong(fmt::format("chat: {} was never told", arrival.id));
      continue;
    }
    const auto [first, is_first] = bodies.emplace(arrival.id, arrival.body);
    const Told said = said_by(arrival.body);
    // Who follows for another that was not known to have told the first of two may fold it in, or
    // send by itself what that one had folded away.
    const bool is_known =
        repeats_ && !said.empty() &&
        std::ranges::all_of(said, [&](const auto& each) { return ever_heard.contains(each); });
    if (!is_first && first->second != arrival.body && !is_known)
      wrong(fmt::format("chat: {} says two things", arrival.id));
    if (!is_first) continue;
    const auto& [group, number] = known->second;
    if (const auto before = last.find(group); before != last.end() && before->second > number) {
      if (!is_known) wrong(fmt::format("chat: {} came after a later one of {}", arrival.id, group));
      continue;
    }
    last[group] = number;
    for (const auto& [fingerprint, state] : said) heard[fingerprint] = state;
    ever_heard.insert(said.begin(), said.end());
  }
  if (!folds && bodies.size() != place.size())
    wrong(fmt::format("chat: {} notifications, {} came", place.size(), bodies.size()));
  if (!repeats_ && chat_.size() > bodies.size() + excuses_)
    wrong(fmt::format("chat: {} requests for {} notifications, with {} excuses", chat_.size(),
                      bodies.size(), excuses_));
  // Folded into the end of its group, the beginning of an alert is not told, and that is said.
  std::set<std::pair<std::string, std::string>> lapsed;  // alerts, of which notification
  for (const v1::Decision& decision : outcome.decisions)
    if (decision.kind() == v1::DECISION_KIND_LAPSED && decision.receiver() == kChat)
      lapsed.emplace(decision.fingerprint(), decision.notification_id());
  for (const auto& [fingerprint, state] : told) {
    const bool is_unheard = state.ends_with(v1::AlertState_Name(v1::ALERT_STATE_FIRING)) &&
                            lapsed.contains({fingerprint, told_by[fingerprint]});
    if (heard[fingerprint] != state && !is_unheard)
      wrong(fmt::format("chat: heard last of {}: {}; what was told last: {}", fingerprint,
                        heard[fingerprint], state));
  }
}

void Outside::check_alertmanager(const Outcome& outcome, const Wrong& wrong) const {
  struct Life {
    v1::Alert last;
    bool visible = false;  // in this life it was to be told
  };
  std::map<std::string, Life> lives;  // by labels
  for (const LoggedAlert& logged : outcome.alerts) {
    if (!logged.record.has_alert()) continue;
    const v1::Alert& alert = logged.record.alert();
    Life& life = lives[labels_of(alert)];
    if (life.last.life() != alert.life()) life.visible = false;
    life.visible = life.visible || (fires(alert) && !is_muted(alert));
    life.last = alert;
  }
  for (const auto& [labels, life] : lives) {
    if (!life.visible) continue;
    const auto known = ends_us_.find(labels);
    const bool active = known != ends_us_.end() && known->second > now_;
    const bool ended = known != ends_us_.end() && known->second < 0;
    const bool is_shown = fires(life.last) && !is_muted(life.last);
    // Its beginning has left the log: who starts then knows nothing of it, and Alertmanager's own
    // time ends it.
    const bool lapsed = known != ends_us_.end() && known->second > 0 && !active;
    if (forgets_ && (is_muted(life.last) || (is_shown && lapsed))) continue;
    if (is_shown ? !active : !ended)
      wrong(fmt::format(
          "alertmanager: {} {}; the log says {}{}", labels, active ? "is active" : "is not active",
          v1::AlertState_Name(life.last.state()), is_muted(life.last) ? ", hidden" : ""));
  }
  for (const std::string& labels : lapses_)
    if (!forgets_)
      wrong(fmt::format("alertmanager: {} ended because it heard no more of it", labels));
}

/// What came of a record is said once of each alert.
void Outside::check_decisions(const Outcome& outcome, const Wrong& wrong) const {
  std::set<std::tuple<std::string, std::int64_t, std::string>> said;
  for (const v1::Decision& decision : outcome.decisions) {
    if (decision.kind() == v1::DECISION_KIND_FAILED)
      wrong("decision: failed: " + decision.because());
    if (!repeats_ && decision.kind() == v1::DECISION_KIND_SENT &&
        !said.emplace(decision.receiver(), decision.as_of_offset(), decision.fingerprint()).second)
      wrong(fmt::format("decision: twice: {} to {}: {}", decision.title(), decision.receiver(),
                        decision.because()));
  }
}

Receivers::Receivers(Outside& outside, MakeFollower make_follower)
    : outside_(outside), make_follower_(std::move(make_follower)) {
  for (const auto& [name, config] : outside_.configs()) {
    Seat& seat = seats_.emplace_back();
    seat.name = name;
    start(seat);
  }
}

void Receivers::start(Seat& seat) {
  seat.receiver.reset();
  seat.follower = make_follower_(seat.name);
  seat.receiver = std::make_unique<webhook::Receiver>(webhook::ReceiverParts{
      .config = outside_.configs().at(seat.name),
      .secrets = {.url = "http://" + seat.name},
      .follower = seat.follower.get(),
      .probe = &outside_.probe(seat.name),
      .clock = [this] { return outside_.now(); },
      .jitter = [this] { return static_cast<double>(outside_.random().below(1000)) / 1000; },
      .send = [this, name = seat.name](
                  const net::ClientRequest& request,
                  const std::stop_token&) { return outside_.answer(name, request); }});
}

Result<bool> Receivers::step(Seat& seat) {
  auto worked = seat.receiver->step({});
  if (worked || worked.error().code != ErrorCode::stopped) return worked;
  start(seat);
  return true;
}

Result<bool> Receivers::step_one() {
  return step(seats_[static_cast<std::size_t>(outside_.random().below(std::ssize(seats_)))]);
}

Result<bool> Receivers::step_all() {
  bool worked = false;
  for (Seat& seat : seats_) {
    WEIR_ASSIGN(const bool one, step(seat));
    worked = worked || one;
  }
  return worked;
}

}  // namespace weir::sim
