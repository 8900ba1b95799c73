// `weir query`: results of a log, beside whoever writes it.
#include "processors/graph.h"
#include "sinks/results/kpi_results.h"
#include "tools/weir/burn_format.h"
#include "tools/weir/command.h"
#include "tools/weir/dead_letters.h"
#include "tools/weir/log_source.h"
#include "tools/weir/result_format.h"

namespace weir::cli {
namespace {

using results::Condition;
using results::KpiQuery;
using results::KpiResults;

struct QueryArguments {
  std::string directory;
  std::string kafka_config;
  KpiQuery kpi;
  results::BurnQuery burn;
  Format format = Format::table;
};

Result<void> query_kpi(const QueryArguments& arguments) {
  WEIR_ASSIGN(const auto source, LogSource::open(arguments.directory, arguments.kafka_config));
  const runtime::Reader& log = source->reader();
  const auto partitions = log.partitions(topics::kKpi);
  if (!partitions && partitions.error().code == ErrorCode::not_found)
    return fail(ErrorCode::not_found,
                "{}: no results are here; run `weir replay {} --out RESULTS` and query RESULTS",
                source->name(), source->name());
  if (!partitions) return std::unexpected(partitions.error());
  WEIR_ASSIGN(const KpiResults results, KpiResults::open(log, arguments.kpi));
  return write_kpi(results, arguments.format);
}

Result<void> query_dead_letters(const QueryArguments& arguments) {
  WEIR_ASSIGN(const auto source, LogSource::open(arguments.directory, arguments.kafka_config));
  return write_dead_letters(source->reader(), arguments.format);
}

Result<void> query_burn(const QueryArguments& arguments) {
  WEIR_ASSIGN(const auto source, LogSource::open(arguments.directory, arguments.kafka_config));
  return write_burn(
      [&](const results::VisitBurn& visit) {
        return results::read_burn(source->reader(), arguments.burn, visit);
      },
      arguments.format);
}

void add_conditions(CLI::App& app, std::vector<Condition>& conditions) {
  app.add_option_function<std::vector<std::string>>(
         "--where",
         [&conditions](const std::vector<std::string>& texts) {
           for (const std::string& text : texts) {
             auto condition = results::parse_condition(text);
             if (!condition) throw CLI::ValidationError("--where", condition.error().message);
             conditions.push_back(*std::move(condition));
           }
         },
         "only series with this value (service=code); may be repeated")
      ->allow_extra_args(false);
}

void add_kpi(Commands& kinds, const std::shared_ptr<QueryArguments>& arguments) {
  CLI::App& app = kinds.add(
      {.name = "kpi",
       .purpose = "The last value of each series, window and end, oldest first",
       .examples = "weir query results kpi --scope service,model --window 1m --where service=chat\n"
                   "  weir query results kpi --scope service --window 1h/1m --format json"},
      [arguments] { return query_kpi(*arguments); });
  KpiQuery& query = arguments->kpi;
  add_parsed(app, "--scope", query.scope, results::parse_scope,
             "which series: the dimensions of a scope that is configured, as service,model; '*' is "
             "everything together")
      ->required();
  add_parsed(
      app, "--window", query.window, results::parse_window_name,
      "which windows: their length (1m), and their hop too where several are as long (1m/10s)")
      ->required();
  add_conditions(app, query.where);
  add_parsed(app, "--from", query.from_us, parse_rfc3339,
             "only windows that end then or later (2026-01-05T03:00:00Z)");
  add_parsed(app, "--to", query.to_us, parse_rfc3339, "only windows that end then or earlier");
  app.add_flag("--all", query.all, "also values that were restated since, and by what");
  add_format(app, arguments->format);
}

void add_dead_letter(Commands& kinds, const std::shared_ptr<QueryArguments>& arguments) {
  CLI::App& app = kinds.add({.name = "deadletter",
                             .purpose = "What was refused, where it came from, and why",
                             .examples = "weir query results deadletter --format json"},
                            [arguments] { return query_dead_letters(*arguments); });
  add_format(app, arguments->format);
}

void add_burn(Commands& kinds, const std::shared_ptr<QueryArguments>& arguments) {
  CLI::App& app = kinds.add(
      {.name = "burn",
       .purpose = "Budgets and burn rates of objectives, as they were told",
       .examples = "weir query results burn --last\n"
                   "  weir query results burn --objective chat-availability --format json"},
      [arguments] { return query_burn(*arguments); });
  results::BurnQuery& query = arguments->burn;
  app.add_option("--objective", query.objective, "only the objective of this name");
  add_parsed(app, "--from", query.from_us, parse_rfc3339,
             "only what ends then or later (2026-01-05T03:00:00Z)");
  add_parsed(app, "--to", query.to_us, parse_rfc3339, "only what ends then or earlier");
  app.add_flag("--last", query.last, "only what each ledger told last");
  add_format(app, arguments->format);
}

}  // namespace

void add_query(Commands& commands) {
  const auto arguments = std::make_shared<QueryArguments>();
  CLI::App& app =
      commands.add_group({.name = "query",
                          .purpose = "Print results of a log: KPIs, budgets, or what was refused",
                          .examples = "weir query results kpi --scope service --window 1m"});
  // Required, but not to CLI11, which would take the name of a subcommand for it.
  app.add_option("DIR", arguments->directory,
                 "directory of the log (of `weir up`: .weir/data); left out with --kafka");
  app.add_option("--kafka", arguments->kafka_config,
                 "read the cluster of this configuration instead of a directory");
  app.callback([arguments] { need_one_place(arguments->directory, arguments->kafka_config); });
  Commands kinds = commands.within(app);
  add_kpi(kinds, arguments);
  add_burn(kinds, arguments);
  add_dead_letter(kinds, arguments);
}

}  // namespace weir::cli
