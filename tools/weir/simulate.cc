// `weir simulate`: labelled synthetic traffic as the raw events of a log.
#include "processors/ingest/simulate.h"

#include <filesystem>
#include <fstream>

#include "processors/graph.h"
#include "tools/weir/command.h"
#include "tools/weir/kept_records.h"
#include "tools/weir/progress_line.h"
#include "tools/weir/raw_home.h"

namespace weir::cli {
namespace {

struct SimulateArguments {
  ingest::SimulatorOptions simulator{.partitions = 4};
  std::string directory;
  bool append = false;
  bool no_incidents = false;
};

ingest::SimulatorOptions options_of(const SimulateArguments& arguments) {
  ingest::SimulatorOptions options = arguments.simulator;
  if (arguments.no_incidents) options.incidents.emplace();
  return options;
}

Result<void> write_labels(const std::string& file, const std::vector<ingest::Incident>& incidents) {
  std::ofstream labels(file, std::ios::app);
  for (const ingest::Incident& incident : incidents) labels << ingest::to_label(incident) << '\n';
  labels.close();
  if (!labels) return fail(ErrorCode::io, "{}: cannot be written", file);
  return {};
}

Result<void> simulate_log(const SimulateArguments& arguments) {
  ingest::SimulatorOptions options = options_of(arguments);
  WEIR_ASSIGN(const auto home, open_raw_home({.directory = arguments.directory,
                                              .append = arguments.append,
                                              .partitions = options.partitions}));
  WEIR_ASSIGN(options.partitions, raw_partitions(*home));
  WEIR_ASSIGN(const Starts before, starts_of(*home->log, {topics::kInference}));
  ProgressLine line("simulate", "events");
  const std::int32_t threads = Settings().worker_threads();
  WEIR_ASSIGN(
      const ingest::SimulateSummary summary,
      ingest::simulate(options, *home->log, threads,
                       [&](std::uint64_t done, std::uint64_t total) { line.show(done, total); }));
  WEIR_ASSIGN(const Starts after, starts_of(*home->log, {topics::kInference}));
  WEIR_TRY(check_kept(before, after, arguments.directory));
  const std::string labels = arguments.directory + "/labels.ndjson";
  WEIR_TRY(write_labels(labels, summary.incidents));
  fmt::print("{} events in {} records, {} bytes, {} to {}: {}\n{} incidents: {}\n", summary.events,
             summary.records, summary.bytes, format_rfc3339(options.start_us),
             summary.events == 0 ? "-" : format_rfc3339(summary.greatest_event_time_us),
             arguments.directory, summary.incidents.size(), labels);
  return {};
}

void add_world_options(CLI::App& app, ingest::WorldSizes& world) {
  app.add_option("--services", world.services, "services")->capture_default_str();
  app.add_option("--models", world.models, "models of each service")->capture_default_str();
  app.add_option("--tenants", world.tenants, "tenants")->capture_default_str();
  app.add_option("--tenant-skew", world.tenant_skew,
                 "tenant i weighs 1 / (1 + skew * i): 0 is even, 1 is Zipf")
      ->capture_default_str();
  app.add_option("--users", world.users, "users of each tenant")->capture_default_str();
}

}  // namespace

void add_simulate(Commands& commands) {
  const auto arguments = std::make_shared<SimulateArguments>();
  CLI::App& app = commands.add(
      {.name = "simulate",
       .purpose = "Make labelled traffic, with incidents in it: the same seed gives the same bytes",
       .examples = "weir simulate --for 1d --rate 50 --seed 1 --out raw"},
      [arguments] { return simulate_log(*arguments); });
  ingest::SimulatorOptions& options = arguments->simulator;
  app.add_option("--out", arguments->directory,
                 "directory of the log, made where it is missing; labels.ndjson goes there too")
      ->required();
  app.add_flag("--append", arguments->append, "add to a log that is there already");
  app.add_option("--events", options.events, "end after so many events; this or --for is needed");
  add_parsed(app, "--for", options.duration_us, parse_duration, "end after so long (1h, 1d)");
  app.add_option("--rate", options.rate_per_s, "events a second, on average over a day")
      ->capture_default_str();
  app.add_option("--seed", options.seed, "seed of all that is random")->capture_default_str();
  add_parsed(app, "--start", options.start_us, parse_rfc3339,
             "time of the first event (default: " + format_rfc3339(options.start_us) + ")");
  app.add_option("--partitions", options.partitions, "partitions of a new log")
      ->capture_default_str();
  app.add_option("--batch-events", options.batch_events, "events in each record")
      ->capture_default_str();
  app.add_flag("--lean", options.lean, "only the fields that KPIs read");
  app.add_flag("--no-incidents", arguments->no_incidents, "nothing goes wrong but the usual");
  add_world_options(app, options.world);
  app.parse_complete_callback([arguments] {
    const auto made = ingest::Simulator::make(options_of(*arguments));
    if (!made) throw CLI::ValidationError(made.error().message);
  });
}

}  // namespace weir::cli
