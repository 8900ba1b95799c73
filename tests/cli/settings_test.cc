// deploy/weir.yaml tells every key with its default: it must mean what an empty file means.
#include <fstream>
#include <iterator>

#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "processors/aggregates/definitions.h"
#include "processors/net/event_buffer.h"
#include "tests/fakes/temp_directory.h"
#include "tools/weir/graph_plan.h"
#include "tools/weir/settings.h"

namespace weir::cli {
namespace {

std::string rendering(const runtime::Retention& retention) {
  return fmt::format("{}us {}B", retention.max_age_us, retention.max_bytes);
}

std::string rendering(const net::HttpServerOptions& http) {
  return fmt::format(
      "{}:{} tls {} insecure {} hosts {} workers {} queue {} connections {} body {} of {} "
      "timeouts {} {} {} {}",
      http.address, http.port, http.tls.has_value(), http.insecure, http.hosts, http.workers,
      http.queue, http.max_connections, http.max_body_bytes, http.max_body_memory_bytes,
      http.header_timeout_us, http.body_timeout_us, http.idle_timeout_us, http.write_timeout_us);
}

std::string rendering(const slo::Config& slo) {
  return fmt::format("{} level {} least {} silence {} {} maintenance {} series {} stall {} step {}",
                     slo.objectives, slo.low_traffic.level_ppb, slo.low_traffic.min_events,
                     slo.silence.after_us, slo.silence.severity, slo.maintenance.size(),
                     slo.max_series, slo.stall_after_us, slo.step_bytes);
}

std::string rendering(const alert::Grouping& grouping) {
  return fmt::format("{} {} {} {}", grouping.group_by, grouping.wait_us, grouping.interval_us,
                     grouping.repeat_us);
}

std::string rendering(const alert::Config& alert) {
  std::string text =
      fmt::format("{} page '{}' {} routes {} keep {} flapping {} {} {} storm {} {} {} {} max {}",
                  alert.receivers, alert.page_url, rendering(alert.grouping), alert.routes.size(),
                  alert.keep_firing_us, alert.flapping.changes, alert.flapping.within_us,
                  alert.flapping.hold_us, alert.storm.per_hour, alert.storm.digest_every_us,
                  alert.storm.groups_at_once, alert.storm.backlog_after_us, alert.max_alerts);
  for (const alert::Inhibition& rule : alert.inhibit)
    text += fmt::format(" {} hides {} {}", labels::to_text(rule.source),
                        labels::to_text(rule.target), rule.equal.has_value());
  for (const alert::Annotation& each : alert.annotations)
    text += fmt::format(" {}: {}", each.name, each.text.text());
  return text;
}

std::string rendering(const Settings& settings) {
  const RetentionSettings& retention = settings.retention;
  return fmt::format(
      "data {} raw_partitions {} memory {} disk {} commit {} partitions {} threads {}\n"
      "retention {}, {}, {}, {}\nlog {} '{}'\nhttp {} tokens '{}' '{}'\n"
      "ingest {} error_detail {} user_key '{}'\nfold dedup {}\n{}\nkpi series {} stall {} step "
      "{}\nslo {}\nalert {}\n",
      settings.data, settings.raw_partitions, settings.memory_bytes, settings.disk_bytes,
      settings.commit_interval_us, settings.keyed_partitions, settings.threads,
      rendering(retention.raw), rendering(retention.partial), rendering(retention.result),
      rendering(retention.dead_letter), settings.log.level, settings.log.file,
      rendering(settings.http.options), settings.http.write_token, settings.http.read_token,
      net::to_string(settings.ingest_listen), settings.ingest.error_detail,
      settings.ingest.user_key, settings.fold.dedup_horizon_us,
      settings.fold.definitions.DebugString(), settings.kpi.max_series, settings.kpi.stall_after_us,
      settings.kpi.step_bytes, rendering(settings.slo), rendering(settings.alert));
}

TEST(Settings, OfTheExampleFileAreTheDefaults) {
  const auto defaults = load_settings("");
  const auto example = load_settings(WEIR_SOURCE_DIR "/deploy/weir.yaml");

  ASSERT_TRUE(defaults.has_value());
  ASSERT_TRUE(example.has_value()) << example.error().message;
  EXPECT_EQ(rendering(*example), rendering(*defaults));
}

TEST(Settings, KeepAlertsForAsLongAsAStartReads) {
  Settings settings;
  const auto kept = [&settings](std::string_view topic, bool history = false) {
    return topic_spec({std::string(topic), "", false, 1}, settings, history).retention.max_age_us;
  };
  EXPECT_EQ(kept(topics::kAlert), 90 * kDayUs);
  settings.retention.result.max_age_us = kHourUs;
  EXPECT_EQ(kept(topics::kAlert), 3 * kDayUs);
  EXPECT_EQ(kept(topics::kKpi), kHourUs);
  EXPECT_EQ(kept(topics::kAlert, true), 0);
  settings.retention.result.max_age_us = 0;  // without end
  EXPECT_EQ(kept(topics::kAlert), 0);
  settings.retention.result.max_bytes = 1 << 20;
  const auto spec = [&settings](std::string_view topic) {
    return topic_spec({std::string(topic), "", false, 1}, settings, false);
  };
  EXPECT_EQ(spec(topics::kAlert).retention.max_bytes, 0U);
  EXPECT_EQ(
      topic_spec({std::string(topics::kAlert), "", false, 1}, settings, true).retention.max_bytes,
      1U << 20);  // of a history nothing starts again
  EXPECT_EQ(spec(topics::kKpi).retention.max_bytes, 1U << 20);
}

TEST(Settings, ShareOutMemoryAndNoMore) {
  const fakes::TempDirectory directory;
  const std::string file = directory.path() + "/weir.yaml";
  const auto shares = [&](const std::string& text) -> std::string {
    std::ofstream(file) << text;
    const auto settings = load_settings(file);
    if (!settings) return settings.error().message.substr(directory.path().size());
    const MemoryPlan plan = settings->memory_plan();
    const std::uint64_t bodies = settings->http.options.max_body_memory_bytes;
    const std::uint64_t sum = plan.block_cache + plan.open_deltas + plan.state_cache +
                              plan.uncommitted + plan.fetch + plan.view + bodies +
                              net::kMaxStreamMemoryBytes;
    EXPECT_LE(sum, settings->memory_bytes);
    EXPECT_GT(sum, settings->memory_bytes - (1 << 20));
    return fmt::format("bodies {} cache {}", bodies >> 20, plan.block_cache >> 20);
  };

  EXPECT_EQ(shares(""), "bodies 128 cache 215");
  EXPECT_EQ(shares("memory: 128MiB\n"), "bodies 32 cache 15");
  EXPECT_EQ(shares("memory: 16GiB\nhttp: {max_body_memory: 64MiB}\n"), "bodies 64 cache 4071");
  EXPECT_EQ(shares("memory: 256MiB\n\nhttp: {max_body: 64MiB}\n"),
            "/weir.yaml:3: key 'http': bodies (max_body_memory, by default twice max_body or more) "
            "and streams may take 160MiB, more than half of `memory`, 256MiB; raise that, or lower "
            "them");
}

TEST(Settings, NameReceiversThatCanBeTold) {
  const fakes::TempDirectory directory;
  const std::string file = directory.path() + "/weir.yaml";
  const auto told = [&](const std::string& text) -> std::string {
    std::ofstream(file) << text;
    const auto settings = load_settings(file);
    if (!settings) return settings.error().message.substr(directory.path().size());
    std::string shown = fmt::format("{}", fmt::join(settings->alert.receivers, " "));
    for (const std::string& each : settings->warnings)
      shown += "\n" + each.substr(directory.path().size());
    return shown;
  };
  const std::string two =
      "webhook:\n  receivers:\n    - {name: a, type: slack, url: 'https://h.example.com/a'}\n"
      "    - {name: b, type: slack, url: 'https://h.example.com/b'}\n";

  EXPECT_EQ(told(two), "a b");
  EXPECT_EQ(told(two + "alert: {receivers: [b]}\n"),
            "b\n/weir.yaml:3: receiver 'a' is not among alert.receivers and is never told "
            "anything; add it there, or delete it here");
  EXPECT_EQ(told(two + "alert:\n  receivers: [a, c]\n"),
            "/weir.yaml:6: key 'alert.receivers': 'c' is not among webhook.receivers and could "
            "never be told; there are a, b");
  EXPECT_EQ(told(two + "alert:\n  routes:\n    - {receivers: [b]}\n"), "a b");
  EXPECT_EQ(told(two + "alert:\n  routes:\n    - {receivers: [c]}\n"),
            "/weir.yaml:7: key 'alert.routes[0].receivers': c is none of the receivers; there are "
            "a, b; write it into alert.receivers, or, where that is left out or empty, into "
            "webhook.receivers");
  EXPECT_EQ(told("alert: {receivers: [a]}\n"),
            "/weir.yaml:1: key 'alert.receivers': 'a' is not among webhook.receivers and could "
            "never be told; there are none");
}

TEST(Settings, WarnOfLabelsThatNoAlertHas) {
  const fakes::TempDirectory directory;
  const std::string file = directory.path() + "/weir.yaml";
  const auto warnings = [&](const std::string& text) {
    std::ofstream(file) << text;
    const auto settings = load_settings(file);
    if (!settings) return settings.error().message;
    std::string shown;
    for (const std::string& each : settings->warnings)
      shown += each.substr(directory.path().size()) + "\n";
    return shown;
  };
  const auto source = [](const std::string& query) {
    return "{metricSource: {type: weir, spec: {query: " + query + ", per: [model]}}}";
  };
  std::ofstream(directory.path() + "/slo.yaml")
      << "apiVersion: openslo/v1\nkind: SLO\nmetadata: {name: chat}\nspec:\n  service: chat\n"
         "  timeWindow: [{duration: 30d, isRolling: true}]\n  budgetingMethod: Occurrences\n"
         "  objectives: [{target: 0.999}]\n  indicator: {metadata: {name: i}, spec: {ratioMetric: "
         "{good: "
      << source("latency <= 800ms") << ", total: " << source("service == chat") << "}}}\n";
  const std::string grouped =
      "webhook: {receivers: [{name: a, type: slack, url: 'https://h.example.com/a'}]}\n"
      "alert:\n  group_by: [service, team]\n  routes:\n"
      "    - {receivers: [a], match: [severtiy=page], group_by: [modell]}\n"
      "    - {receivers: [a], match: [severity=ticket], group_by: [model, objective]}\n"
      "  inhibit:\n"
      "    - {source: [severity=page, team=a], target: [sevrity!=page], equal: [tenant, model]}\n"
      "  receivers: [a]\n";
  const auto warning = [](int line, std::string_view key, std::string_view label) {
    return fmt::format(
        "/weir.yaml:{}: {}: no alert of these objectives has the label '{}'; there are alertname, "
        "condition, model, objective, service, severity\n",
        line, key, label);
  };

  EXPECT_EQ(warnings(grouped + "slo: {objectives: [slo.yaml]}\n"),
            warning(3, "group_by", "team") + warning(5, "match", "severtiy") +
                warning(5, "group_by", "modell") + warning(8, "source", "team") +
                warning(8, "target", "sevrity") + warning(8, "equal", "tenant"));
  EXPECT_EQ(warnings(grouped), "") << "without objectives nothing is known of alerts";
}

TEST(Settings, WarnOfSeveritiesThatNoAlertHas) {
  const fakes::TempDirectory directory;
  const std::string file = directory.path() + "/weir.yaml";
  std::ofstream(file)
      << "webhook: {receivers: [{name: a, type: slack, url: 'https://h.example.com/a'}]}\n"
         "alert:\n  routes:\n    - {receivers: [a], match: [severity=critical]}\n"
         "    - {receivers: [a], match: [severity=page, service=critical]}\n"
         "  inhibit:\n    - {source: [severity=page], target: [severity!=pgae]}\n";
  const auto settings = load_settings(file);
  ASSERT_TRUE(settings.has_value()) << settings.error().message;
  std::string shown;
  for (const std::string& each : settings->warnings)
    shown += each.substr(directory.path().size()) + "\n";
  EXPECT_EQ(shown,
            "/weir.yaml:4: match: severity=\"critical\" holds of no alert: a severity is page, "
            "ticket or info\n"
            "/weir.yaml:7: target: severity!=\"pgae\" holds of every alert: a severity is page, "
            "ticket or info\n");
}

TEST(Settings, RefuseAPlannedTimeOfNoObjectiveAndWarnOfConditionsThatLookTooFarBack) {
  const fakes::TempDirectory directory;
  std::ofstream(directory.path() + "/slo.yaml")
      << "apiVersion: openslo/v1\nkind: SLO\nmetadata: {name: chat}\nspec:\n  service: chat\n"
         "  timeWindow: [{duration: 1d, isRolling: true}]\n  budgetingMethod: Occurrences\n"
         "  objectives: [{target: 0.999}]\n  alertPolicies: [mine, default]\n"
         "  indicator: {metadata: {name: i}, spec: {ratioMetric: {\n"
         "    good: {metricSource: {type: weir, spec: {query: status == ok}}},\n"
         "    total: {metricSource: {type: weir, spec: {query: 'true'}}}}}}\n---\n"
         "apiVersion: openslo/v1\nkind: AlertPolicy\nmetadata: {name: mine}\nspec:\n"
         "  conditions:\n    - kind: AlertCondition\n      metadata: {name: far}\n"
         "      spec: {condition: {kind: burnrate, threshold: 2, lookbackWindow: 2d}}\n";
  const std::string file = directory.path() + "/weir.yaml";
  const auto said = [&](const std::string& planned) {
    std::ofstream(file) << "slo:\n  objectives: [slo.yaml]\n  maintenance:\n"
                        << "    - {from: 2026-01-05T02:00:00Z, to: 2026-01-05T04:00:00Z, "
                        << "reason: move, objectives: " << planned << "}\n";
    const auto settings = load_settings(file);
    if (!settings) return settings.error().message.substr(directory.path().size());
    return fmt::format("{}", fmt::join(settings->warnings, "\n")).substr(directory.path().size());
  };

  EXPECT_EQ(said("[chat, nosuch]"),
            "/weir.yaml:4: key 'slo.maintenance': there is no objective 'nosuch'; there are chat");
  EXPECT_EQ(said("[chat]"),
            "/slo.yaml:8: objective chat: condition 'far' looks back 2d, and the objective has a "
            "window of 1d; write a shorter lookbackWindow");
}

TEST(Settings, RefuseAFileOfObjectivesThatIsNotThereInItsLine) {
  const fakes::TempDirectory directory;
  std::ofstream(directory.path() + "/slo.yaml");
  const std::string file = directory.path() + "/weir.yaml";
  std::ofstream(file) << "slo:\n  objectives:\n    - slo.yaml\n    - nope.yaml\n";

  const auto settings = load_settings(file);

  ASSERT_FALSE(settings.has_value());
  EXPECT_EQ(settings.error().message,
            fmt::format("{}:4: key 'slo.objectives[1]': there is no file '{}/nope.yaml'; write its "
                        "path as seen from the directory of this configuration",
                        file, directory.path()));
}

TEST(Settings, AreNoOpenSloDocuments) {
  const fakes::TempDirectory directory;
  const std::string file = directory.path() + "/slo.yaml";
  for (const char* more : {"", "---\napiVersion: openslo/v1\nkind: SLI\n"}) {
    std::ofstream(file) << "# mine\napiVersion: openslo/v1\nkind: SLO\n" << more;

    const auto settings = load_settings(file);

    ASSERT_FALSE(settings.has_value());
    EXPECT_EQ(settings.error().message,
              fmt::format("{}:2: this is an OpenSLO document: name it in slo.objectives of a "
                          "configuration, and check that",
                          file));
  }
}

/// What is said of an objective of slices whose condition looks back five minutes.
std::string warning_of_slices(const std::string& slice, const std::string& target,
                              const std::string& low_traffic) {
  const fakes::TempDirectory directory;
  std::ofstream(directory.path() + "/slo.yaml")
      << "apiVersion: openslo/v1\nkind: SLO\nmetadata: {name: chat}\nspec:\n  service: chat\n"
         "  timeWindow: [{duration: 1d, isRolling: true}]\n  budgetingMethod: Timeslices\n"
         "  objectives: [{timeSliceTarget: 0.95, timeSliceWindow: "
      << slice << ", target: " << target
      << "}]\n  alertPolicies: [mine]\n"
         "  indicator: {metadata: {name: i}, spec: {ratioMetric: {\n"
         "    good: {metricSource: {type: weir, spec: {query: status == ok}}},\n"
         "    total: {metricSource: {type: weir, spec: {query: 'true'}}}}}}\n---\n"
         "apiVersion: openslo/v1\nkind: AlertPolicy\nmetadata: {name: mine}\nspec:\n"
         "  conditions:\n    - kind: AlertCondition\n      metadata: {name: fast}\n"
         "      spec: {condition: {kind: burnrate, threshold: 2, lookbackWindow: 5m}}\n";
  const std::string file = directory.path() + "/weir.yaml";
  std::ofstream(file) << "slo:\n  objectives: [slo.yaml]\n  low_traffic: " << low_traffic << "\n";
  const auto settings = load_settings(file);
  if (!settings) return settings.error().message;
  if (settings->warnings.empty()) return "";
  return fmt::format("{}", fmt::join(settings->warnings, "\n")).substr(directory.path().size());
}

TEST(Settings, WarnOfConditionsWithTooFewSlicesToFireEver) {
  const std::string head =
      "/slo.yaml:8: objective chat: condition 'fast' looks back 5m, that is 5 slices of 1m at "
      "most, ";
  const std::string tail =
      ": it can never fire; write a longer lookbackWindow, a shorter timeSliceWindow, or another "
      "slo.low_traffic";
  EXPECT_EQ(warning_of_slices("1m", "0.9", "{level: 0.0001}"),
            head + "fewer than slo.low_traffic.min_events, 10" + tail);
  EXPECT_EQ(warning_of_slices("1m", "0.8", "{min_events: 5}"),
            head +
                "which chance makes bad, all of them, with probability 0.00032, above "
                "slo.low_traffic.level, 0.0001" +
                tail);
  EXPECT_EQ(warning_of_slices("1m", "0.9", "{min_events: 5}"), "");
  EXPECT_EQ(warning_of_slices("1m", "0.8", "{min_events: 5, level: 0}"), "");
  EXPECT_EQ(warning_of_slices("2m", "0.8", "{min_events: 3, level: 0}"), "") << "three may end";
  EXPECT_NE(warning_of_slices("2m", "0.8", "{min_events: 4, level: 0}"), "");
}

TEST(Settings, WarnOfAThresholdThatNoBurnRateReaches) {
  EXPECT_EQ(
      warning_of_slices("1m", "0.5", "{min_events: 5, level: 0}"),
      "/slo.yaml:8: objective chat: condition 'fast' is above 2x, and no burn rate is above 2x "
      "at this target: it can never fire; write a lower threshold, or a higher target");
  EXPECT_EQ(warning_of_slices("1m", "0.51", "{min_events: 5, level: 0}"), "");
}

TEST(AlertmanagerExample, ComparesEveryDimension) {
  std::ifstream file(WEIR_SOURCE_DIR "/deploy/alertmanager.yml");
  const std::string text(std::istreambuf_iterator<char>(file), {});
  const std::string_view key = "equal: [";
  const std::size_t begin = text.find(key) + key.size();
  std::string equal = text.substr(begin, text.find(']', begin) - begin);
  std::erase_if(equal, [](char c) { return c == ' ' || c == '\n'; });

  std::string all = "service,objective";
  for (std::size_t i = 1; i < aggregates::kDimensions; ++i)
    all += fmt::format(",{}", aggregates::to_string(static_cast<aggregates::Dimension>(i)));
  EXPECT_EQ(equal, all);
}

TEST(Settings, OfKafkaAreReadAndWhatCannotBeIsRefused) {
  const auto example = load_settings(WEIR_SOURCE_DIR "/deploy/kafka.yaml");
  ASSERT_TRUE(example.has_value()) << example.error().message;
  EXPECT_EQ(example->kafka.options.session_timeout_us, 10 * kSecondUs);
  EXPECT_EQ(example->raw_partitions, 4);

  const fakes::TempDirectory directory;
  const std::string file = directory.path() + "/bad.yaml";
  std::ofstream(file) << "kafka:\n"
                         "  prefix: a/b\n"
                         "  session_timeout: 5s\n"
                         "  min_insync: 2\n"
                         "  client: {group.id: mine}\n"
                         "  secrets: {sasl.password: hunter2}\n";
  const auto bad = load_settings(file);
  ASSERT_FALSE(bad.has_value());
  for (const char* key : {"kafka.prefix", "kafka.session_timeout", "kafka.min_insync",
                          "kafka.client.group.id", "kafka.secrets.sasl.password"})
    EXPECT_NE(bad.error().message.find(key), std::string::npos) << bad.error().message;
  EXPECT_EQ(bad.error().message.find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace weir::cli
