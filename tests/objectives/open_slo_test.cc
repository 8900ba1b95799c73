#include "processors/objectives/open_slo.h"

#include <algorithm>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "processors/objectives/objective.h"
#include "processors/objectives/parts.h"

namespace weir::objectives {
namespace {

const std::filesystem::path kExamples = WEIR_SOURCE_DIR "/../shared/data/slo/openslo/examples";

constexpr std::string_view kHead =
    "apiVersion: openslo/v1\n"
    "kind: SLO\n"
    "metadata: {name: chat}\n";

/// An SLO with this under `spec:` beside what every one has.
std::string slo(const std::string& more,
                const std::string& window = "{duration: 30d, isRolling: true}",
                const std::string& objective = "{target: 0.999}",
                const std::string& method = "Occurrences") {
  return fmt::format(
      "{}spec:\n  service: chat\n  timeWindow: [{}]\n  budgetingMethod: {}\n  objectives: [{}]\n{}",
      kHead, window, method, objective, more);
}

std::string ratio(const std::string& good, const std::string& total, const std::string& more = "") {
  const auto source = [&more](const std::string& query) {
    return fmt::format("{{metricSource: {{type: weir, spec: {{query: '{}'{}}}}}}}", query, more);
  };
  return fmt::format(
      "  indicator: {{metadata: {{name: i}}, spec: {{ratioMetric: {{good: {}, total: {}}}}}}}\n",
      source(good), source(total));
}

/// One line an objective, then what refuses it; or what is wrong.
std::string read(const std::string& text) {
  const auto objectives = read_open_slo({{"slo.yaml", text}}, {});
  if (!objectives) return objectives.error().message;
  std::string shown;
  for (const OpenSloObjective& each : *objectives) {
    const v1::ObjectiveDefinition& definition = each.definition;
    shown += fmt::format(
        "{} of {}: {} | {} target {} over {}", definition.name(), definition.service(),
        definition.good() + definition.bad(), definition.total(),
        format_ppb(definition.target_ppb()),
        definition.has_calendar()
            ? fmt::format("{} {}", definition.calendar().count(), definition.calendar().unit())
            : format_duration(definition.window_us()));
    for (const std::string& dimension : definition.per()) shown += " per " + dimension;
    if (definition.slice_us() != 0)
      shown += fmt::format(
          " in {} {} {}", format_duration(definition.slice_us()),
          definition.slice_above() ? ">" : ">=", format_ppb(definition.slice_target_ppb()));
    for (const v1::ConditionDefinition& condition : definition.condition())
      shown += fmt::format(" {}:{}{}{}x", condition.name(), condition.severity(),
                           condition.or_equal() ? ">=" : ">", format_ppb(condition.factor_ppb()));
    shown += '\n';
    for (const std::string& refusal : each.refused) shown += refusal + '\n';
  }
  return shown;
}

TEST(OpenSlo, ReadsAnObjectiveOfWeirs) {
  EXPECT_EQ(
      read(slo(ratio("status==ok", "service == chat", ", per: [tenant, model]"))),
      "chat of chat: status == ok | service == chat target 0.999 over 30d per tenant per model "
      "page-1h:page>14.4x page-6h:page>6x ticket-1d:ticket>3x ticket-3d:ticket>1x\n");
}

TEST(OpenSlo, AnIndicatorHasOnePer) {
  const auto read_with = [](const std::string& good, const std::string& total) {
    return read(slo(fmt::format(
        "  indicator: {{metadata: {{name: i}}, spec: {{ratioMetric: {{\n"
        "    good: {{metricSource: {{type: weir, spec: {{query: 'true'{}}}}}}},\n"
        "    total: {{metricSource: {{type: weir, spec: {{query: 'true'{}}}}}}}}}}}}}\n",
        good, total)));
  };
  const std::string shown =
      "chat of chat: true | true target 0.999 over 30d per tenant per model "
      "page-1h:page>14.4x page-6h:page>6x ticket-1d:ticket>3x ticket-3d:ticket>1x\n";
  EXPECT_EQ(read_with(", per: [tenant, model]", ""), shown);
  EXPECT_EQ(read_with("", ", per: [tenant, model]"), shown);
  EXPECT_EQ(read_with(", per: [model]", ", per: [tenant, model]"),
            shown +
                "slo.yaml:11: `per` is [tenant, model], and [model] in the indicator's other "
                "query; write the same in both, in the same order, or leave it out of one\n");
}

TEST(OpenSlo, ReadsTimeslicesAndCalendars) {
  EXPECT_EQ(
      read(slo(ratio("true", "true"),
               "{duration: 1M, calendar: {startTime: 2022-01-01 12:00:00, timeZone: "
               "America/New_York}}",
               "{op: gt, targetPercent: 99.5, timeSliceTarget: 0.95, timeSliceWindow: 1m}, "
               "{target: 0.9, timeSliceTarget: 0.9, timeSliceWindow: 5m}",
               "Timeslices")),
      "chat-1 of chat: true | true target 0.995 over 1 month in 1m > 0.95 page-1h:page>14.88x "
      "page-6h:page>6.2x ticket-1d:ticket>3.1x ticket-3d:ticket>1.033333333x\n"
      "chat-2 of chat: true | true target 0.9 over 1 month in 5m >= 0.9 page-1h:page>14.88x "
      "page-6h:page>6.2x ticket-1d:ticket>3.1x ticket-3d:ticket>1.033333333x\n");
}

/// What refuses an SLO of this method with this objective, or what is wrong with it.
std::string refused_of_method(const std::string& method, const std::string& objective) {
  const auto objectives =
      read_open_slo({{"slo.yaml", slo(ratio("true", "true"), "{duration: 30d, isRolling: true}",
                                      "\n    {" + objective + "}", method)}},
                    {});
  if (!objectives) return objectives.error().message;
  const auto run = to_run(*objectives);
  return run ? "it can run" : run.error().message;
}

TEST(OpenSlo, SlicesOfTimeAreAskedForWhereTheyAreCounted) {
  EXPECT_EQ(refused_of_method("Timeslices", "target: 0.9"),
            "slo.yaml:9: key 'spec.objectives[0].timeSliceTarget' is missing; write for example "
            "'timeSliceTarget: 0.95'\n"
            "slo.yaml:9: key 'spec.objectives[0].timeSliceWindow' is missing; write for example "
            "'timeSliceWindow: 1m'");
  EXPECT_EQ(refused_of_method("RatioTimeslices", "target: 0.9"),
            "slo.yaml:9: key 'spec.objectives[0].timeSliceWindow' is missing; write for example "
            "'timeSliceWindow: 1m'");
  EXPECT_EQ(refused_of_method("RatioTimeslices", "target: 0.9, timeSliceWindow: 1m"), "it can run");
}

TEST(OpenSlo, WhatAnObjectivePromisesIsRefusedInItsLine) {
  EXPECT_EQ(refused_of_method("Timeslices",
                              "target: 1,\n"
                              "    timeSliceTarget: 1.5,\n"
                              "    timeSliceWindow: 15s"),
            "slo.yaml:9: target: must be above 0 and below 1\n"
            "slo.yaml:10: timeSliceTarget: must be above 0 and at most 1\n"
            "slo.yaml:11: timeSliceWindow: must be a multiple of 10s, up to 1d");
  EXPECT_EQ(refused_of_method("Occurrences", "targetPercent: 100"),
            "slo.yaml:9: targetPercent: must be above 0 and below 100");
}

TEST(OpenSlo, SlicesOfTimeAreRefusedWhereTheyAreNotCounted) {
  EXPECT_EQ(refused_of_method("Occurrences",
                              "target: 0.9,\n"
                              "    timeSliceTarget: 0.95,\n"
                              "    timeSliceWindow: 1m"),
            "slo.yaml:10: timeSliceTarget: is only for budgetingMethod Timeslices; write that, or "
            "leave this out\n"
            "slo.yaml:11: timeSliceWindow: is only for budgetingMethod Timeslices or "
            "RatioTimeslices; write that, or leave this out");
}

TEST(OpenSlo, DocumentsReferToEachOther) {
  EXPECT_EQ(read(slo("  indicatorRef: success\n"
                     "  alertPolicies: [{alertPolicyRef: mine}, {alertPolicyRef: default}]\n") +
                 "---\n"
                 "apiVersion: openslo/v1\n"
                 "kind: SLI\n"
                 "metadata: {name: success}\n"
                 "spec:\n"
                 "  ratioMetric:\n"
                 "    counter: true\n"
                 "    bad: {metricSource: {type: weir, spec: {query: status == timeout}}}\n"
                 "    total: {metricSource: {type: weir, spec: {query: 'true'}}}\n"
                 "---\n"
                 "apiVersion: openslo/v1\n"
                 "kind: AlertPolicy\n"
                 "metadata: {name: mine}\n"
                 "spec:\n"
                 "  alertWhenBreaching: true\n"
                 "  conditions: [{conditionRef: fast}]\n"
                 "  notificationTargets: [{targetRef: oncall}]\n"
                 "---\n"
                 "apiVersion: openslo/v1\n"
                 "kind: AlertCondition\n"
                 "metadata: {name: fast, annotations: {weir/short-window: 5m, team: a}}\n"
                 "spec:\n"
                 "  severity: info\n"
                 "  condition: {kind: burnrate, op: gte, threshold: 2, lookbackWindow: 1h, "
                 "alertAfter: 1m}\n"
                 "---\n"
                 "apiVersion: openslo/v1\n"
                 "kind: AlertNotificationTarget\n"
                 "metadata: {name: oncall}\n"
                 "spec: {target: slack}\n"
                 "---\n"
                 "apiVersion: openslo/v1\n"
                 "kind: Service\n"
                 "metadata: {name: chat}\n"
                 "spec: {description: it talks}\n"
                 "---\n"
                 "apiVersion: openslo/v1\n"
                 "kind: DataSource\n"
                 "metadata: {name: prom}\n"
                 "spec: {type: prometheus, connectionDetails: {url: there}}\n"),
            "chat of chat: status == timeout | true target 0.999 over 30d fast:info>=2x "
            "page-1h:page>14.4x page-6h:page>6x ticket-1d:ticket>3x ticket-3d:ticket>1x\n");
}

TEST(OpenSlo, WhatIsNotOpenSloIsAnErrorWithItsLine) {
  EXPECT_EQ(read("apiVersion: openslo/v1\nkind: SLO\nmetadata: {name: caf\xe9}\n"),
            "slo.yaml:3: this line is not UTF-8; save the file in that encoding");
  EXPECT_EQ(read("apiVersion: openslo/v1alpha\n"
                 "kind: Slo\n"
                 "metadata: {displayName: x}\n"
                 "colour: red\n"),
            "slo.yaml:1: key 'apiVersion': 'openslo/v1alpha' is not read; write openslo/v1\n"
            "slo.yaml:2: key 'kind': must be one of SLO, SLI, AlertPolicy, AlertCondition, "
            "AlertNotificationTarget, Service, DataSource\n"
            "slo.yaml:3: key 'metadata.name' is missing; write for example 'name: "
            "chat-availability'\n"
            "slo.yaml:4: unknown key 'colour'; known here: apiVersion, kind, metadata");
  EXPECT_EQ(
      read(slo(ratio("latency <= 5", "true"), "{duration: 30x}")),
      "slo.yaml:6: key 'spec.timeWindow[0].duration': '30x' is not a duration; write a number "
      "and one of m, h, d, w, M (month), Q, Y\n"
      "slo.yaml:9: key 'spec.indicator.spec.ratioMetric.good.metricSource.spec.query': '5' is "
      "not a duration; write a whole number and a unit, for example 250ms, 10s, 1h\n"
      "  latency <= 5\n"
      "             ^");
}

TEST(OpenSlo, WhatWeirDoesNotRunIsRefusedOnlyWhenItIsToRun) {
  const std::string text =
      slo("  indicator: {metadata: {name: i}, spec: {thresholdMetric: {metricSource: {type: "
          "prometheus, spec: {query: up, step: 1m}}}}}\n",
          "{duration: 1M, isRolling: true}");
  EXPECT_EQ(
      read(text),
      "chat of chat:  |  target 0.999 over 0s\n"
      "slo.yaml:6: a rolling window has a fixed length; write for example duration: 30d\n"
      "slo.yaml:9: metric source 'prometheus' is not one that Weir reads; it judges its own "
      "events: "
      "write `metricSource: {type: weir, spec: {query: \"status == ok\"}}`\n"
      "slo.yaml:9: a threshold metric is a number that somebody has summed up already; Weir judges "
      "each event: write a ratioMetric whose good query is, for example, latency <= 500ms\n");
  const auto objectives = read_open_slo({{"slo.yaml", text}}, {}).value();
  const auto run = to_run(objectives);
  ASSERT_FALSE(run);
  EXPECT_THAT(run.error().message, testing::StartsWith("slo.yaml:6: a rolling window"));
  EXPECT_EQ(to_run(read_open_slo({{"slo.yaml", slo("  indicatorRef: nobody\n")}}, {}).value())
                .error()
                .message,
            "slo.yaml:9: there is no SLI named 'nobody' among these documents");
}

/// What refuses an SLO with this alert policy.
std::string refused(const std::string& policy, const std::string& condition) {
  const std::string text = slo(ratio("status == ok", "true") + "  alertPolicies: [mine]\n") +
                           "---\n"
                           "apiVersion: openslo/v1\n"
                           "kind: AlertPolicy\n"
                           "metadata: {name: mine}\n"
                           "spec:\n" +
                           policy +
                           "  conditions:\n"
                           "    - kind: AlertCondition\n"
                           "      metadata: {name: fast}\n"
                           "      spec:\n" +
                           condition;
  const auto objectives = read_open_slo({{"slo.yaml", text}}, {});
  if (!objectives) return objectives.error().message;
  const auto run = to_run(*objectives);
  return run ? "it can run" : run.error().message;
}

TEST(OpenSlo, ChoicesOfAlertPoliciesAreRunOrRefused) {
  const std::string burns =
      "        condition: {kind: burnrate, threshold: 2, lookbackWindow: 1h}\n";
  EXPECT_EQ(refused("  alertWhenBreaching: true\n"
                    "  alertWhenResolved: true\n"
                    "  alertWhenNoData: false\n",
                    "        severity: ticket\n" + burns),
            "it can run");
  EXPECT_EQ(refused("  alertWhenBreaching: false\n"
                    "  alertWhenResolved: false\n"
                    "  alertWhenNoData: true\n",
                    burns),
            "slo.yaml:16: alertWhenBreaching: false is not run: an alert policy is for what burns; "
            "write true, or leave the policy out\n"
            "slo.yaml:17: alertWhenResolved: false is not run: whoever is told that an alert fires "
            "is told of its end; write true, or leave it out\n"
            "slo.yaml:18: alertWhenNoData: true is not run: where events cease, the condition "
            "`silent` fires (slo.silence in the configuration); write false, or leave it out");
}

TEST(OpenSlo, ConditionsThatCanNeverPageAreRefused) {
  EXPECT_EQ(refused("",
                    "        severity: pgae\n"
                    "        condition: {kind: burnrate, op: lt, threshold: 2, lookbackWindow: "
                    "1h}\n"),
            "slo.yaml:20: the severity 'pgae' is none that Weir knows; write page, ticket or info\n"
            "slo.yaml:21: a burn rate that is too low alerts nobody; write op: gt or op: gte");
}

TEST(OpenSlo, OneNameIsOneObjective) {
  const auto twice = read_open_slo({{"a.yaml", slo("  indicatorRef: nobody\n")},
                                    {"b.yaml", slo("  indicatorRef: nobody\n")}},
                                   {})
                         .value();
  EXPECT_THAT(
      to_run(twice).error().message,
      testing::HasSubstr("b.yaml:8: objective chat is named a second time, after a.yaml:8"));
}

TEST(OpenSlo, WhatCanRunIsBoundedInBytesTogether) {
  auto objectives = read_open_slo({{"slo.yaml", slo(ratio("status == ok", "true"))}}, {}).value();
  objectives.push_back(objectives.front());
  v1::ObjectiveDefinition& last = objectives.back().definition;
  last.set_name("long");
  const auto bytes_of_all = [&] {
    v1::Objectives all;
    for (const OpenSloObjective& each : objectives) *all.add_objective() = each.definition;
    return all.ByteSizeLong();
  };
  last.set_service(std::string(kMaxObjectivesBytes / 2, 's'));
  last.mutable_service()->append(kMaxObjectivesBytes - bytes_of_all(), 's');
  ASSERT_EQ(bytes_of_all(), kMaxObjectivesBytes);
  EXPECT_TRUE(to_run(objectives));
  last.mutable_service()->append("s");
  EXPECT_EQ(to_run(objectives).error().message,
            "the definitions of 2 objectives are 786433 bytes together, where at most 786432 are "
            "allowed; let one apply `per` dimension, shorten their queries, or give them fewer "
            "alert conditions");
}

TEST(OpenSlo, EveryExampleOfTheSpecificationParses) {
  if (!std::filesystem::exists(kExamples)) GTEST_SKIP() << "../shared/data/slo is absent";
  std::size_t objectives = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(kExamples)) {
    if (entry.path().extension() != ".yaml") continue;
    const auto read = load_open_slo({entry.path().string()}, {});
    ASSERT_TRUE(read) << read.error().message;
    for (const OpenSloObjective& each : *read) {
      EXPECT_FALSE(each.refused.empty()) << "its source is not Weir's";
      for (const std::string& refusal : each.refused)
        EXPECT_THAT(refusal, testing::StartsWith(entry.path().string() + ":"));
      ++objectives;
    }
  }
  EXPECT_EQ(objectives, 5U);
}

}  // namespace
}  // namespace weir::objectives
