// `weir explain`: where a number of an objective came from, down to the records of the raw log.
#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include <fmt/ranges.h>

#include "processors/graph.h"
#include "processors/objectives/parts.h"
#include "processors/slo/conditions.h"
#include "processors/slo/ledger.h"
#include "sinks/results/alert_board.h"
#include "sinks/results/burn_results.h"
#include "sinks/results/decisions.h"
#include "tools/weir/alert_source.h"
#include "tools/weir/command.h"
#include "tools/weir/json_rows.h"
#include "tools/weir/log_source.h"
#include "tools/weir/recount.h"
#include "tools/weir/text_table.h"

namespace weir::cli {
namespace {

using results::Json;

struct ExplainArguments {
  std::string directory;
  std::string kafka_config;
  std::string alert;
  std::string objective;
  std::string series;
  DurationUs window_us = kHourUs;
  TimeUs at_us = kMaxTime;
  bool all = false;
  Format format = Format::table;
};

/// What is to be explained.
struct Question {
  std::string objective;
  std::string series;
  std::vector<DurationUs> lengths_us;  // of windows, the longest first
  TimeUs at_us = kMaxTime;
  std::string silence;  // why it was told that nothing comes; empty: it is of a burn rate
};

constexpr std::size_t kMaxNameBytes = 500;  // of a series, with all its values, or of a reason

std::string list_of(const std::vector<std::string>& names) {
  if (names.empty()) return "none";
  return printable(fmt::format("{}", fmt::join(names, ", ")), kMaxNameBytes);
}

/// The last result of the ledger up to that time.
Result<v1::BurnResult> find_told(const runtime::Reader& log, const Question& question) {
  std::optional<v1::BurnResult> told;
  std::set<std::string> series;
  const auto visit = [&](const v1::BurnResult& result) {
    const std::string own = results::series_text(result);
    series.insert(own);
    if (own != question.series || result.closed()) return true;
    if (!told || result.end_time_us() >= told->end_time_us()) told = result;
    return true;
  };
  WEIR_TRY(
      results::read_burn(log, {.objective = question.objective, .to_us = question.at_us}, visit));
  if (series.empty())
    return fail(ErrorCode::not_found,
                "objective {}: nothing was told of it{}; `weir slo status` lists what there is",
                question.objective,
                question.at_us == kMaxTime ? "" : " until " + format_rfc3339(question.at_us));
  if (!told)
    return fail(ErrorCode::not_found, "objective {} has no series '{}'; it has: {}",
                question.objective, question.series, list_of({series.begin(), series.end()}));
  if (told->overflow())
    return fail(ErrorCode::invalid_argument,
                "objective {}: {} stands for all series above the cap (slo.max_series), whose "
                "counts the log does not tell from the others; raise the cap",
                question.objective, question.series);
  return *std::move(told);
}

Result<std::vector<RecountedWindow>> windows_of(const v1::BurnResult& told,
                                                const Question& question) {
  std::vector<RecountedWindow> windows;
  for (const DurationUs length_us : question.lengths_us) {
    const auto found = std::ranges::find(told.window(), length_us, &v1::BurnWindow::length_us);
    if (found != told.window().end()) {
      windows.push_back({.told = *found});
      continue;
    }
    std::vector<std::string> lengths;
    for (const v1::BurnWindow& window : told.window())
      lengths.push_back(format_duration(window.length_us()));
    return fail(ErrorCode::not_found, "objective {} has no window of {}; it has: {}",
                question.objective, format_duration(length_us), list_of(lengths));
  }
  return windows;
}

/// Of the alert's present or last life, which may be over: then the alert has what ended it.
Result<std::string> why_it_fired(const runtime::Reader& log, const v1::Alert& alert) {
  std::string because = alert.condition().reason();
  WEIR_TRY(results::read_decisions(
      log, {.alert = alert.fingerprint()}, [&](const v1::Decision& decision) {
        if (decision.life() != alert.life() || decision.kind() != v1::DECISION_KIND_FIRED)
          return true;
        because = decision.because();
        return false;
      }));
  return because;
}

/// The windows by which an alert began to hold, as they did.
Result<Question> question_of_alert(const runtime::Reader& log, const std::string& fingerprint) {
  results::AlertBoard board;
  WEIR_TRY(board.update(log));
  const auto found = board.alerts().find(fingerprint);
  if (found == board.alerts().end())
    return fail(ErrorCode::not_found,
                "{}: there is no such alert; `weir alerts --all` of the same place lists them",
                fingerprint);
  const v1::Alert& alert = found->second;
  const v1::ConditionChange& condition = alert.condition();
  Question question{.objective = condition.objective(),
                    .series = results::series_text(condition.scope(), condition.series()),
                    .lengths_us = {condition.long_window().length_us()},
                    .at_us = alert.starts_at_us(),
                    .silence = {}};
  if (condition.has_short_window())
    question.lengths_us.push_back(condition.short_window().length_us());
  if (condition.condition() == slo::kSilent) {
    WEIR_ASSIGN(question.silence, why_it_fired(log, alert));
  }
  return question;
}

constexpr std::array kDeltaColumns = {
    JsonColumn{"pane", [](const Json& row) { return text_of(row, "pane"); }},
    JsonColumn{"good", [](const Json& row) { return text_of(row, "good"); }},
    JsonColumn{"bad", [](const Json& row) { return text_of(row, "bad"); }},
    JsonColumn{"counted_at", [](const Json& row) { return text_of(row, "counted_at"); }},
    JsonColumn{"from_records", [](const Json& row) { return text_of(row, "from_records"); }}};

std::string ratio_text(const Json& row, const char* name) {
  const Json& ratio = field(row, name);
  return ratio.is_number() ? fmt::format("{:.6g}", ratio.get<double>()) : "";
}

constexpr std::array kSliceColumns = {
    JsonColumn{"slice", [](const Json& row) { return text_of(row, "slice"); }},
    JsonColumn{"good", [](const Json& row) { return text_of(row, "good"); }},
    JsonColumn{"total", [](const Json& row) { return text_of(row, "total"); }},
    JsonColumn{"ratio", [](const Json& row) { return ratio_text(row, "ratio"); }},
    JsonColumn{"target", [](const Json& row) { return ratio_text(row, "target"); }},
    JsonColumn{"counts_as", [](const Json& row) { return text_of(row, "counts_as"); }},
    JsonColumn{"counted_at", [](const Json& row) { return text_of(row, "counted_at"); }},
    JsonColumn{"from_records", [](const Json& row) { return text_of(row, "from_records"); }}};

Json rows_of_deltas(const Recount& recount, const v1::BurnResult& told) {
  Json rows = Json::array();
  for (const RecountedDelta& each : recount.deltas())
    rows.push_back(
        {{"pane", format_rfc3339(each.pane_us)},
         {"good", each.good},
         {"bad", each.bad},
         {"counted_at", fmt::format("{}/{}@{}", topics::kSli, told.as_of_partition(), each.offset)},
         {"from_records", each.raw_records}});
  return rows;
}

std::string count_of(std::int64_t units, const v1::BurnResult& told) {
  return objectives::describe_count(units, told.method());
}

std::string range_text(std::string_view partition, const RecountedSlice::Range& range) {
  return fmt::format("{}@[{}, {})", partition, range.begin, range.end);
}

/// "good", "bad", "0.75 good" where a slice counts as its ratio; one that is not over counts later.
std::string counts_as(const v1::ObjectiveDefinition& sliced, TimeUs start_us,
                      const slo::Counts& events, const v1::BurnResult& told) {
  if (start_us + sliced.slice_us() > told.end_time_us()) return "not over";
  const slo::Counts units = slo::slice_units(sliced, events);
  if (units.total == 0) return "nothing";
  if (sliced.method() == v1::BUDGETING_METHOD_RATIO_TIMESLICES)
    return count_of(units.good, told) + " good";
  return units.good == 0 ? "bad" : "good";
}

Json rows_of_slices(const Recount& recount, const v1::BurnResult& told) {
  const v1::ObjectiveDefinition& sliced = *recount.sliced();
  const std::string counted = fmt::format("{}/{}", topics::kSli, told.as_of_partition());
  Json rows = Json::array();
  for (const auto& [start_us, slice] : recount.slices()) {
    std::vector<std::string> records;
    for (const auto& [partition, range] : slice.raw_records)
      records.push_back(range_text(partition, range));
    Json& row =
        rows.emplace_back(Json{{"slice", format_rfc3339(start_us)},
                               {"good", slice.events.good},
                               {"total", slice.events.total},
                               {"counts_as", counts_as(sliced, start_us, slice.events, told)},
                               {"counted_at", range_text(counted, slice.offsets)},
                               {"from_records", fmt::format("{}", fmt::join(records, ", "))}});
    if (slice.events.total != 0)
      row["ratio"] =
          static_cast<double>(slice.events.good) / static_cast<double>(slice.events.total);
    if (sliced.method() == v1::BUDGETING_METHOD_TIMESLICES)
      row["target"] = static_cast<double>(sliced.slice_target_ppb()) / objectives::kPpb;
  }
  return rows;
}

/// What is bad of a window; of a silence how much came before it.
std::string counts_text(const slo::Counts& counts, const v1::BurnResult& told, bool silent) {
  const bool sliced = told.method() != v1::BUDGETING_METHOD_OCCURRENCES;
  const std::string total = count_of(counts.total, told);
  if (silent) return total + (sliced ? " slices" : " events");
  return fmt::format("{} bad of {}{}", count_of(counts.bad(), told), total,
                     sliced ? " slices" : "");
}

/// What was told of a window, how it was calculated, and whether the counts say the same.
std::string describe(const RecountedWindow& window, const v1::BurnResult& told,
                     const Recount& recount, bool silent) {
  const slo::Counts counts{window.told.good(), window.told.total()};
  const std::int64_t budget_ppb = objectives::kPpb - told.target_ppb();
  std::string text = fmt::format("  {}: {}", format_duration(window.told.length_us()),
                                 counts_text(counts, told, silent));
  if (window.told.has_burn_rate() && !silent)
    text += fmt::format(", burn rate = ({} / {}) / {} = {:.4g}", count_of(counts.bad(), told),
                        count_of(counts.total, told), objectives::format_ppb(budget_ppb),
                        window.told.burn_rate());
  if (window.is_same()) return text + "; counted again from the log: the same\n";
  text += fmt::format("; counted again from the log: {}", counts_text(window.found, told, silent));
  if (recount.begins_at() > 0)
    text += fmt::format("; what was before {}/{}@{} has left the log", topics::kSli,
                        told.as_of_partition(), recount.begins_at());
  if (recount.sliced() != nullptr)
    text += fmt::format("; what came {} after the end of its slice counts nowhere",
                        format_duration(slo::kSliceMemoryUs));
  if (told.excluded_total() > 0) text += "; planned times are counted apart";
  return text + "\n";
}

/// When a slice is good.
std::string describe(const v1::ObjectiveDefinition& sliced) {
  const std::string length = format_duration(sliced.slice_us());
  if (sliced.method() == v1::BUDGETING_METHOD_RATIO_TIMESLICES)
    return fmt::format("  counted in slices of {}, each as the ratio of its good events\n", length);
  return fmt::format("  counted in slices of {}, good where {} {} of their events are\n", length,
                     sliced.slice_above() ? "more than" : "at least",
                     objectives::format_ppb(sliced.slice_target_ppb()));
}

/// What is not among the rows, and what these say of records.
std::string describe_rows(const Recount& recount) {
  const bool sliced = recount.sliced() != nullptr;
  std::string text;
  if (recount.left_out() > 0)
    text += fmt::format("  {} older {} are not listed\n", recount.left_out(),
                        sliced ? "slices" : "counts");
  if (const Spared& spared = recount.spared(); spared.rows > 0)
    text += fmt::format("  not listed without --all: {} {}, of {} events\n", spared.rows,
                        sliced ? "slices that count as good" : "counts of panes with nothing bad",
                        spared.events);
  if (!recount.deltas().empty() || !recount.slices().empty())
    text +=
        "  from_records: all raw records that were counted at once, each maybe a batch of many "
        "events; those of the row are among them\n";
  return text;
}

std::string heading(const Recount& recount, const v1::BurnResult& told, const Question& question) {
  const bool silent = !question.silence.empty();
  const std::string series = printable(results::series_text(told), kMaxNameBytes);
  std::string text =
      fmt::format("{}{}{} at {}\n", printable(told.objective(), kMaxNameBytes),
                  series.empty() ? "" : " ", series, format_rfc3339(told.end_time_us()));
  if (silent) text += "  " + printable_line(question.silence, kMaxNameBytes) + "\n";
  for (const RecountedWindow& window : recount.windows())
    text += describe(window, told, recount, silent);
  if (recount.sliced() != nullptr) text += describe(*recount.sliced());
  if (!told.complete()) text += "  a raw partition was left out of the time then\n";
  return text + describe_rows(recount) + "\n";
}

Result<void> explain(const ExplainArguments& arguments) {
  if (arguments.directory.empty() == arguments.kafka_config.empty())
    return fail(ErrorCode::invalid_argument,
                "give the directory of a log, or --kafka FILE instead of it");
  WEIR_ASSIGN(const auto source, LogSource::open(arguments.directory, arguments.kafka_config));
  Question question{.objective = arguments.objective,
                    .series = arguments.series,
                    .lengths_us = {arguments.window_us},
                    .at_us = arguments.at_us,
                    .silence = {}};
  if (!arguments.alert.empty()) {
    WEIR_ASSIGN(question, question_of_alert(source->reader(), arguments.alert));
  }
  WEIR_ASSIGN(const v1::BurnResult told, find_told(source->reader(), question));
  WEIR_ASSIGN(auto windows, windows_of(told, question));
  const bool all = arguments.all || arguments.format != Format::table || !question.silence.empty();
  Recount recount(source->reader(), told, std::move(windows), all ? Kept::all : Kept::bad);
  WEIR_TRY(recount.run());
  Output output;
  if (arguments.format == Format::table) output.write(heading(recount, told, question));
  const std::string_view nothing = recount.spared().rows == 0
                                       ? "nothing was counted in that time"
                                       : "nothing of that time counts as bad";
  if (recount.sliced() != nullptr)
    return write_rows(rows_of_slices(recount, told), kSliceColumns, arguments.format, output,
                      nothing);
  return write_rows(rows_of_deltas(recount, told), kDeltaColumns, arguments.format, output,
                    nothing);
}

}  // namespace

void add_explain(Commands& commands) {
  const auto arguments = std::make_shared<ExplainArguments>();
  CLI::App& app = commands.add(
      {.name = "explain",
       .purpose = "Where a burn rate came from: its counts, and the records that they are of",
       .examples = "weir explain .weir/data --alert 61dfd0ba1f4f5de0\n"
                   "  weir explain results --objective chat-latency --series model=m "
                   "--window 6h --at 2026-01-05T03:10:00Z"},
      [arguments] { return explain(*arguments); });
  app.add_option("DIR", arguments->directory,
                 "directory of the log (of `weir up`: .weir/data); left out with --kafka");
  app.add_option("--kafka", arguments->kafka_config,
                 "read the cluster of this configuration instead of a directory");
  CLI::App& what = one_of(app, "what");
  CLI::Option* const alert = add_parsed(what, "--alert", arguments->alert, parse_fingerprint,
                                        "what made this alert: its fingerprint");
  what.add_option("--objective", arguments->objective, "a ledger of the objective of this name");
  app.add_option("--series", arguments->series,
                 "which of its ledgers, where it has several: tenant=a,model=b")
      ->excludes(alert);
  add_parsed(app, "--window", arguments->window_us, parse_duration,
             "which of its windows: 5m, 1h (where nothing is said), 6h, 3d, ...")
      ->excludes(alert);
  add_parsed(app, "--at", arguments->at_us, parse_rfc3339,
             "as it was told then, or last before (2026-01-05T03:10:00Z)")
      ->excludes(alert);
  app.add_flag("--all", arguments->all,
               "also what has nothing bad; JSON, CSV and what is told of a silence always have it");
  add_format(app, arguments->format);
}

}  // namespace weir::cli
