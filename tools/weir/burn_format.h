// How budgets and burn rates are shown.
#pragma once

#include "processors/core/result.h"
#include "processors/runtime/io.h"
#include "sinks/results/burn_results.h"
#include "tools/weir/result_format.h"

namespace weir::cli {

/// One result a line.
///
///   json  one object a line; fields as in proto/weir/v1/burn.proto, absent is null
///   csv   the main columns, as the table's
///   table the main columns, in units that fit; absent is "-"
Result<void> write_burn(const runtime::Reader& log, const results::BurnQuery& query, Format format);

}  // namespace weir::cli
