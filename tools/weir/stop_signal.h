// SIGINT and SIGTERM as a question: long work looks, finishes the step in hand, and commits.
#pragma once

namespace weir::cli {

/// From now on the two signals end nothing by themselves.
void catch_stop_signals();

/// Whether one of them came. From any thread.
bool stop_asked();

}  // namespace weir::cli
