// `weir replay`: history through the graph, in isolation, under these or other rules.
#pragma once

#include <string>

#include "processors/core/result.h"

namespace weir::cli {

struct ReplayOptions {
  std::string source;  // a log with raw events
  std::string out;     // a directory of its own; one that holds an unfinished replay is continued
  std::string config;  // empty: defaults
  bool stats = false;  // print Weir's own metrics at the end
};

/// Runs until every window of what the source held when the replay was begun is closed. SIGINT and
/// SIGTERM stop it after the step in hand; called again it continues from there, up to the same
/// ends. Prints progress (on a terminal), a summary and how much came to the source since to
/// standard error. already_exists: it was complete, and the source has grown; not_found: the source
/// has lost what is yet to be read; others as of `claim`.
Result<void> replay(const ReplayOptions& options);

}  // namespace weir::cli
