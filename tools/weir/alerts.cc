// `weir alerts` and `weir why`: what fires, and the story of one alert.
#include <algorithm>
#include <array>
#include <map>

#include <fmt/ranges.h>

#include "tools/weir/alert_source.h"
#include "tools/weir/json_rows.h"
#include "tools/weir/text_table.h"

namespace weir::cli {
namespace {

using results::Json;

struct AlertsArguments {
  ResultPlace place;
  std::string alert;
  bool all = false;
  bool stats = false;
  results::DecisionQuery query;
  Format format = Format::table;
};

constexpr std::size_t kMaxLabelBytes = 200;
constexpr std::size_t kMaxAnnotationBytes = 500;

/// "chat-availability page-1h tenant=a": what it is about, series and all.
std::string title_of(const Json& alert) {
  const Json& condition = field(alert, "condition");
  const Json& scope = field(condition, "scope");
  const Json& series = field(condition, "series");
  std::string title = text_of(condition, "objective") + " " + text_of(condition, "condition");
  for (std::size_t i = 0; i < std::min(scope.size(), series.size()); ++i)
    title += fmt::format(" {}={}", text_of(scope[i]), text_of(series[i]));
  return title;
}

/// Why nobody is told of it, who is on it, and whether it comes and goes.
std::string note_of(const Json& alert) {
  std::vector<std::string> notes;
  if (const Json& by = field(alert, "silenced_by"); !by.empty())
    notes.push_back("silenced by " + joined(by));
  if (const Json& by = field(alert, "inhibited_by"); !by.empty())
    notes.push_back("inhibited by " + joined(by));
  if (const Json& acknowledged = field(alert, "acknowledged"); acknowledged.is_object())
    notes.push_back(text_of(acknowledged, "by") + " is on it");
  if (field(alert, "flapping") == true) notes.emplace_back("comes and goes");
  return fmt::format("{}", fmt::join(notes, "; "));
}

/// "oncall: sent,chat": what was decided last about telling each, if anything was.
std::string receivers_of(const Json& alert) {
  std::map<std::string, std::string> told;
  for (const Json& each : field(alert, "told"))
    told[text_of(each, "receiver")] = ": " + text_of(each, "what");
  Json list = Json::array();
  for (const Json& each : field(alert, "receivers"))
    list.push_back(text_of(each) + told[text_of(each)]);
  return joined(list);
}

constexpr std::array kAlertColumns = {
    JsonColumn{"fingerprint", [](const Json& row) { return text_of(row, "fingerprint"); }},
    JsonColumn{"severity", [](const Json& row) { return text_of(row, "severity"); }},
    JsonColumn{"state", [](const Json& row) { return text_of(row, "state"); }},
    JsonColumn{"alert", title_of},
    JsonColumn{"since", [](const Json& row) { return text_of(row, "starts_at"); }},
    JsonColumn{"ended", [](const Json& row) { return text_of(row, "ends_at"); }},
    JsonColumn{"receivers", receivers_of},
    JsonColumn{"note", note_of},
    JsonColumn{"summary",
               [](const Json& row) { return text_of(field(row, "annotations"), "summary"); }}};

constexpr std::array kDecisionColumns = {
    JsonColumn{"at", [](const Json& row) { return text_of(row, "append_time"); }},
    JsonColumn{"event_time", [](const Json& row) { return text_of(row, "time"); }},
    JsonColumn{"what", [](const Json& row) { return text_of(row, "kind"); }},
    JsonColumn{"receiver", [](const Json& row) { return text_of(row, "receiver"); }},
    JsonColumn{"because", [](const Json& row) { return text_of(row, "because"); }},
    JsonColumn{"notification", [](const Json& row) { return text_of(row, "notification_id"); }}};

constexpr std::array kStatsColumns = {
    JsonColumn{"service", [](const Json& row) { return text_of(row, "service"); }},
    JsonColumn{"fired", [](const Json& row) { return text_of(row, "fired"); }},
    JsonColumn{"hidden", [](const Json& row) { return text_of(row, "hidden"); }},
    JsonColumn{"incidents", [](const Json& row) { return text_of(row, "incidents"); }},
    JsonColumn{"notifications", [](const Json& row) { return text_of(row, "notifications"); }},
    JsonColumn{"acknowledged", [](const Json& row) { return text_of(row, "acknowledged"); }},
    JsonColumn{"signal_to_noise", [](const Json& row) { return text_of(row, "signal_to_noise"); }},
    JsonColumn{"precision", [](const Json& row) { return text_of(row, "precision"); }},
    JsonColumn{"mtta_s", [](const Json& row) { return text_of(row, "mtta_s"); }},
    JsonColumn{"mttr_s", [](const Json& row) { return text_of(row, "mttr_s"); }},
    JsonColumn{"mtbf_s", [](const Json& row) { return text_of(row, "mtbf_s"); }}};

/// Empty where it is no number.
std::string ratio_of(const Json& row, const char* name) {
  const Json& ratio = field(row, name);
  return ratio.is_number() ? fmt::format("{:.3g}", ratio.get<double>()) : "";
}

std::string length_of(const Json& row, const char* name) {
  const Json& seconds = field(row, name);
  return seconds.is_number() ? short_duration(seconds.get<double>() * 1e6) : "";
}

/// The same in digits and units for people.
constexpr std::array kStatsTable = {
    kStatsColumns[0],
    kStatsColumns[1],
    kStatsColumns[2],
    kStatsColumns[3],
    kStatsColumns[4],
    kStatsColumns[5],
    JsonColumn{"signal_to_noise", [](const Json& row) { return ratio_of(row, "signal_to_noise"); }},
    JsonColumn{"precision", [](const Json& row) { return ratio_of(row, "precision"); }},
    JsonColumn{"mtta", [](const Json& row) { return length_of(row, "mtta_s"); }},
    JsonColumn{"mttr", [](const Json& row) { return length_of(row, "mttr_s"); }},
    JsonColumn{"mtbf", [](const Json& row) { return length_of(row, "mtbf_s"); }}};

/// A row for each service, and one for all.
Result<void> stats_command(const AlertsArguments& arguments, AlertSource& source) {
  WEIR_ASSIGN(const Json stats, source.stats(arguments.query));
  Json rows = Json::array();
  const auto add = [&rows](const std::string& service, const Json& of_it) {
    Json& row = rows.emplace_back(Json{{"service", service}});
    if (of_it.is_object()) row.update(of_it);
  };
  for (const auto& [service, own] : field(stats, "services").items()) add(service, own);
  add("all", field(stats, "all"));
  Output output;
  const auto& columns = arguments.format == Format::table ? kStatsTable : kStatsColumns;
  return write_rows(rows, columns, arguments.format, output);
}

Result<void> alerts_command(const AlertsArguments& arguments) {
  WEIR_ASSIGN(const auto source, AlertSource::open(arguments.place));
  if (arguments.stats) return stats_command(arguments, *source);
  WEIR_ASSIGN(const Json alerts, source->alerts(arguments.all));
  Output output;
  return write_rows(alerts, kAlertColumns, arguments.format, output,
                    arguments.all ? "there is no alert"
                                  : "nothing is pending or fires; --all shows what has resolved");
}

/// What it is, before what happened to it.
std::string heading(const Json& alert) {
  std::string text =
      fmt::format("{} is {} since {}, life {}\n", text_of(alert, "fingerprint"),
                  text_of(alert, "state"), text_of(alert, "starts_at"), text_of(alert, "life"));
  for (const auto& [name, value] : field(alert, "labels").items())
    text += fmt::format("  {} = {}\n", name, printable(text_of(value), kMaxLabelBytes));
  for (const auto& [name, value] : field(alert, "annotations").items())
    text += fmt::format("  {}: {}\n", name, printable_line(text_of(value), kMaxAnnotationBytes));
  const std::string note = printable_line(note_of(alert), kMaxAnnotationBytes);
  return text + (note.empty() ? "" : "  " + note + "\n") + "\n";
}

Result<void> why_command(const AlertsArguments& arguments) {
  WEIR_ASSIGN(const auto source, AlertSource::open(arguments.place));
  WEIR_ASSIGN(const Json alerts, source->alerts(true));
  WEIR_ASSIGN(const Json decisions, source->decisions({.alert = arguments.alert}));
  const auto alert = std::ranges::find_if(
      alerts, [&](const Json& each) { return text_of(each, "fingerprint") == arguments.alert; });
  if (alert == alerts.end() && decisions.empty())
    return fail(ErrorCode::not_found, "{}: there is no such alert; `weir alerts --all` lists them",
                arguments.alert);
  Output output;
  if (alert != alerts.end() && arguments.format == Format::table) output.write(heading(*alert));
  return write_rows(decisions, kDecisionColumns, arguments.format, output,
                    "no decision about it is kept any more");
}

}  // namespace

void add_alerts(Commands& commands) {
  const auto arguments = std::make_shared<AlertsArguments>();
  CLI::App& app = commands.add({.name = "alerts",
                                .purpose = "What is pending or fires, since when, and who is told",
                                .examples = "weir alerts\n"
                                            "  weir alerts --stats --url https://weir.example.com\n"
                                            "  weir alerts .weir/data --all --format json"},
                               [arguments] { return alerts_command(*arguments); });
  add_result_place(app, arguments->place);
  app.add_flag("--all", arguments->all, "also what has resolved");
  app.add_flag("--stats", arguments->stats,
               "how many there were, how many mattered, and how long they took, by service");
  add_parsed(app, "--from", arguments->query.from_us, parse_rfc3339,
             "of --stats: no decision before (2026-01-05T03:00:00Z); without either a running weir "
             "tells the last 30 days");
  add_parsed(app, "--to", arguments->query.to_us, parse_rfc3339, "of --stats: none after");
  add_format(app, arguments->format);
}

void add_why(Commands& commands) {
  const auto arguments = std::make_shared<AlertsArguments>();
  CLI::App& app = commands.add({.name = "why",
                                .purpose = "The story of one alert: what was decided, and why",
                                .examples = "weir why 8f1c0b6e2d3a4f50\n"
                                            "  weir why 8f1c0b6e2d3a4f50 .weir/data"},
                               [arguments] { return why_command(*arguments); });
  add_parsed(app, "ALERT", arguments->alert, parse_fingerprint,
             "its fingerprint, as `weir alerts` shows it")
      ->required();
  add_result_place(app, arguments->place);
  add_format(app, arguments->format);
}

}  // namespace weir::cli
