// `weir explain`: where a number of an objective came from, down to the records of the raw log.
#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include <fmt/ranges.h>

#include "processors/aggregates/definitions.h"
#include "processors/graph.h"
#include "processors/objectives/parts.h"
#include "processors/slo/plan.h"
#include "sinks/results/burn_results.h"
#include "sinks/results/record_scan.h"
#include "tools/weir/command.h"
#include "tools/weir/json_rows.h"
#include "tools/weir/log_source.h"
#include "weir/v1/alert.pb.h"
#include "weir/v1/sli.pb.h"

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
  Format format = Format::table;
};

/// What is to be explained: a window of a ledger, as it was told.
struct Told {
  v1::BurnResult result;
  std::int64_t good = 0;
  std::int64_t total = 0;
};

std::string list_of(const std::vector<std::string>& names) {
  return names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "));
}

/// The window of that length. False: the ledger has none.
bool find_window(DurationUs length, Told& told) {
  for (const v1::BurnWindow& window : told.result.window()) {
    if (window.length_us() != length) continue;
    told.good = window.good();
    told.total = window.total();
    return true;
  }
  return false;
}

/// The last result of the ledger up to that time.
Result<Told> find_told(const runtime::Reader& log, const ExplainArguments& arguments) {
  std::optional<Told> told;
  std::set<std::string> series;
  const auto visit = [&](const v1::BurnResult& result) {
    const std::string own = results::series_text(result);
    series.insert(own);
    if (own != arguments.series || result.closed()) return true;
    if (!told || result.end_time_us() >= told->result.end_time_us()) told = Told{.result = result};
    return true;
  };
  WEIR_TRY(
      results::read_burn(log, {.objective = arguments.objective, .to_us = arguments.at_us}, visit));
  if (series.empty())
    return fail(ErrorCode::not_found,
                "objective {}: nothing was told of it{}; `weir slo status` lists what there is",
                arguments.objective,
                arguments.at_us == kMaxTime ? "" : " until " + format_rfc3339(arguments.at_us));
  if (!told)
    return fail(ErrorCode::not_found, "objective {} has no series '{}'; it has: {}",
                arguments.objective, arguments.series, list_of({series.begin(), series.end()}));
  if (find_window(arguments.window_us, *told)) return *told;
  std::vector<std::string> lengths;
  for (const v1::BurnWindow& window : told->result.window())
    lengths.push_back(format_duration(window.length_us()));
  return fail(ErrorCode::not_found, "objective {} has no window of {}; it has: {}",
              arguments.objective, format_duration(arguments.window_us), list_of(lengths));
}

/// The window by which an alert began to hold, as it did.
Result<void> name_alert(const runtime::Reader& log, ExplainArguments& arguments) {
  std::optional<v1::Alert> alert;
  WEIR_TRY(results::scan_topic(log, topics::kAlert,
                               [&](std::int32_t, const runtime::Record& record) -> Result<bool> {
                                 v1::AlertRecord told;
                                 WEIR_TRY(results::parse_record(record, told));
                                 if (told.alert().fingerprint() == arguments.alert)
                                   alert = std::move(*told.mutable_alert());
                                 return true;
                               }));
  if (!alert)
    return fail(ErrorCode::not_found,
                "{}: there is no such alert; `weir alerts DIR --all` lists them", arguments.alert);
  const v1::ConditionChange& condition = alert->condition();
  v1::BurnResult ledger;
  *ledger.mutable_scope() = condition.scope();
  *ledger.mutable_series() = condition.series();
  arguments.objective = condition.objective();
  arguments.series = results::series_text(ledger);
  arguments.window_us = condition.long_window().length_us();
  arguments.at_us = alert->starts_at_us();
  return {};
}

/// Adds up again what fold counted, batch by batch.
class Recount {
 public:
  Recount(const runtime::Reader& log, const Told& told, DurationUs window_us)
      : log_(log), told_(told), window_us_(window_us) {}

  Result<void> run() {
    const runtime::TopicPartition where{std::string(topics::kSli), told_.result.as_of_partition()};
    WEIR_ASSIGN(const runtime::Bounds bounds, log_.bounds(where));
    begins_at_ = bounds.start;
    return results::scan_partition(log_, where, 0,
                                   [&](const runtime::Record& record) -> Result<bool> {
                                     if (record.offset > told_.result.as_of_offset()) return false;
                                     v1::SliBatch batch;
                                     WEIR_TRY(results::parse_record(record, batch));
                                     if (batch.has_definitions()) learn(batch.definitions());
                                     for (const v1::SliDelta& delta : batch.delta())
                                       add(record, batch, delta);
                                     return true;
                                   });
  }

  /// The first record there is: what was before it has left the log.
  std::int64_t begins_at() const { return begins_at_; }
  std::int64_t good() const { return good_; }
  std::int64_t total() const { return total_; }
  const Json& rows() const { return rows_; }

 private:
  void learn(const v1::Objectives& definitions) {
    const auto known = objectives::Objectives::make(definitions);
    const auto* objective = known ? (*known)->find(told_.result.objective_id()) : nullptr;
    if (objective == nullptr) return;
    const slo::LedgerPlan plan(*objective);
    for (const slo::LedgerPlan::Window& window : plan.windows())
      if (window.length_us == window_us_)
        from_us_ =
            align_down(told_.result.end_time_us() - window_us_, slo::kTierSpans[window.tier]);
  }

  bool concerns(const v1::SliDelta& delta) const {
    const TimeUs pane_us = delta.pane() * objectives::kPaneUs;
    if (delta.objective_id() != told_.result.objective_id() || pane_us < from_us_ ||
        pane_us >= told_.result.end_time_us())
      return false;
    const auto series = aggregates::decode_series(
        delta.series(), static_cast<std::size_t>(told_.result.series_size()));
    return told_.result.overflow() ||
           (series && std::ranges::equal(*series, told_.result.series()));
  }

  void add(const runtime::Record& record, const v1::SliBatch& batch, const v1::SliDelta& delta) {
    if (!concerns(delta)) return;
    good_ += delta.good();
    total_ += delta.total();
    rows_.push_back(
        {{"pane", format_rfc3339(delta.pane() * objectives::kPaneUs)},
         {"good", delta.good()},
         {"bad", delta.total() - delta.good()},
         {"counted_at",
          fmt::format("{}/{}@{}", topics::kSli, told_.result.as_of_partition(), record.offset)},
         {"from_records", fmt::format("{}/{}@[{}, {})", batch.raw_topic(), batch.raw_partition(),
                                      batch.begin_offset(), batch.end_offset())}});
  }

  const runtime::Reader& log_;
  const Told& told_;
  const DurationUs window_us_;
  TimeUs from_us_ = told_.result.end_time_us() - window_us_;
  std::int64_t begins_at_ = 0;
  std::int64_t good_ = 0;
  std::int64_t total_ = 0;
  Json rows_ = Json::array();
};

constexpr std::array kColumns = {
    JsonColumn{"pane", [](const Json& row) { return text_of(row, "pane"); }},
    JsonColumn{"good", [](const Json& row) { return text_of(row, "good"); }},
    JsonColumn{"bad", [](const Json& row) { return text_of(row, "bad"); }},
    JsonColumn{"counted_at", [](const Json& row) { return text_of(row, "counted_at"); }},
    JsonColumn{"from_records", [](const Json& row) { return text_of(row, "from_records"); }}};

/// What was told, how it was calculated, and whether the counts say the same.
std::string heading(const Told& told, const Recount& recount, DurationUs window_us) {
  const v1::BurnResult& result = told.result;
  const std::int64_t bad = told.total - told.good;
  const std::int64_t budget_ppb = objectives::kPpb - result.target_ppb();
  const std::string series = results::series_text(result);
  std::string text = fmt::format("{}{}, {} to {}: {} bad of {}", result.objective(),
                                 series.empty() ? "" : " " + series, format_duration(window_us),
                                 format_rfc3339(result.end_time_us()), bad, told.total);
  if (told.total > 0)
    text += fmt::format("\n  burn rate = ({} / {}) / {} = {:.4g}", bad, told.total,
                        objectives::format_ppb(budget_ppb),
                        static_cast<double>(bad) / static_cast<double>(told.total) * 1e9 /
                            static_cast<double>(budget_ppb));
  if (!result.complete()) text += "\n  a raw partition was left out of the time then";
  const bool same = recount.good() == told.good && recount.total() == told.total;
  if (same) return text + "\n  counted again from the log: the same\n\n";
  text += fmt::format("\n  counted again from the log: {} bad of {}",
                      recount.total() - recount.good(), recount.total());
  if (recount.begins_at() > 0)
    text += fmt::format("; what was before {}/{}@{} has left the log", topics::kSli,
                        result.as_of_partition(), recount.begins_at());
  if (result.excluded_total() > 0) text += "; planned times are counted apart";
  return text + "\n\n";
}

Result<void> explain(ExplainArguments arguments) {
  if (arguments.directory.empty() == arguments.kafka_config.empty())
    return fail(ErrorCode::invalid_argument,
                "give the directory of a log, or --kafka FILE instead of it");
  WEIR_ASSIGN(const auto source, LogSource::open(arguments.directory, arguments.kafka_config));
  if (!arguments.alert.empty()) WEIR_TRY(name_alert(source->reader(), arguments));
  WEIR_ASSIGN(const Told told, find_told(source->reader(), arguments));
  if (told.result.method() != v1::BUDGETING_METHOD_OCCURRENCES)
    return fail(ErrorCode::invalid_argument,
                "objective {} counts slices of time; only what counts events (Occurrences) is "
                "explained record by record",
                arguments.objective);
  Recount recount(source->reader(), told, arguments.window_us);
  WEIR_TRY(recount.run());
  Output output;
  if (arguments.format == Format::table) output.write(heading(told, recount, arguments.window_us));
  return write_rows(recount.rows(), kColumns, arguments.format, output);
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
  CLI::Option_group& what = *app.add_option_group("what");
  what.require_option(1);
  what.add_option("--alert", arguments->alert, "what made this alert: its fingerprint");
  what.add_option("--objective", arguments->objective, "a ledger of the objective of this name");
  app.add_option("--series", arguments->series,
                 "which of its ledgers, where it has several: tenant=a,model=b");
  add_parsed(app, "--window", arguments->window_us, parse_duration,
             "which of its windows: 5m, 1h (where nothing is said), 6h, 3d, ...");
  add_parsed(app, "--at", arguments->at_us, parse_rfc3339,
             "as it was told then, or last before (2026-01-05T03:10:00Z)");
  add_format(app, arguments->format);
}

}  // namespace weir::cli
