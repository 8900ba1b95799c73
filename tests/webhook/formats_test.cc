// Each format as bytes: golden/*.json. A golden is rewritten only where a format changes on
// purpose.
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "sinks/webhook/alertmanager.h"
#include "sinks/webhook/generic.h"
#include "sinks/webhook/pagerduty.h"
#include "sinks/webhook/slack.h"
#include "sinks/webhook/webhook_v4.h"
#include "tests/webhook/told.h"

namespace weir::webhook {
namespace {

std::string golden(const std::string& name) {
  std::ifstream file(std::string(WEIR_SOURCE_DIR) + "/tests/webhook/golden/" + name);
  return {std::istreambuf_iterator<char>(file), {}};
}

// As a golden is written.
std::string pretty(const std::string& body) {
  return Json::parse(body).dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

v1::Alert firing_alert() { return make_alert({}); }
v1::Alert resolved() {
  v1::Alert alert = make_alert(
      {.fingerprint = "00000000000000bb", .state = v1::ALERT_STATE_RESOLVED, .severity = "ticket"});
  alert.set_acknowledged_by("ann <ann@example.com>");
  return alert;
}
v1::Notification both() {
  return make_notification('a', "{}/0:{service=chat}", {firing_alert(), resolved()});
}

// 100 alerts whose every text is too long.
v1::Notification huge() {
  std::vector<v1::Alert> alerts(100, firing_alert());
  for (v1::Alert& alert : alerts)
    for (v1::Label& each : *alert.mutable_annotation())
      each.set_value(std::string(10'000, '<') + "é");
  v1::Notification notification = make_notification('a', std::string(1000, 'g'), alerts);
  notification.set_title(std::string(5000, 't'));
  for (int i = 0; i < 500; ++i) notification.add_more()->set_fingerprint("f");
  notification.set_firing(600);
  notification.set_digest_cause(std::string(5000, '&'));
  return notification;
}

TEST(WebhookFormats, Alertmanager) {
  const v1::Alert one = firing_alert();
  const v1::Alert other = resolved();
  const std::vector<const v1::Alert*> alerts = {&one, &other};
  EXPECT_EQ(pretty(alertmanager_body(alerts, kStart + 2 * kMinuteUs, 15 * kMinuteUs)),
            golden("alertmanager.json"));
}

TEST(WebhookFormats, AlertmanagerNeverEndsBeforeTheStart) {
  v1::Alert alert = resolved();
  alert.set_ends_at_us(alert.starts_at_us() - 1);
  const v1::Alert* const one = &alert;
  const Json json = Json::parse(alertmanager_body({&one, 1}, 0, 0));
  EXPECT_EQ(json[0]["startsAt"], json[0]["endsAt"]);
}

TEST(WebhookFormats, PrometheusNames) {
  EXPECT_EQ(prometheus_name("gpu.model"), "gpu_model");
  EXPECT_EQ(prometheus_name("9th-a"), "_9th_a");
  EXPECT_EQ(prometheus_name(""), "_");
}

TEST(WebhookFormats, WebhookV4) {
  EXPECT_EQ(pretty(webhook_v4_body(both())), golden("webhook_v4.json"));
}

TEST(WebhookFormats, Generic) { EXPECT_EQ(pretty(generic_body(both())), golden("generic.json")); }

TEST(WebhookFormats, GenericSaysWhatHappened) {
  const auto type = [](const v1::Notification& notification) {
    return Json::parse(generic_body(notification))["type"].get<std::string>();
  };
  v1::Notification notification = both();
  EXPECT_EQ(type(notification), "alert.firing");
  notification.set_reason(v1::NOTIFICATION_REASON_ACKNOWLEDGED);
  EXPECT_EQ(type(notification), "alert.acknowledged");
  EXPECT_EQ(type(make_notification('a', "g", {resolved()})), "alert.resolved");
}

TEST(WebhookFormats, PagerDuty) {
  EXPECT_EQ(pretty(pagerduty_body(both(), net::Secret("R0UT1NG"))), golden("pagerduty.json"));
}

std::string event_of(const v1::Notification& notification) {
  const Json json = Json::parse(pagerduty_body(notification, net::Secret("R")));
  return fmt::format("{} {}", json["event_action"].get<std::string>(),
                     json["dedup_key"].get<std::string>());
}

// So many pages of one service, of which so many are taken on; the rest stand shortly.
v1::Notification pages(int firing, int acknowledged, int listed) {
  std::vector<v1::Alert> alerts(static_cast<std::size_t>(listed), firing_alert());
  for (int i = 0; i < std::min(acknowledged, listed); ++i)
    alerts[static_cast<std::size_t>(i)].set_acknowledged_by("ann");
  v1::Notification notification = make_notification('a', "{}/0:{service=chat}", alerts);
  for (int i = listed; i < firing; ++i) notification.add_more()->set_state(v1::ALERT_STATE_FIRING);
  notification.set_firing(static_cast<std::uint32_t>(firing));
  notification.set_acknowledged(static_cast<std::uint32_t>(acknowledged));
  notification.set_reason(v1::NOTIFICATION_REASON_ACKNOWLEDGED);
  notification.set_sequence(2);
  return notification;
}

TEST(WebhookFormats, PagerDutyAcknowledgesAndResolvesWhatItTriggered) {
  EXPECT_EQ(event_of(both()), "trigger chat/{}/0:{service=chat}");
  EXPECT_EQ(event_of(pages(1, 1, 1)), "acknowledge chat/{}/0:{service=chat}");
  EXPECT_EQ(event_of(make_notification('b', "{}/0:{service=chat}", {resolved()})),
            "resolve chat/{}/0:{service=chat}");
}

// An acknowledged incident wakes nobody any more.
TEST(WebhookFormats, PagerDutyAcknowledgesOnlyWhereAllThatFiresIsTakenOn) {
  EXPECT_EQ(event_of(pages(4, 1, 4)), "trigger chat/{}/0:{service=chat}");
  EXPECT_EQ(event_of(pages(4, 4, 4)), "acknowledge chat/{}/0:{service=chat}");
  EXPECT_EQ(event_of(pages(120, 100, 100)), "trigger chat/{}/0:{service=chat}")
      << "one of those that stand shortly is not";
  EXPECT_EQ(event_of(pages(120, 120, 100)), "acknowledge chat/{}/0:{service=chat}");
}

TEST(WebhookFormats, PagerDutyOpensNothingForWhatADigestTold) {
  v1::Notification of_digest = pages(2, 1, 2);
  of_digest.set_sequence(0);
  EXPECT_EQ(event_of(of_digest), "resolve chat/{}/0:{service=chat}");
}

TEST(WebhookFormats, PagerDutyResolvesWhatIsClosedWhateverElseIsTold) {
  v1::Notification notification = both();
  ASSERT_GT(notification.firing(), 0U);
  notification.set_closes(true);
  const Json body = Json::parse(pagerduty_body(notification, net::Secret("key")));
  EXPECT_EQ(body["event_action"], "resolve");
}

TEST(WebhookFormats, PagerDutyStaysWithinItsLimits) {
  const std::string body = pagerduty_body(huge(), net::Secret("R"));
  EXPECT_LT(body.size(), 512'000U);
  const Json json = Json::parse(body);
  EXPECT_LE(json["payload"]["summary"].get<std::string>().size(), 1024U);
  EXPECT_LE(json["dedup_key"].get<std::string>().size(), 255U);
  const Json& details = json["payload"]["custom_details"];
  EXPECT_EQ(details["alerts"].size() + details["not_shown"].get<std::size_t>(), 600U);
}

TEST(WebhookFormats, Slack) { EXPECT_EQ(pretty(slack_body(both())), golden("slack.json")); }

TEST(WebhookFormats, SlackStaysWithinItsLimits) {
  const Json json = Json::parse(slack_body(huge()));
  EXPECT_LE(json["blocks"].size(), 50U);
  for (const Json& block : json["blocks"]) {
    const Json& text =
        block["type"] == "context" ? block["elements"][0]["text"] : block["text"]["text"];
    EXPECT_LE(text.get<std::string>().size(), block["type"] == "header" ? 150U : 3000U);
  }
}

TEST(WebhookFormats, SlackMentionsNobodyForAnAlert) {
  v1::Alert alert = firing_alert();
  for (v1::Label& each : *alert.mutable_annotation()) each.set_value("<!channel> <@U1>");
  v1::Notification notification = make_notification('a', "g", {alert});
  notification.set_title("<!here>");
  const std::string body = slack_body(notification);
  for (const char* mention : {"<!", "<@"})
    EXPECT_EQ(Json::parse(body)["blocks"][1].dump().find(mention), std::string::npos);
  EXPECT_EQ(Json::parse(body)["text"].get<std::string>(), "&lt;!here&gt;");
}

// Text of events is bytes of somebody else's.
TEST(WebhookFormats, AreJsonWhateverTheTextHolds) {
  v1::Notification notification = both();
  notification.set_title("\"\n\xc3\x28");
  const v1::Alert alert = notification.alert(0);
  const v1::Alert* const one = &alert;
  for (const std::string& body :
       {webhook_v4_body(notification), generic_body(notification), slack_body(notification),
        pagerduty_body(notification, net::Secret("R")), alertmanager_body({&one, 1}, 0, 0)})
    EXPECT_FALSE(Json::parse(body, nullptr, false).is_discarded()) << body;
}

}  // namespace
}  // namespace weir::webhook
