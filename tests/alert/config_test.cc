#include "processors/alert/config.h"

#include <gtest/gtest.h>

#include "processors/alert/routing.h"

namespace weir::alert {
namespace {

struct Read {
  Config config;
  std::string errors;
};

Read read(std::string text, const std::vector<std::string>& receivers = {}) {
  auto document = config::Document::parse("weir.yaml", std::move(text));
  const Config config = read_config(document->root(), receivers);
  const auto finished = document->finish();
  return {config, finished ? "" : finished.error().message};
}

TEST(AlertConfig, OfNothingIsTheDefault) {
  const Read nothing = read("{}");
  EXPECT_EQ(nothing.errors, "");
  EXPECT_TRUE(nothing.config.receivers.empty());
  EXPECT_EQ(nothing.config.inhibit.size(), 1U);
}

TEST(AlertConfig, IsReadWithRoutesAndRules) {
  const Read all = read(
      "receivers: [oncall, chat]\n"
      "page: https://weir.example.com/\n"
      "group_by: [service, model]\n"
      "group_wait: 10s\n"
      "routes:\n"
      "  - {match: [severity=page], receivers: [oncall], continue: true, repeat_interval: 1h}\n"
      "inhibit:\n"
      "  - {source: [service=db], target: ['severity!=page'], equal: []}\n"
      "annotations: {summary: '{{ objective }} {{label.tenant}}', runbook: "
      "'https://r/{{service}}'}\n"
      "storm: {per_hour: 5}\n");
  EXPECT_EQ(all.errors, "");
  EXPECT_EQ(all.config.page_url, "https://weir.example.com");
  ASSERT_EQ(all.config.routes.size(), 1U);
  EXPECT_EQ(all.config.routes[0].grouping.repeat_us, kHourUs);
  EXPECT_EQ(all.config.routes[0].grouping.wait_us, 10 * kSecondUs);
  EXPECT_EQ(all.config.routes[0].grouping.group_by, (std::vector<std::string>{"model", "service"}));
  EXPECT_TRUE(all.config.inhibit[0].equal->empty());
  EXPECT_EQ(all.config.storm.per_hour, 5);
  v1::Alert alert;
  alert.mutable_condition()->set_objective("o");
  std::string summary;
  for (const Annotation& each : all.config.annotations)
    if (each.name == "summary") summary = each.text.fill(alert);
  EXPECT_EQ(summary, "o -");
}

TEST(AlertConfig, RoutesNameWhoCanBeToldThoughNobodyElseDoes) {
  const std::string routes = "routes:\n  - {receivers: [b]}\n";
  for (const char* none : {"", "receivers: []\n"}) {
    const Read all = read(none + routes, {"a", "b"});
    EXPECT_EQ(all.errors, "");
    EXPECT_EQ(all.config.receivers, (std::vector<std::string>{"a", "b"}));
    ASSERT_EQ(all.config.routes.size(), 1U);
    EXPECT_EQ(all.config.routes[0].receivers, std::vector<std::string>{"b"});
  }
  const std::string why =
      "; write it into alert.receivers, or, where that is left out or empty, into "
      "webhook.receivers";
  EXPECT_EQ(
      read("receivers: [a]\n" + routes, {"a", "b"}).errors,
      "weir.yaml:3: key 'routes[0].receivers': b is none of the receivers; there are a" + why);
  EXPECT_EQ(
      read(routes).errors,
      "weir.yaml:2: key 'routes[0].receivers': b is none of the receivers; there are none" + why);
}

TEST(AlertConfig, AsTextItReadsAsItself) {
  for (const char* text :
       {"{}", "receivers: [a]\ninhibit: []\n",
        "receivers: [oncall, chat]\n"
        "page: https://weir.example.com\n"
        "group_by: [service, model]\n"
        "group_wait: 90s\n"
        "routes:\n"
        "  - {match: [severity=page, 'tenant=~\"eu-\\d+\"'], receivers: [oncall], continue: true}\n"
        "inhibit:\n"
        "  - {source: [service=db], target: ['severity!=page'], equal: []}\n"
        "annotations: {summary: \"{{objective}}\\n\\\"so\\\"\", runbook: 'https://r'}\n"
        "flapping: {changes: 0}\n"}) {
    const Read once = read(text);
    ASSERT_EQ(once.errors, "");
    const std::string told = to_text(once.config);
    const Read again = read(told);
    EXPECT_EQ(again.errors, "") << told;
    EXPECT_EQ(to_text(again.config), told);
  }
}

TEST(AlertConfig, AsTextItHasEveryChoice) {
  const Read all = read(
      "receivers: [oncall, chat]\n"
      "page: https://weir.example.com\n"
      "group_by: [service, model]\n"
      "group_wait: 90s\n"
      "group_interval: 2m\n"
      "repeat_interval: 3h\n"
      "routes:\n"
      "  - {match: [severity=page], receivers: [oncall], group_by: [tenant], continue: true}\n"
      "inhibit:\n"
      "  - {source: [service=db], target: ['severity!=page'], equal: [region]}\n"
      "  - {source: [a=b], target: [c=d]}\n"
      "keep_firing_for: 5m\n"
      "flapping: {changes: 7, within: 2h, hold: 9m}\n"
      "storm: {per_hour: 8, digest_every: 6m, groups_at_once: 3, backlog_after: 10m}\n"
      "annotations: {runbook: 'https://r/{{service}}'}\n"
      "max_alerts: 77\n");
  ASSERT_EQ(all.errors, "");
  const std::string text = to_text(all.config);
  EXPECT_EQ(text.substr(0, text.find("annotations:")),
            R"(receivers: ["oncall", "chat"]
page: "https://weir.example.com"
group_by: ["model", "service"]
group_wait: 90s
group_interval: 2m
repeat_interval: 3h
routes:
  - {match: ["severity=\"page\""], receivers: ["oncall"], group_by: ["tenant"], )"
            R"(group_wait: 90s, group_interval: 2m, repeat_interval: 3h, continue: true}
inhibit:
  - {source: ["service=\"db\""], target: ["severity!=\"page\""], equal: ["region"]}
  - {source: ["a=\"b\""], target: ["c=\"d\""]}
keep_firing_for: 5m
flapping: {changes: 7, within: 2h, hold: 9m}
storm: {per_hour: 8, digest_every: 6m, groups_at_once: 3, backlog_after: 10m}
)");
  EXPECT_TRUE(text.ends_with("  \"runbook\": \"https://r/{{service}}\"\nmax_alerts: 77\n")) << text;
}

TEST(AlertConfig, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(read("receivers: [a, a]\n").errors,
            "weir.yaml:1: key 'receivers': a name stands there twice");
  const std::string caret = read("annotations: {summary: 'is {{nothing}} known'}\n").errors;
  EXPECT_NE(caret.find("weir.yaml:1: key 'annotations.summary': 'nothing' is no name\n"
                       "  is {{nothing}} known\n"
                       "     ^\n"
                       "names: bad, budget_spent,"),
            std::string::npos)
      << caret;
  EXPECT_NE(
      read("annotations: {summary: '{{objective'}\n").errors.find("the braces are not closed"),
      std::string::npos);
}

}  // namespace
}  // namespace weir::alert
