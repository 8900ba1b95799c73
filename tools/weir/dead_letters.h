// What was refused and why, for people and programs.
#pragma once

#include "processors/core/result.h"
#include "processors/runtime/io.h"
#include "tools/weir/output.h"
#include "tools/weir/result_format.h"

namespace weir::cli {

/// Writes each entry of `weir.deadletter`, oldest first: when, where it came from
/// (topic/partition@offset, or file:line of an import), which event of it, why, and the original
/// bytes, escaped; the table shows the first of them. A log without that topic has none.
Result<void> write_dead_letters(const runtime::Reader& log, Format format);

}  // namespace weir::cli
