// `weir import`: files of a foreign format become raw history in a log.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "processors/core/result.h"
#include "processors/core/time.h"
#include "processors/ingest/progress.h"
#include "processors/runtime/io.h"

namespace weir::ingest {

enum class ImportFormat : std::uint8_t { azure_llm, llmperf, ndjson, csv };

/// "azure-llm", "llmperf", "ndjson", "csv".
std::string_view to_string(ImportFormat format);

struct ImportOptions {
  ImportFormat format = ImportFormat::ndjson;
  std::vector<std::string> files;  // read in this order, which should be that of their times
  std::int32_t partitions = 1;     // of `weir.inference`
  TimeUs latest_us = kMaxTime;     // rows with a later event time are refused

  std::string service;                // azure-llm, csv: of every event
  std::vector<std::string> mappings;  // csv: see csv_mapping.h; needed
  std::optional<TimeUs> start_us;     // llmperf: see llmperf.h; needed
  std::optional<double> rate_per_s;   // llmperf; needed
};

struct ImportSummary {
  std::int64_t accepted = 0;              // events
  std::int64_t refused = 0;               // rows, each a dead letter
  std::uint64_t bytes = 0;                // read
  std::uint64_t unknown_fields = 0;       // as Importer has them
  std::string first_unknown_field;        // empty: there was none
  TimeUs first_event_time_us = kMaxTime;  // kMaxTime and kMinTime where nothing was accepted
  TimeUs last_event_time_us = kMinTime;
};

/// Appends accepted rows to `weir.inference` and the others to `weir.deadletter`; a row never
/// stops the import. `progress` counts bytes. Errors: invalid_argument (an option is missing or
/// not of this format, a file as a whole is not), not_found or io for a file, and those of the
/// appender. All files are looked at before the first is read; what was appended before an error
/// stays.
Result<ImportSummary> import_files(const ImportOptions& options, runtime::Appender& appender,
                                   const Progress& progress);

}  // namespace weir::ingest
