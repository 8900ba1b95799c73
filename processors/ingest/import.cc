#include "processors/ingest/import.h"

#include <array>
#include <memory>

#include "processors/ingest/azure_llm.h"
#include "processors/ingest/csv_events.h"
#include "processors/ingest/input_file.h"
#include "processors/ingest/llmperf.h"
#include "processors/ingest/ndjson.h"
#include "processors/ingest/raw_writer.h"

namespace weir::ingest {
namespace {

constexpr std::array<std::string_view, 4> kFormatNames = {"azure-llm", "llmperf", "ndjson", "csv"};

/// An option that the format does not have.
Result<void> refuse_option(bool given, std::string_view option, ImportFormat format) {
  if (!given) return {};
  return fail(ErrorCode::invalid_argument, "{} is no option of {}; leave it out", option,
              to_string(format));
}

Result<void> check(const ImportOptions& options) {
  const ImportFormat format = options.format;
  if (options.files.empty())
    return fail(ErrorCode::invalid_argument, "{}: give at least one file", to_string(format));
  if (format != ImportFormat::azure_llm && format != ImportFormat::csv)
    WEIR_TRY(refuse_option(!options.service.empty(), "--service", format));
  if (format != ImportFormat::csv)
    WEIR_TRY(refuse_option(!options.mappings.empty(), "--map", format));
  if (format != ImportFormat::llmperf) {
    WEIR_TRY(refuse_option(options.start_us.has_value(), "--start", format));
    return refuse_option(options.rate_per_s.has_value(), "--rate", format);
  }
  if (!options.start_us || !options.rate_per_s)
    return fail(ErrorCode::invalid_argument,
                "llmperf: the files tell no arrival times; give --start (of the first request) and "
                "--rate (requests a second)");
  if (*options.start_us <= 0 || !(*options.rate_per_s > 0) || *options.rate_per_s > 1e6)
    return fail(ErrorCode::invalid_argument,
                "llmperf: --start must be after 1970, and --rate above 0 and at most 1e6");
  return {};
}

Result<std::unique_ptr<Importer>> make_importer(const ImportOptions& options) {
  switch (options.format) {
    case ImportFormat::azure_llm:
      return make_azure_llm_importer(options.service);
    case ImportFormat::llmperf:
      return make_llmperf_importer(*options.start_us, *options.rate_per_s);
    case ImportFormat::ndjson:
      return make_ndjson_importer();
    case ImportFormat::csv:
      break;
  }
  return make_csv_importer(options.mappings, options.service);
}

}  // namespace

std::string_view to_string(ImportFormat format) {
  return kFormatNames[static_cast<std::size_t>(format)];
}

Result<ImportSummary> import_files(const ImportOptions& options, runtime::Appender& appender,
                                   const Progress& progress) {
  WEIR_TRY(check(options));
  WEIR_ASSIGN(const auto importer, make_importer(options));
  std::uint64_t total = 0;
  for (const std::string& file : options.files) {
    WEIR_ASSIGN(const std::uint64_t size, InputFile::size_of(file));
    total += size;
  }
  ImportSummary summary;
  RawWriter writer(appender, options.partitions, options.latest_us);
  for (const std::string& path : options.files) {
    WEIR_ASSIGN(InputFile file, InputFile::open(path, [&](std::size_t bytes) {
                  summary.bytes += bytes;
                  if (progress) progress(summary.bytes, total);
                }));
    WEIR_TRY(importer->read(file, writer));
    WEIR_TRY(file.status());
  }
  WEIR_TRY(writer.finish());
  summary.accepted = writer.accepted();
  summary.refused = writer.refused();
  summary.unknown_fields = importer->unknown_fields();
  summary.first_unknown_field = importer->first_unknown_field();
  summary.first_event_time_us = writer.first_event_time();
  summary.last_event_time_us = writer.last_event_time();
  return summary;
}

}  // namespace weir::ingest
