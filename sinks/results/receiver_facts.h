// How a receiver of alerts is doing: what the process that tells it knows. Plain values.
#pragma once

#include <cstdint>
#include <string>

#include "processors/core/time.h"

namespace weir::results {

/// One that is away delays nothing but itself. Counts and times are since the process started.
struct ReceiverFacts {
  std::string name;
  std::string type;           // "slack", …
  bool is_told_here = false;  // false: another process tells it, or none could begin to
  std::uint64_t sent = 0;
  std::uint64_t failed = 0;   // dead letters
  std::uint64_t retried = 0;  // attempts that were repeated
  std::int64_t waiting = 0;
  std::int64_t oldest_waiting_s = 0;
  std::string trouble;  // why the last attempt failed; empty: it did not

  // Of attempts, also those that are repeated; kMinTime: there was none.
  TimeUs last_success_us = kMinTime;
  TimeUs last_failure_us = kMinTime;
  std::string last_failure;  // the answer, or why there was none
};

}  // namespace weir::results
