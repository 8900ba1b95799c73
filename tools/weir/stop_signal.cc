#include "tools/weir/stop_signal.h"

#include <atomic>
#include <csignal>

namespace weir::cli {
namespace {

std::atomic<bool> asked = false;
static_assert(std::atomic<bool>::is_always_lock_free, "set from a signal handler");

}  // namespace

void catch_stop_signals() {
  const auto ask = [](int) { asked = true; };
  std::signal(SIGINT, ask);
  std::signal(SIGTERM, ask);
}

bool stop_asked() { return asked; }

}  // namespace weir::cli
