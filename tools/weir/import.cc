// `weir import`: files of foreign formats as the raw events of a log.
#include "processors/ingest/import.h"

#include "processors/graph.h"
#include "processors/ingest/csv_events.h"
#include "processors/ingest/input_file.h"
#include "tools/weir/command.h"
#include "tools/weir/kept_records.h"
#include "tools/weir/progress_line.h"
#include "tools/weir/raw_home.h"

namespace weir::cli {
namespace {

constexpr std::initializer_list<std::string_view> kWritten = {topics::kInference,
                                                              topics::kDeadLetter};
/// Clocks differ: as fold's `future_limit`.
constexpr DurationUs kClockSkewUs = kMinuteUs;

struct ImportArguments {
  ingest::ImportOptions import{.partitions = 4};
  std::string directory;
  bool append = false;
};

void print_summary(const ImportArguments& arguments, const ingest::ImportSummary& summary) {
  const bool any = summary.accepted > 0;
  fmt::print("{} events, {} rows refused, {} to {}: {}\n", summary.accepted, summary.refused,
             any ? format_rfc3339(summary.first_event_time_us) : "-",
             any ? format_rfc3339(summary.last_event_time_us) : "-", arguments.directory);
  if (arguments.import.start_us)
    fmt::print("arrival times were made up: {} a second from {}\n", *arguments.import.rate_per_s,
               format_rfc3339(*arguments.import.start_us));
  if (const std::uint64_t unknown = summary.unknown_fields; unknown > 0)
    fmt::print("{} left out, as no field of an event is named so; the first: {}\n",
               unknown == 1 ? "1 field was" : fmt::format("{} fields were", unknown),
               summary.first_unknown_field);
}

/// Some refused rows are for somebody to look at; an input of nothing else is not what was meant.
Result<void> tell_refused(const ImportArguments& arguments, const ingest::ImportSummary& summary) {
  if (summary.refused == 0) return {};
  const std::string why = fmt::format("why: weir query {} deadletter", arguments.directory);
  if (summary.accepted == 0)
    return fail(ErrorCode::invalid_argument, "all {} rows were refused; {}{}", summary.refused, why,
                arguments.append ? "" : " (remove the directory before the next attempt)");
  fmt::print(stderr, "weir: {} of {} rows were refused; {}\n", summary.refused,
             summary.accepted + summary.refused, why);
  return {};
}

Result<void> import_log(const ImportArguments& arguments) {
  ingest::ImportOptions options = arguments.import;
  // Before a directory is made for it.
  for (const std::string& file : options.files) WEIR_TRY(ingest::InputFile::size_of(file));
  WEIR_ASSIGN(auto home, open_raw_home({.directory = arguments.directory,
                                        .append = arguments.append,
                                        .partitions = options.partitions}));
  WEIR_ASSIGN(options.partitions, raw_partitions(*home));
  WEIR_ASSIGN(const Starts before, starts_of(*home->log, kWritten));
  options.latest_us = now_us() + kClockSkewUs;
  Result<ingest::ImportSummary> summary;
  {
    ProgressLine line("import", "bytes");
    summary = ingest::import_files(
        options, *home->log,
        [&](std::uint64_t done, std::uint64_t total) { line.show(done, total); });
  }
  if (!summary) {
    if (!arguments.append) {
      WEIR_ASSIGN(const bool gone, discard_if_empty(std::move(home), arguments.directory));
      if (gone) return std::unexpected(summary.error());
    }
    return fail(summary.error().code, "{} (what was read until then is in {})",
                summary.error().message, arguments.directory);
  }
  WEIR_ASSIGN(const Starts after, starts_of(*home->log, kWritten));
  WEIR_TRY(check_kept(before, after, arguments.directory));
  print_summary(arguments, *summary);
  return tell_refused(arguments, *summary);
}

using Arguments = std::shared_ptr<ImportArguments>;

/// What every format takes.
CLI::App& add_format(Commands& formats, const CommandInfo& info, const Arguments& arguments) {
  CLI::App& app = formats.add(info, [arguments] { return import_log(*arguments); });
  app.add_option("FILE", arguments->import.files, "files, in the order of their times")->required();
  app.add_option("--out", arguments->directory, "directory of the log, made where it is missing")
      ->required();
  app.add_flag("--append", arguments->append, "add to a log that is there already");
  app.add_option("--partitions", arguments->import.partitions, "partitions of a new log")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  return app;
}

void add_azure_llm(Commands& formats, const Arguments& arguments) {
  arguments->import.format = ingest::ImportFormat::azure_llm;
  CLI::App& app =
      add_format(formats,
                 {.name = "azure-llm",
                  .purpose = "Azure's public LLM inference traces: times and tokens",
                  .examples = "weir import azure-llm AzureLLMInferenceTrace_code.csv --out raw"},
                 arguments);
  app.add_option("--service", arguments->import.service,
                 "service of every event (default: what follows the last '_' of the file's name)");
}

void add_llmperf(Commands& formats, const Arguments& arguments) {
  arguments->import.format = ingest::ImportFormat::llmperf;
  CLI::App& app = add_format(
      formats,
      {.name = "llmperf",
       .purpose = "Individual results of LLMPerf, which tell no arrival times: choose them",
       .examples = "weir import llmperf individual/*.json --start 2024-01-01T00:00:00Z --rate 1 "
                   "--out raw"},
      arguments);
  add_parsed(app, "--start", arguments->import.start_us, parse_rfc3339,
             "when the first request arrived")
      ->required();
  app.add_option("--rate", arguments->import.rate_per_s, "how many requests arrived each second")
      ->required()
      ->check(CLI::Range(1e-6, 1e6));
}

void add_ndjson(Commands& formats, const Arguments& arguments) {
  arguments->import.format = ingest::ImportFormat::ndjson;
  add_format(formats,
             {.name = "ndjson",
              .purpose = "One event a line, in the JSON form of proto/README.md",
              .examples = "weir import ndjson events.ndjson --out raw"},
             arguments);
}

void add_csv(Commands& formats, const Arguments& arguments) {
  arguments->import.format = ingest::ImportFormat::csv;
  CLI::App& app = add_format(
      formats,
      {.name = "csv",
       .purpose = "Any CSV file with a header, by a mapping of its columns",
       .examples = "weir import csv log.csv --map event_time=ts:rfc3339 --map latency_us=took:ms "
                   "--map service=app --out raw"},
      arguments);
  app.add_option(
         "--map", arguments->import.mappings,
         "field=column:unit; a time is in rfc3339, unix_s, unix_ms or unix_us, a duration in "
         "s, ms, us or ns; counts and texts have no unit")
      ->required()
      ->allow_extra_args(false);
  app.add_option("--service", arguments->import.service, "service of every event");
  app.parse_complete_callback([arguments] {
    const auto made =
        ingest::make_csv_importer(arguments->import.mappings, arguments->import.service);
    if (!made) throw CLI::ValidationError("--map", made.error().message);
  });
}

}  // namespace

void add_import(Commands& commands) {
  CLI::App& app = commands.add_group(
      {.name = "import",
       .purpose = "Read files of another format into a log of raw events",
       .examples = "weir import azure-llm AzureLLMInferenceTrace_code.csv --out raw"});
  Commands formats = commands.within(app);
  using Add = void (*)(Commands&, const Arguments&);
  for (const Add add : {add_azure_llm, add_llmperf, add_ndjson, add_csv})
    add(formats, std::make_shared<ImportArguments>());
}

}  // namespace weir::cli
