// What an importer refused belongs to the results of a replay, too: whoever asks there what was
// refused hears of all of it.
#pragma once

#include "processors/core/result.h"
#include "processors/runtime/log.h"

namespace weir::cli {

/// Copies the dead letters of imported rows from `source` to `log`, whose topics are there; each
/// once, however often this is called or interrupted.
Result<void> copy_refused_rows(const runtime::Reader& source, runtime::Log& log);

}  // namespace weir::cli
