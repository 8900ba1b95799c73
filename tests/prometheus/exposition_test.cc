#include "sinks/prometheus/exposition.h"

#include <fstream>
#include <regex>
#include <sstream>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "processors/net/probe.h"
#include "sinks/prometheus/kpi_samples.h"
#include "tests/fakes/memory_log.h"
#include "tests/prometheus/exposed.h"
#include "weir/v1/config.pb.h"

namespace weir::prometheus {
namespace {

constexpr DurationUs kHop = 10 * kSecondUs;
constexpr windows::Window kMinute = {kMinuteUs, kHop};
constexpr windows::Window kFive = {5 * kMinuteUs, kHop};
constexpr windows::Window kHour = {kHourUs, kMinuteUs};

struct Telling {
  results::ScopeName scope = {"service"};
  results::Series series = {"chat"};
  windows::Window window = kMinute;
  v1::KpiValues value = {};
  std::int32_t partition = 0;
  bool overflow = false;
};

v1::KpiValues requests(std::int64_t count) {
  v1::KpiValues value;
  value.set_requests(count);
  return value;
}

/// Results by hand, all at the end of the first minute, and the page that shows them.
class ExpositionTest : public testing::Test {
 protected:
  ExpositionTest() {
    make_topic("weir.config", 1);
    make_topic("weir.kpi", 2);
    v1::ConfigRecord config;
    config.set_version(1);
    for (const results::ScopeName& name :
         {results::ScopeName{"service", "model"}, results::ScopeName{"service"}}) {
      v1::ScopeDefinition& scope = *config.mutable_definitions()->add_scope();
      for (const std::string& dimension : name) scope.add_dimension(dimension);
      for (const windows::Window& window : {kHour, kFive, kMinute}) {
        v1::WindowDefinition& definition = *scope.add_window();
        definition.set_length_us(window.length_us);
        definition.set_hop_us(window.hop_us);
      }
    }
    append("weir.config", 0, {.value = config.SerializeAsString()});
    metrics_.counter("weir_fold_events_total", "Events that counted.").add(7);
  }

  void tell(const Telling& telling) {
    v1::KpiResult result;
    result.set_version(1);
    for (const std::string& dimension : telling.scope) result.add_scope(dimension);
    for (const std::string& value : telling.series) result.add_series(value);
    result.set_end_time_us(kMinuteUs);
    result.set_overflow(telling.overflow);
    v1::WindowResult& window = *result.add_window();
    window.set_length_us(telling.window.length_us);
    window.set_hop_us(telling.window.hop_us);
    window.set_complete(true);
    *window.mutable_value() = telling.value;
    append("weir.kpi", telling.partition,
           {.key = fmt::format("{}", appended_++), .value = result.SerializeAsString()});
  }

  /// The page; only lines that match, where a pattern is given.
  std::string exposed(const std::string& pattern = "", std::size_t max_bytes = 1 << 20) {
    view::LiveView view(log_, {}, probe_);
    EXPECT_TRUE(view.open());
    Exposition exposition({.view = view,
                           .log = log_,
                           .metrics = metrics_,
                           .clock = [this] { return now_; },
                           .max_bytes = max_bytes});
    return prometheus::exposed(exposition, pattern);
  }

  fakes::MemoryLog log_;
  runtime::Metrics own_;
  view::Probe probe_{own_};
  runtime::Metrics metrics_;
  TimeUs now_ = kMinuteUs + kHop;

 private:
  void make_topic(const std::string& name, std::int32_t partitions) {
    EXPECT_TRUE(log_.create_topic({.name = name, .partitions = partitions}));
  }
  void append(const std::string& topic, std::int32_t partition, runtime::NewRecord record) {
    EXPECT_TRUE(log_.append({topic, partition}, {&record, 1}));
  }

  int appended_ = 0;
};

TEST_F(ExpositionTest, ShowsWhatWasToldInBaseUnitsAndNothingElse) {
  v1::KpiValues value = requests(3);
  value.mutable_status()->set_ok(2);
  value.set_success_ratio(2.0 / 3);
  value.mutable_latency_us()->set_count(3);
  value.mutable_latency_us()->set_p99(1'812'000);
  tell({.value = value});

  EXPECT_EQ(exposed("^weir_kpi_(?!status|peak|rated|cold)|latency_p99"),
            R"(weir_kpi_window_end_timestamp_seconds{scope="service",window="1m/10s"} 60
weir_kpi_complete{scope="service",window="1m/10s",service="chat"} 1
weir_kpi_requests{scope="service",window="1m/10s",service="chat"} 3
weir_kpi_success_ratio{scope="service",window="1m/10s",service="chat"} 0.6666666666666666
weir_kpi_latency_observations{scope="service",window="1m/10s",service="chat"} 3
weir_kpi_latency_mean_seconds{scope="service",window="1m/10s",service="chat"} 0
# HELP weir_kpi_latency_p99_seconds Latency, 99th percentile.
# TYPE weir_kpi_latency_p99_seconds gauge
weir_kpi_latency_p99_seconds{scope="service",window="1m/10s",service="chat"} 1.812
weir_kpi_latency_max_seconds{scope="service",window="1m/10s",service="chat"} 0
weir_kpi_requests_per_second{scope="service",window="1m/10s",service="chat"} 0
)");
  EXPECT_EQ(
      exposed("^weir_kpi_status_requests.*(ok|timeout)"),
      R"(weir_kpi_status_requests{scope="service",window="1m/10s",service="chat",status="ok"} 2
weir_kpi_status_requests{scope="service",window="1m/10s",service="chat",status="timeout"} 0
)");
  EXPECT_EQ(exposed("fold"),
            "# HELP weir_fold_events_total Events that counted.\n"
            "# TYPE weir_fold_events_total counter\n"
            "weir_fold_events_total 7\n");
}

TEST_F(ExpositionTest, ShowsTheShortestWindowAndFiveMinutesOfEachScope) {
  for (const windows::Window& window : {kMinute, kFive, kHour}) {
    tell({.window = window, .value = requests(1)});
    tell({.scope = {"service", "model"},
          .series = {"chat", ""},
          .window = window,
          .value = requests(1)});
  }

  EXPECT_EQ(exposed("^weir_kpi_requests\\{"),
            R"(weir_kpi_requests{scope="service",window="1m/10s",service="chat"} 1
weir_kpi_requests{scope="service",window="5m/10s",service="chat"} 1
weir_kpi_requests{scope="service,model",window="1m/10s",service="chat",model=""} 1
weir_kpi_requests{scope="service,model",window="5m/10s",service="chat",model=""} 1
)");
}

TEST_F(ExpositionTest, NoValueGetsOutOfItsLabel) {
  tell({.series = {std::string("a\"} 1\nweir_evil{x=\"\\\r\0\xC3\xA9", 24)}, .value = requests(1)});

  EXPECT_EQ(exposed("^weir_kpi_requests\\{|^weir_evil"),
            "weir_kpi_requests{scope=\"service\",window=\"1m/10s\",service=\""
            "a\\\"} 1\\nweir_evil{x=\\\"\\\\\r\xEF\xBF\xBD\xC3\xA9\"} 1\n");
}

TEST_F(ExpositionTest, AWindowOfLongAgoIsNoValueOfNow) {
  tell({.value = requests(1)});
  now_ = kMinuteUs + Exposition::kStaleUs;
  EXPECT_NE(exposed("^weir_kpi_requests\\{"), "");
  ++now_;
  EXPECT_EQ(exposed("^weir_kpi_requests\\{"), "");
  EXPECT_EQ(exposed("^weir_kpi_window_end"),
            "weir_kpi_window_end_timestamp_seconds{scope=\"service\",window=\"1m/10s\"} 60\n");
}

TEST_F(ExpositionTest, LeavesOutFineScopesWhereThereIsNoRoom) {
  for (int i = 0; i < 100; ++i)
    tell({.scope = {"service", "model"},
          .series = {"chat", std::to_string(i)},
          .value = requests(1)});
  tell({.value = requests(100)});

  EXPECT_EQ(exposed("^weir_(kpi_requests\\{|prometheus_omitted_series)", 1'000),
            R"(weir_kpi_requests{scope="service",window="1m/10s",service="chat"} 100
weir_kpi_requests{scope="service,model",window="1m/10s",service="chat",model="0"} 1
weir_kpi_requests{scope="service,model",window="1m/10s",service="chat",model="1"} 1
weir_prometheus_omitted_series 98
)");
}

TEST_F(ExpositionTest, AddsUpTheSharesOfPartitionsWithoutInventingAPeak) {
  for (const std::int32_t partition : {0, 1}) {
    v1::KpiValues share = requests(2);
    share.set_peak_requests_per_second(2);
    tell({.series = {"__other__"}, .value = share, .partition = partition, .overflow = true});
  }
  EXPECT_EQ(exposed("^weir_kpi_(requests|peak_requests_per_second)\\{"),
            "weir_kpi_requests{scope=\"service\",window=\"1m/10s\",service=\"__other__\"} 4\n");
}

TEST_F(ExpositionTest, FilesOfThePageAreOneRoute) {
  net::HttpProbe probe(metrics_);
  for (const char* path :
       {"/", "/main.js", "/uplot/uPlot.css", "/api/v1/query", "/api/v1/alerts/*"})
    probe.route("GET", path).answered(200, 10, kMillisecondUs);

  EXPECT_EQ(exposed("^weir_http_sent_bytes"),
            R"(weir_http_sent_bytes_total{method="GET",route="/api/v1/alerts/*"} 10
weir_http_sent_bytes_total{method="GET",route="/api/v1/query"} 10
weir_http_sent_bytes_total{method="GET",route="page"} 30
)");
}

TEST_F(ExpositionTest, ReadmeListsEveryName) {
  std::stringstream readme;
  readme << std::ifstream(WEIR_SOURCE_DIR "/sinks/prometheus/README.md").rdbuf();
  const std::regex duration("weir_kpi_(latency|ttft|tpot|queue|compute|network|cold_start)_");
  const std::regex statistic("_(mean|p50|p90|p95|p99|p999|max)_seconds");
  for (std::string name : kpi_metric_names()) {
    name = std::regex_replace(name, duration, "weir_kpi_DURATION_");
    name = std::regex_replace(name, statistic, "_STATISTIC_seconds");
    EXPECT_NE(readme.str().find('`' + name + '`'), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace weir::prometheus
