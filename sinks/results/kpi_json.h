// A row of results as JSON, wherever it is shown: the command line and the HTTP interface.
#pragma once

#include <string>

#include "sinks/results/kpi_results.h"
#include "sinks/results/proto_json.h"

namespace weir::results {

/// "a1b2...", as rows name the definitions they were made under.
std::string hash_text(const KpiRow& row);

/// Fields as in proto/weir/v1/kpi.proto, absent is null; where everything was asked for, also
/// whether and what the row restates.
Json json_of(const KpiResults& results, const KpiRow& row);

}  // namespace weir::results
