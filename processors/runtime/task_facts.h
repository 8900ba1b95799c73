// How far a task is: set by its worker after each step, read by whoever shows it. Thread-safe; each
// value is consistent by itself.
#pragma once

#include <atomic>
#include <cstdint>

#include "processors/core/time.h"

namespace weir::runtime {

struct TaskFacts {
  std::atomic<std::int64_t> position = 0;         // the next input offset to be read
  std::atomic<TimeUs> watermark_us = kMinTime;    // kMinTime: not known yet
  std::atomic<TimeUs> append_time_us = kMinTime;  // of the last record that was read
};

}  // namespace weir::runtime
