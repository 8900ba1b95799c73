// `weir check`: whether a configuration is good, and what it means.
#include <cstdio>

#include <fmt/ranges.h>

#include "processors/net/event_buffer.h"
#include "processors/objectives/parts.h"
#include "tools/weir/command.h"
#include "tools/weir/output.h"
#include "tools/weir/settings.h"
#include "tools/weir/state_forecast.h"
#include "tools/weir/text_table.h"

namespace weir::cli {
namespace {

struct CheckArguments {
  std::string file;
  std::int64_t series = 1'000;
  double rate_per_s = 1;
  double tenant_skew = 1;
  DurationUs age_us = 30 * kDayUs;
};

void warn(std::string_view text) { fmt::print(stderr, "weir check: warning: {}\n", text); }

void warn_of_secret(const std::string& key, const std::string& reference) {
  if (reference.empty()) return;
  if (const auto loaded = net::Secret::load(reference); !loaded)
    warn(fmt::format("{}: {}; weir would not start here", key, loaded.error().message));
}

/// What may be as it should where Weir runs: that may be another machine.
void warn_of_secrets(const Settings& settings) {
  warn_of_secret("http.tokens.write", settings.http.write_token);
  warn_of_secret("http.tokens.read", settings.http.read_token);
  warn_of_secret("ingest.user_key", settings.ingest.user_key);
  for (const auto& [name, reference] : settings.kafka.secrets)
    warn_of_secret("kafka.secrets." + name, reference);
  for (const webhook::ReceiverConfig& each : settings.webhook.receivers)
    if (const auto loaded = webhook::load_secrets(each); !loaded)
      warn(loaded.error().message + "; weir would not start here");
}

std::string bytes_text(double bytes) { return short_bytes(static_cast<std::uint64_t>(bytes)); }

/// Tokens by where they come from: whoever reads this may not be whom they are for.
void write_http(const net::Config& http, Output& output) {
  const auto or_none = [](const std::string& reference) {
    return reference.empty() ? std::string("none") : reference;
  };
  output.write(fmt::format("listen {}{}; write token {}, read token {}\n",
                           net::to_string({http.options.address, http.options.port}),
                           http.options.tls ? " with TLS" : "", or_none(http.write_token),
                           or_none(http.read_token)));
}

/// A URL that is secret is named by where it comes from.
void write_receivers(const webhook::Config& config, Output& output) {
  for (const webhook::ReceiverConfig& each : config.receivers)
    output.write(fmt::format("receiver {}: {} at {}\n", each.name, to_string(each.type), each.url));
}

void write_memory(const Settings& settings, Output& output) {
  const MemoryPlan plan = settings.memory_plan();
  output.write(fmt::format("memory {}, disk {}\n", short_bytes(settings.memory_bytes),
                           short_bytes(settings.disk_bytes)));
  TextTable table(output);
  table.add_column("memory for", TextTable::Align::left);
  table.add_column("bytes", TextTable::Align::right);
  std::uint64_t sum = 0;
  const auto add = [&](std::string what, std::uint64_t bytes) {
    sum += bytes;
    table.add_row({std::move(what), short_bytes(bytes)});
  };
  add("RocksDB, memtables included", plan.block_cache);
  add("open deltas (fold)", plan.open_deltas);
  add("state cache", plan.state_cache);
  add("outputs waiting for a commit", plan.uncommitted);
  add("records read ahead", plan.fetch);
  add("recent results, for the page", plan.view);
  add("bodies of HTTP requests", settings.http.options.max_body_memory_bytes);
  add("events that wait for browsers", net::kMaxStreamMemoryBytes);
  add("together", sum);
  table.finish();
}

void write_scope(const ScopeForecast& scope, const CheckArguments& arguments, Output& output) {
  output.write(fmt::format("\nscope {}: windows {}\n", scope.name, fmt::join(scope.windows, " ")));
  TextTable table(output);
  for (const char* title : {"tier", "kept", "panes", "bytes a pane", "bytes a series"})
    table.add_column(title, TextTable::Align::right);
  for (const TierForecast& tier : scope.tiers)
    table.add_row({format_duration(tier.span_us),
                   short_duration(static_cast<double>(tier.panes * tier.span_us)),
                   fmt::format("{}", tier.panes), fmt::format("{:.0f}", tier.pane_bytes),
                   fmt::format("{:.0f}", tier.series_bytes_after(arguments.age_us))});
  table.finish();
  const double series = scope.series_bytes_after(arguments.age_us);
  output.write(fmt::format(
      "after {}: {:.0f} bytes a series, {} for {}\n", format_duration(arguments.age_us), series,
      bytes_text(series * static_cast<double>(arguments.series)), arguments.series));
}

Result<void> check(const CheckArguments& arguments) {
  WEIR_ASSIGN(const Settings settings, load_settings(arguments.file));
  WEIR_ASSIGN(const auto scopes, forecast(settings.fold, {.series = arguments.series,
                                                          .rate_per_s = arguments.rate_per_s,
                                                          .tenant_skew = arguments.tenant_skew}));
  for (const std::string& each : settings.warnings) warn(each);
  warn_of_secrets(settings);
  Output output;
  output.write(fmt::format("{}: good\n", arguments.file));
  write_http(settings.http, output);
  write_receivers(settings.webhook, output);
  for (const objectives::Objective& objective : settings.fold.objectives->all())
    output.write(fmt::format("objective {} of {}: target {}, {} conditions\n",
                             objective.definition.name(), objective.definition.service(),
                             objectives::format_ppb(objective.definition.target_ppb()),
                             objective.definition.condition_size()));
  write_memory(settings, output);
  output.write(
      fmt::format("\nstate of kpi as `weir inspect` counts it, for {} series in each scope that "
                  "send {} requests "
                  "a second in the mean; measured on simulated traffic\n",
                  arguments.series, arguments.rate_per_s));
  double total = 0;
  for (const ScopeForecast& scope : scopes) {
    write_scope(scope, arguments, output);
    total += scope.series_bytes_after(arguments.age_us) * static_cast<double>(arguments.series);
  }
  output.write(fmt::format("\nall scopes after {}: {} ({:.0f} bytes)\n",
                           format_duration(arguments.age_us), bytes_text(total), total));
  return output.finish();
}

}  // namespace

void add_check(Commands& commands) {
  const auto arguments = std::make_shared<CheckArguments>();
  CLI::App& app =
      commands.add({.name = "check",
                    .purpose = "Validate a configuration, and say what it means and will need",
                    .examples = "weir check weir.yaml --series 10000 --rate 0.5"},
                   [arguments] { return check(*arguments); });
  app.add_option("FILE", arguments->file, "configuration file")->required();
  app.add_option("--series", arguments->series, "forecast: how many series each scope has")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1'000'000'000}))
      ->capture_default_str();
  app.add_option("--rate", arguments->rate_per_s,
                 "forecast: requests a second of each series, on average")
      ->check(CLI::Range(1e-4, 1e5))
      ->capture_default_str();
  app.add_option("--tenant-skew", arguments->tenant_skew,
                 "forecast: tenant i weighs 1 / (1 + skew * i): 0 is even, 1 is Zipf")
      ->check(CLI::Range(0.0, 1e3))
      ->capture_default_str();
  add_parsed(app, "--for", arguments->age_us, parse_duration,
             "forecast: after how long (default: 30d)");
}

}  // namespace weir::cli
