// How query shows results.
#pragma once

#include <string_view>

#include "processors/core/result.h"
#include "sinks/results/kpi_results.h"
#include "tools/weir/command.h"
#include "tools/weir/output.h"

namespace weir::cli {

enum class Format { table, json, csv };

/// Adds `--format`.
void add_format(CLI::App& app, Format& format);

/// One row a line; where everything was asked for, also whether and what it restates.
///
///   json  one object a line; fields as in proto/weir/v1/kpi.proto, absent is null
///   csv   a header, then one row a line; "latency_us.p50" for fields of fields, absent is empty
///   table the main columns, in units that fit; absent is "-"
Result<void> write_kpi(const results::KpiResults& results, Format format);

}  // namespace weir::cli
