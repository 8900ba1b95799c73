// `weir alerts` and `weir why`: what fires, and the story of one alert.
#include <array>
#include <span>

#include <fmt/ranges.h>

#include "sinks/results/alert_json.h"
#include "sinks/results/alert_stats.h"
#include "tools/weir/command.h"
#include "tools/weir/log_source.h"
#include "tools/weir/output.h"
#include "tools/weir/result_format.h"
#include "tools/weir/text_table.h"

namespace weir::cli {
namespace {

using results::Json;

struct AlertsArguments {
  std::string directory;
  std::string kafka_config;
  std::string alert;
  bool all = false;
  bool stats = false;
  results::DecisionQuery query;
  Format format = Format::table;
};

constexpr std::size_t kMostDecisions = 10'000;

std::string text_of(const Json& value) {
  if (value.is_null()) return "";
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string joined(const Json& list) {
  std::vector<std::string> texts;
  for (const Json& each : list) texts.push_back(text_of(each));
  return fmt::format("{}", fmt::join(texts, ","));
}

/// Why nobody is told of it, or who is on it.
std::string note_of(const Json& alert) {
  if (!alert["silenced_by"].empty()) return "silenced by " + joined(alert["silenced_by"]);
  if (!alert["inhibited_by"].empty()) return "inhibited by " + joined(alert["inhibited_by"]);
  if (alert["acknowledged"].is_object()) return text_of(alert["acknowledged"]["by"]) + " is on it";
  return alert["flapping"] == true ? "comes and goes" : "";
}

struct Column {
  const char* title;
  std::string (*cell)(const Json& row);
};

constexpr std::array kAlertColumns = {
    Column{"fingerprint", [](const Json& row) { return text_of(row["fingerprint"]); }},
    Column{"severity", [](const Json& row) { return text_of(row["severity"]); }},
    Column{"state", [](const Json& row) { return text_of(row["state"]); }},
    Column{"since", [](const Json& row) { return text_of(row["starts_at"]); }},
    Column{"ended", [](const Json& row) { return text_of(row["ends_at"]); }},
    Column{"receivers", [](const Json& row) { return joined(row["receivers"]); }},
    Column{"note", note_of},
    Column{"summary",
           [](const Json& row) { return text_of(row["annotations"].value("summary", Json())); }}};

constexpr std::array kDecisionColumns = {
    Column{"time", [](const Json& row) { return text_of(row["time"]); }},
    Column{"known", [](const Json& row) { return text_of(row["append_time"]); }},
    Column{"what", [](const Json& row) { return text_of(row["kind"]); }},
    Column{"receiver", [](const Json& row) { return text_of(row["receiver"]); }},
    Column{"because", [](const Json& row) { return text_of(row["because"]); }},
    Column{"notification", [](const Json& row) { return text_of(row["notification_id"]); }}};

Result<void> write_rows(const Json& rows, std::span<const Column> columns, Format format,
                        Output& output) {
  if (format == Format::json) {
    for (const Json& row : rows)
      if (!output.write(results::to_line(row))) break;
    return output.finish();
  }
  if (format == Format::csv) {
    std::vector<std::string> titles;
    for (const Column& column : columns) titles.emplace_back(column.title);
    output.write(fmt::format("{}\n", fmt::join(titles, ",")));
    for (const Json& row : rows) {
      std::vector<std::string> cells;
      for (const Column& column : columns) cells.push_back(csv_field(column.cell(row)));
      if (!output.write(fmt::format("{}\n", fmt::join(cells, ",")))) break;
    }
    return output.finish();
  }
  TextTable table(output);
  for (const Column& column : columns) table.add_column(column.title, TextTable::Align::left);
  for (const Json& row : rows) {
    std::vector<std::string> cells;
    for (const Column& column : columns) {
      const std::string cell = column.cell(row);
      cells.push_back(cell.empty() ? "-" : printable(cell, 160));
    }
    if (!table.add_row(std::move(cells))) break;
  }
  table.finish();
  return output.finish();
}

Result<std::unique_ptr<LogSource>> open_log(const AlertsArguments& arguments) {
  if (arguments.directory.empty() && arguments.kafka_config.empty())
    return fail(ErrorCode::invalid_argument, "no log: give its directory, or --kafka FILE");
  return LogSource::open(arguments.directory, arguments.kafka_config);
}

constexpr std::array kStatsColumns = {
    Column{"service", [](const Json& row) { return text_of(row["service"]); }},
    Column{"fired", [](const Json& row) { return text_of(row["fired"]); }},
    Column{"incidents", [](const Json& row) { return text_of(row["incidents"]); }},
    Column{"notifications", [](const Json& row) { return text_of(row["notifications"]); }},
    Column{"acknowledged", [](const Json& row) { return text_of(row["acknowledged"]); }},
    Column{"signal_to_noise", [](const Json& row) { return text_of(row["signal_to_noise"]); }},
    Column{"precision", [](const Json& row) { return text_of(row["precision"]); }},
    Column{"mtta_s", [](const Json& row) { return text_of(row["mtta_s"]); }},
    Column{"mttr_s", [](const Json& row) { return text_of(row["mttr_s"]); }},
    Column{"mtbf_s", [](const Json& row) { return text_of(row["mtbf_s"]); }}};

/// A row for each service, and one for all.
Result<void> stats_command(const AlertsArguments& arguments, const runtime::Reader& log) {
  WEIR_ASSIGN(const auto stats, results::read_alert_stats(log, arguments.query));
  Json rows = Json::array();
  const auto add = [&rows](const std::string& service, const Json& of_it) {
    Json& row = rows.emplace_back(Json{{"service", service}});
    row.update(of_it);
  };
  const Json json = to_json(stats);
  for (const auto& [service, own] : json["services"].items()) add(service, own);
  add("all", json["all"]);
  Output output;
  return write_rows(rows, kStatsColumns, arguments.format, output);
}

Result<void> alerts_command(const AlertsArguments& arguments) {
  WEIR_ASSIGN(const auto source, open_log(arguments));
  if (arguments.stats) return stats_command(arguments, source->reader());
  results::AlertBoard board;
  WEIR_TRY(board.update(source->reader()));
  Output output;
  return write_rows(results::alerts_json(board, arguments.all), kAlertColumns, arguments.format,
                    output);
}

/// What it is, before what happened to it.
std::string heading(const v1::Alert& alert) {
  const Json json = results::to_json(alert);
  std::string text = fmt::format("{} is {} since {}, life {}\n", alert.fingerprint(),
                                 text_of(json["state"]), text_of(json["starts_at"]), alert.life());
  for (const auto& [name, value] : json["labels"].items())
    text += fmt::format("  {} = {}\n", name, text_of(value));
  for (const auto& [name, value] : json["annotations"].items())
    text += fmt::format("  {}: {}\n", name, printable(text_of(value), 500));
  const std::string note = note_of(json);
  return text + (note.empty() ? "" : "  " + note + "\n") + "\n";
}

Result<void> why_command(const AlertsArguments& arguments) {
  WEIR_ASSIGN(const auto source, open_log(arguments));
  results::AlertBoard board;
  WEIR_TRY(board.update(source->reader()));
  const auto alert = board.alerts().find(arguments.alert);
  WEIR_ASSIGN(
      const Json decisions,
      results::decisions_json(source->reader(), {.alert = arguments.alert}, kMostDecisions));
  if (alert == board.alerts().end() && decisions.empty())
    return fail(ErrorCode::not_found, "{}: there is no such alert; `weir alerts --all` lists them",
                arguments.alert);
  Output output;
  if (alert != board.alerts().end() && arguments.format == Format::table)
    output.write(heading(alert->second));
  return write_rows(decisions, kDecisionColumns, arguments.format, output);
}

void add_place(CLI::App& app, AlertsArguments& arguments) {
  CLI::Option* const directory = app.add_option("DIR", arguments.directory, "directory of the log");
  app.add_option("--kafka", arguments.kafka_config,
                 "read the cluster of this configuration instead of a directory")
      ->excludes(directory);
}

}  // namespace

void add_alerts(Commands& commands) {
  const auto arguments = std::make_shared<AlertsArguments>();
  CLI::App& app = commands.add({.name = "alerts",
                                .purpose = "What is pending or fires, since when, and who is told",
                                .examples = "weir alerts .weir/data\n"
                                            "  weir alerts .weir/data --all --format json\n"
                                            "  weir alerts .weir/data --stats"},
                               [arguments] { return alerts_command(*arguments); });
  add_place(app, *arguments);
  app.add_flag("--all", arguments->all, "also what has resolved");
  app.add_flag("--stats", arguments->stats,
               "how many there were, how many mattered, and how long they took, by service");
  add_parsed(app, "--from", arguments->query.from_us, parse_rfc3339,
             "of --stats: no decision before (2026-01-05T03:00:00Z)");
  add_parsed(app, "--to", arguments->query.to_us, parse_rfc3339, "of --stats: none after");
  add_format(app, arguments->format);
}

void add_why(Commands& commands) {
  const auto arguments = std::make_shared<AlertsArguments>();
  CLI::App& app = commands.add({.name = "why",
                                .purpose = "The story of one alert: what was decided, and why",
                                .examples = "weir why 8f1c0b6e2d3a4f50 .weir/data"},
                               [arguments] { return why_command(*arguments); });
  app.add_option("ALERT", arguments->alert, "its fingerprint, as `weir alerts` shows it")
      ->required();
  add_place(app, *arguments);
  add_format(app, arguments->format);
}

}  // namespace weir::cli
