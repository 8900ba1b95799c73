// How budgets and burn rates are shown.
#pragma once

#include <functional>

#include "processors/core/result.h"
#include "sinks/results/burn_results.h"
#include "tools/weir/result_format.h"

namespace weir::cli {

/// Calls it with each result until it says false, as results::read_burn.
using BurnSource = std::function<Result<void>(const results::VisitBurn&)>;

/// One result a line.
///
///   json  one object a line; fields as in proto/weir/v1/burn.proto, absent is null
///   csv   the main columns, as the table's
///   table the main columns, in units that fit; absent is "-"
Result<void> write_burn(const BurnSource& source, Format format);

}  // namespace weir::cli
