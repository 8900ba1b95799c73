// Where Weir's own log goes: one line an event, its fields as key=value.
//
//   time=2026-01-05T03:20:00.123456Z level=info event=...
#pragma once

#include "processors/core/result.h"
#include "tools/weir/settings.h"

namespace weir::cli {

/// For the whole process; may be called again. Error: io, where the file cannot be written.
Result<void> start_log(const LogSettings& settings);

}  // namespace weir::cli
