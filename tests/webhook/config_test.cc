#include "sinks/webhook/config.h"

#include <cstdlib>

#include <gtest/gtest.h>

namespace weir::webhook {
namespace {

Result<Config> read(std::string text) {
  auto document = config::Document::parse("weir.yaml", std::move(text)).value();
  Config config;
  if (const auto section = document.root().section("webhook")) config = read_config(*section);
  if (const auto done = document.finish(); !done) return std::unexpected(done.error());
  return config;
}

std::string render(const Result<Config>& config) {
  if (!config) return config.error().message;
  std::string text;
  for (const ReceiverConfig& each : config->receivers)
    text += fmt::format(
        "{} {} {} key '{}' token '{}' secrets [{}] ca '{}' private {}, {} {} {}, {} {}\n",
        each.name, to_string(each.type), each.url, each.key, each.token,
        fmt::join(each.secrets, " "), each.ca_file, each.allow_private,
        format_duration(each.timeout_us), format_duration(each.coalesce_after_us),
        format_duration(each.give_up_after_us), format_duration(each.resend_us),
        format_duration(each.expire_after_us));
  return text;
}

std::string one(const std::string& receiver) {
  return render(read("webhook:\n  receivers:\n    - {" + receiver + "}\n"));
}

TEST(WebhookConfig, IsRead) {
  EXPECT_EQ(render(read("")), "");
  EXPECT_EQ(
      one("name: oncall, type: pagerduty, key: env:PD"),
      "oncall pagerduty https://events.pagerduty.com/v2/enqueue key 'env:PD' token '' secrets [] "
      "ca '' private false, 10s 2m 3d, 1m 15m\n");
  EXPECT_EQ(one("name: chat, type: slack, url: file:/run/slack, timeout: 5s, coalesce_after: 0s, "
                "give_up_after: 1h, ca_file: ca.pem, allow_private: true, token: env:T"),
            "chat slack file:/run/slack key '' token 'env:T' secrets [] ca 'ca.pem' private true, "
            "5s 0s 1h, 1m 15m\n");
  EXPECT_EQ(one("name: am, type: alertmanager, url: 'http://am:9093', resend: 30s, "
                "expire_after: 1m"),
            "am alertmanager http://am:9093 key '' token '' secrets [] ca '' private false, 10s 2m "
            "3d, 30s 1m\n");
  EXPECT_EQ(one("name: b, type: generic, url: 'https://b/x', secrets: [env:NEW, 'file:/old']"),
            "b generic https://b/x key '' token '' secrets [env:NEW file:/old] ca '' private "
            "false, 10s 2m 3d, 1m 15m\n");
}

TEST(WebhookConfig, RefusesWhatCannotBeMeant) {
  const auto says = [](const std::string& receiver, const char* text) {
    EXPECT_NE(one(receiver).find(text), std::string::npos) << one(receiver);
  };
  says("type: slack, url: 'https://a/b'", "name: on-call");
  says("name: On Call, type: slack, url: 'https://a/b'", "of a-z 0-9 _ -");
  says("name: a, type: email, url: 'https://a/b'",
       "one of alertmanager, pagerduty, slack, generic, webhook_v4, and not 'email'");
  says("name: a, type: slack", "url: https://hooks.example.com/weir");
  says("name: a, type: slack, url: 'ftp://a/b'", "http or https");
  says("name: a, type: pagerduty", "key: env:PAGERDUTY_KEY");
  says("name: a, type: pagerduty, key: R0UT1NG", "no reference to a secret");
  says("name: a, type: slack, url: 'https://a/b', secrets: [env:A]", "secrets");
  says("name: a, type: alertmanager, url: 'http://a/', resend: 1m, expire_after: 90s",
       "must be at least twice resend");
  says("name: a, type: slack, url: 'https://a/b', timeout: 0s", "must be at least 1ms");
  says("name: a, type: slack, url: 'https://a/b', timeout: 21s", "must be at most 20s");
  const std::string twice =
      render(read("webhook:\n  receivers:\n    - {name: a, type: slack, url: 'https://a/b'}\n"
                  "    - {name: a, type: slack, url: 'https://a/c'}\n"));
  EXPECT_NE(twice.find("weir.yaml:4"), std::string::npos) << twice;
}

TEST(WebhookConfig, AnAddressThatWouldBeRefusedEachTimeIsRefusedAtOnce) {
  for (const char* url :
       {"http://127.0.0.1:9099/", "https://10.1.2.3/hook", "http://[::1]:9099", "http://[fd00::1]/",
        "http://169.254.169.254/latest", "http://LocalHost:9099/x"}) {
    const std::string receiver = fmt::format("name: a, type: generic, url: '{}'", url);
    EXPECT_NE(one(receiver).find("weir.yaml:3: key 'webhook.receivers[0].url': leads to "),
              std::string::npos)
        << one(receiver);
    EXPECT_EQ(one(receiver + ", allow_private: true").find("leads to"), std::string::npos) << url;
  }
  for (const char* url : {"https://93.184.216.34/x", "https://[2606:2800:220:1::1]:8443/x",
                          "http://am.example.com:9093", "env:HOOK_URL"})
    EXPECT_EQ(one(fmt::format("name: a, type: generic, url: '{}'", url)).find("leads to"),
              std::string::npos)
        << url;

  ASSERT_EQ(setenv("WEIR_TEST_HOOK", "http://127.0.0.1:9099/s3cret", 1), 0);
  ReceiverConfig config{.name = "chat", .url = "env:WEIR_TEST_HOOK"};
  EXPECT_EQ(load_secrets(config).error().message,
            "webhook receiver chat: url: leads to 127.0.0.1, which is not on the public internet, "
            "so every attempt would be refused; where it is your own, write allow_private: true");
  config.allow_private = true;
  EXPECT_EQ(load_secrets(config).value().url, "http://127.0.0.1:9099/s3cret");
}

TEST(WebhookConfig, SecretsAreLoadedAndHidden) {
  ASSERT_EQ(setenv("WEIR_TEST_HOOK", "https://hooks.example.com/T0/s3cret", 1), 0);
  ASSERT_EQ(setenv("WEIR_TEST_KEY", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", 1), 0);
  ReceiverConfig config{.name = "chat", .url = "env:WEIR_TEST_HOOK"};
  config.secrets = {"env:WEIR_TEST_KEY"};
  const ReceiverSecrets secrets = load_secrets(config).value();
  EXPECT_EQ(secrets.url, "https://hooks.example.com/T0/s3cret");
  EXPECT_EQ(secrets.secrets.size(), 1U);
  EXPECT_EQ(secrets.hide_in("you sent https://hooks.example.com/T0/s3cret to me"),
            "you sent *** to me");
  EXPECT_EQ(secrets.hide_in("no such path: /T0/s3cret"), "no such path: ***");
  config.token = "env:WEIR_TEST_NOTHING";
  EXPECT_EQ(load_secrets(config).error().message,
            "webhook receiver chat: token: env:WEIR_TEST_NOTHING: this environment variable is not "
            "set");
  config.token.clear();
  config.secrets = {"env:WEIR_TEST_HOOK"};
  const std::string wrong = load_secrets(config).error().message;
  EXPECT_NE(wrong.find("no key of Standard Webhooks"), std::string::npos) << wrong;
  EXPECT_EQ(wrong.find("s3cret"), std::string::npos) << wrong;
}

}  // namespace
}  // namespace weir::webhook
