#include "processors/fold/config.h"

#include <fmt/ranges.h>
#include <gtest/gtest.h>

namespace weir::fold {
namespace {

std::string render(const v1::ScopeDefinition& scope) {
  std::vector<std::string> windows;
  for (const v1::WindowDefinition& window : scope.window())
    windows.push_back(to_string(windows::Window{window.length_us(), window.hop_us()}));
  return fmt::format("  {}: {} | {}{}{}\n", fmt::join(scope.dimension(), ","),
                     fmt::join(windows, " "), fmt::join(scope.sketch(), " "),
                     scope.distinct_users() ? " +users" : "",
                     scope.distinct_tenants() ? " +tenants" : "");
}

std::string render(const Config& config) {
  const v1::Definitions& definitions = config.definitions;
  std::vector<std::string> tiers;
  for (const v1::TierDefinition& tier : definitions.tier())
    tiers.push_back(
        fmt::format("{}+{}", format_duration(tier.span_us()), format_duration(tier.lateness_us())));
  std::string text = fmt::format(
      "dedup {}, order {}, unrated {}, tiers {}\n", format_duration(config.dedup_horizon_us),
      format_duration(definitions.out_of_orderness_us()),
      fmt::join(definitions.unrated_status(), " "), fmt::join(tiers, " "));
  for (const v1::ScopeDefinition& scope : definitions.scope()) text += render(scope);
  return text;
}

std::string read(std::string text) {
  auto document = config::Document::parse("weir.yaml", std::move(text)).value();
  const Config config = read_config(document.root());
  if (const auto done = document.finish(); !done) return done.error().message;
  return render(config);
}

TEST(FoldConfig, HasDefaults) {
  EXPECT_EQ(read(""),
            "dedup 10m, order 5s, unrated client_error cancelled, "
            "tiers 10s+10m 1m+1h 5m+1h 10m+6h 1h+1d 1d+1d\n"
            "  service: 1m/10s 5m/10s 1h/1m | latency ttft tpot queue compute network\n"
            "  service,model: 1m/10s 5m/10s 1h/1m | latency ttft tpot queue compute network\n"
            "  tenant: 1m/10s 5m/10s 1h/1m | latency ttft tpot queue compute network\n");
}

TEST(FoldConfig, TakesWhatAFileSays) {
  EXPECT_EQ(read("out_of_orderness: 2s\n"
                 "dedup_horizon: 1h\n"
                 "unrated: [rejected]\n"
                 "lateness: {10s: 1m}\n"
                 "scopes:\n"
                 "  - dimensions: [region, model]\n"
                 "    windows: [10s/10s, 1d/1h]\n"
                 "    sketches: [ttft]\n"
                 "    distinct: [users, tenants]\n"
                 "  - dimensions: []\n"
                 "    sketches: []\n"),
            "dedup 1h, order 2s, unrated rejected, tiers 10s+1m 1m+1h 5m+1h 10m+6h 1h+1d 1d+1d\n"
            "  region,model: 10s/10s 1d/1h | ttft +users +tenants\n"
            "  : 1m/10s 5m/10s 1h/1m | \n");
}

TEST(FoldConfig, SaysEverythingThatIsWrong) {
  EXPECT_EQ(
      read("dedup_horizon: 0s\n"
           "scopes:\n"
           "  - windows: [1m/10s]\n"
           "    distinct: [hosts]\n"
           "  - dimensions: [service]\n"
           "    windows: [1m]\n"
           "    sketches: [speed]\n"
           "    sketch: []\n"),
      "weir.yaml:1: key 'dedup_horizon': must be above 0s and at most 7d\n"
      "weir.yaml:3: key 'scopes[0].dimensions' is missing; write for example "
      "'dimensions: [service, model]'\n"
      "weir.yaml:4: key 'scopes[0].distinct': 'hosts' is not counted; one of users, tenants\n"
      "weir.yaml:6: key 'scopes[1].windows[0]': '1m' is not a window; write length/hop, for "
      "example 5m/10s\n"
      "weir.yaml:7: key 'scopes[1].sketches[0]': 'speed' is not a duration with a sketch; one "
      "of latency, ttft, tpot, queue, compute, network\n"
      "weir.yaml:8: unknown key 'sketch'; known here: dimensions, distinct, sketches, "
      "windows");
}

TEST(FoldConfig, RefusesRulesThatDoNotFit) {
  EXPECT_EQ(read("scopes:\n  - dimensions: [service]\n    windows: [1m/7s]\n"),
            "weir.yaml:3: key 'scopes[0].windows': window 1m/7s: its hop must be one of 10s, 1m, "
            "5m, 10m, 1h, 1d");
  EXPECT_EQ(read("unrated: [ok, sad]\n"),
            "weir.yaml:1: key 'unrated[1]': 'sad' is not a status; one of ok, client_error, "
            "server_error, timeout, oom, dependency, model_load, rejected, cancelled, other, "
            "absent");
  EXPECT_EQ(read("lateness: {10s: 2h}\n"),
            "weir.yaml:1: key 'lateness': tier 1m: lateness must not be below that of 10s");
  EXPECT_EQ(read("lateness: {7s: 2h}\n"),
            "weir.yaml:1: unknown key '7s'; known here: 10m, 10s, 1d, 1h, 1m, 5m");
}

TEST(FoldConfig, RefusesWhatWouldGrowWithoutEnd) {
  EXPECT_EQ(read("out_of_orderness: 2h\ndedup_horizon: 8d\n"),
            "weir.yaml:1: key 'out_of_orderness': must be from 0s to 1h\n"
            "weir.yaml:2: key 'dedup_horizon': must be above 0s and at most 7d");
  EXPECT_EQ(read("scopes:\n"
                 "  - dimensions: [service]\n"
                 "    windows: [1d/10s]\n"
                 "  - dimensions: [tenant]\n"
                 "    windows: []\n"),
            "weir.yaml:3: key 'scopes[0].windows': window 1d/10s: with it a series keeps 10625 "
            "panes, where 2000 are allowed; make it shorter, its hop longer, or the lateness less\n"
            "weir.yaml:5: key 'scopes[1].windows': windows: none given");
  std::string many = "scopes:\n";
  for (int i = 0; i < 33; ++i) many += "  - dimensions: [service]\n";
  EXPECT_EQ(read(many), "weir.yaml:2: key 'scopes': scope [service]: named twice");
}

}  // namespace
}  // namespace weir::fold
