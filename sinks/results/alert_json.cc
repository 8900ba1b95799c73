#include "sinks/results/alert_json.h"

#include <algorithm>
#include <deque>
#include <tuple>

#include "processors/core/severity.h"

namespace weir::results {
namespace {

Json time_or_null(TimeUs time) { return time == 0 ? Json() : Json(format_rfc3339(time)); }

Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

Json object_of(const google::protobuf::RepeatedPtrField<v1::Label>& labels) {
  Json object = Json::object();
  for (const v1::Label& label : labels) object[label.name()] = label.value();
  return object;
}

Json list_of(const google::protobuf::RepeatedPtrField<std::string>& texts) {
  Json list = Json::array();
  for (const std::string& text : texts) list.push_back(text);
  return list;
}

Json acknowledgement_of(const v1::Alert& alert) {
  if (alert.acknowledged_by().empty()) return {};
  return {{"by", alert.acknowledged_by()},
          {"at", time_or_null(alert.acknowledged_at_us())},
          {"note", text_or_null(alert.acknowledged_note())}};
}

Json known_time_or_null(TimeUs time) { return time == kMinTime ? Json() : time_or_null(time); }

Json receiver_json(const ReceiverFacts& facts, const ReceiverHistory& history) {
  const auto here = [&](const Json& value) { return facts.is_told_here ? value : Json(); };
  const bool later = history.last_failed_us > facts.last_failure_us;
  return {
      {"name", facts.name},
      {"type", text_or_null(facts.type)},
      {"waiting", here(facts.waiting)},
      {"oldest_waiting_s", here(facts.oldest_waiting_s)},
      {"trouble", here(text_or_null(facts.trouble))},
      {"last_success", known_time_or_null(std::max(history.last_sent_us, facts.last_success_us))},
      {"last_failure", known_time_or_null(std::max(history.last_failed_us, facts.last_failure_us))},
      {"last_failure_text", text_or_null(later ? history.last_failure : facts.last_failure)},
      {"notifications_1h", history.notifications},
      {"digests_1h", history.digests},
      {"throttled_1h", history.throttled}};
}

std::string_view operation_text(v1::MatchOperation operation) {
  switch (operation) {
    case v1::MATCH_OPERATION_NOT_EQUAL:
      return "!=";
    case v1::MATCH_OPERATION_REGEX:
      return "=~";
    case v1::MATCH_OPERATION_NOT_REGEX:
      return "!~";
    default:
      return "=";
  }
}

}  // namespace

Json to_json(const v1::Alert& alert) {
  return {{"fingerprint", alert.fingerprint()},
          {"state", state_text(alert.state())},
          {"severity", alert.severity()},
          {"labels", object_of(alert.label())},
          {"annotations", object_of(alert.annotation())},
          {"life", alert.life()},
          {"starts_at", time_or_null(alert.starts_at_us())},
          {"fired_at", time_or_null(alert.fired_at_us())},
          {"ends_at", time_or_null(alert.ends_at_us())},
          {"flapping", alert.flapping()},
          {"acknowledged", acknowledgement_of(alert)},
          {"silenced_by", list_of(alert.silenced_by())},
          {"inhibited_by", list_of(alert.inhibited_by())},
          {"receivers", list_of(alert.receiver())},
          {"page", text_or_null(alert.page_url())},
          {"condition", to_json(alert.condition(), Absent::left_out)},
          {"quiet", alert.has_quiet() ? to_json(alert.quiet(), Absent::left_out) : Json()}};
}

Json to_json(const v1::Decision& decision) {
  return {
      {"fingerprint", decision.fingerprint()},
      {"life", decision.life()},
      {"kind", kind_text(decision.kind())},
      {"time", time_or_null(decision.time_us())},
      {"append_time", time_or_null(decision.append_time_us())},
      {"because", decision.because()},
      {"title", decision.title()},
      {"service", text_or_null(decision.service())},
      {"severity", text_or_null(decision.severity())},
      {"receiver", text_or_null(decision.receiver())},
      {"notification_id", text_or_null(decision.notification_id())},
      {"by", text_or_null(decision.by())},
      {"reference", text_or_null(decision.reference())},
      {"attempts", decision.attempts() == 0 ? Json() : Json(decision.attempts())},
      {"as_of_offset", decision.as_of_offset()},
      {"rules",
       decision.rules_hash() == 0 ? Json() : Json(fmt::format("{:016x}", decision.rules_hash()))}};
}

Json to_json(const v1::Silence& silence, TimeUs now) {
  Json matchers = Json::array();
  for (const v1::LabelMatcher& matcher : silence.matcher())
    matchers.push_back(matcher_text(matcher));
  const char* state = "active";
  if (silence.starts_at_us() > now) state = "pending";
  if (silence.ends_at_us() <= now) state = "ended";
  return {{"id", silence.id()},
          {"state", state},
          {"matchers", std::move(matchers)},
          {"starts_at", time_or_null(silence.starts_at_us())},
          {"ends_at", time_or_null(silence.ends_at_us())},
          {"by", silence.by()},
          {"reason", silence.reason()}};
}

Json to_json(const std::string& receiver, const Delivery& delivery) {
  return {{"receiver", receiver},
          {"what", kind_text(delivery.kind)},
          {"at", known_time_or_null(delivery.append_time_us)},
          {"because", delivery.because},
          {"sent_at", known_time_or_null(delivery.sent_us)}};
}

Json alerts_json(const AlertBoard& board, const DeliveryBoard& deliveries, bool all) {
  std::vector<const v1::Alert*> shown;
  for (const auto& [fingerprint, alert] : board.alerts())
    if (all || alert.state() != v1::ALERT_STATE_RESOLVED) shown.push_back(&alert);
  std::ranges::stable_sort(shown, {}, [](const v1::Alert* alert) {
    return std::tuple(alert->state() == v1::ALERT_STATE_RESOLVED, severity_rank(alert->severity()),
                      -alert->starts_at_us());
  });
  Json list = Json::array();
  for (const v1::Alert* alert : shown) {
    Json& row = list.emplace_back(to_json(*alert));
    Json& told = row["told"] = Json::array();
    for (const auto& [receiver, delivery] : deliveries.of_alert(alert->fingerprint()))
      if (delivery.life == alert->life()) told.push_back(to_json(receiver, delivery));
  }
  return list;
}

Json receivers_json(std::span<const ReceiverFacts> told, const DeliveryBoard& deliveries,
                    TimeUs now) {
  std::map<std::string, ReceiverFacts> facts;
  for (const ReceiverFacts& each : told) facts.emplace(each.name, each);
  const std::map<std::string, ReceiverHistory> histories = deliveries.receivers(now);
  for (const auto& [name, history] : histories)
    facts.try_emplace(name, ReceiverFacts{.name = name, .type = {}});
  Json list = Json::array();
  for (const auto& [name, each] : facts) {
    const auto found = histories.find(name);
    list.push_back(
        receiver_json(each, found == histories.end() ? ReceiverHistory() : found->second));
  }
  return list;
}

Json silences_json(const AlertBoard& board, TimeUs now, bool all) {
  std::vector<const v1::Silence*> shown;
  for (const auto& [id, silence] : board.silences())
    if (all || silence.ends_at_us() > now) shown.push_back(&silence);
  std::ranges::stable_sort(shown, {}, &v1::Silence::ends_at_us);
  Json list = Json::array();
  for (const v1::Silence* silence : shown) list.push_back(to_json(*silence, now));
  return list;
}

Json warnings_json(std::initializer_list<Unreadable> unreadable) {
  Json list = Json::array();
  for (const Unreadable& each : unreadable)
    if (each.records > 0)
      list.push_back(fmt::format("{} record{} cannot be read and {} left out; the first: {}",
                                 each.records, each.records == 1 ? "" : "s",
                                 each.records == 1 ? "is" : "are", each.first));
  return list;
}

Result<Json> decisions_json(const runtime::Reader& log, const DecisionQuery& query,
                            std::size_t most) {
  std::deque<v1::Decision> newest;
  WEIR_TRY(read_decisions(log, query, [&](const v1::Decision& decision) {
    newest.push_back(decision);
    if (newest.size() > most) newest.pop_front();
    return true;
  }));
  Json list = Json::array();
  for (const v1::Decision& decision : newest) list.push_back(to_json(decision));
  return list;
}

std::string matcher_text(const v1::LabelMatcher& matcher) {
  std::string value;
  for (const char c : matcher.value()) {
    if (c == '"' || c == '\\') value += '\\';
    value += c;
  }
  return fmt::format("{}{}\"{}\"", matcher.name(), operation_text(matcher.operation()), value);
}

}  // namespace weir::results
