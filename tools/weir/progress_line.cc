#include "tools/weir/progress_line.h"

#include <unistd.h>

#include <cstdio>

#include <fmt/format.h>

namespace weir::cli {
namespace {

constexpr std::chrono::milliseconds kInterval(200);
constexpr const char* kClearLine = "\r\x1b[K";

}  // namespace

ProgressLine::ProgressLine(std::string what, std::string unit)
    : what_(std::move(what)), unit_(std::move(unit)), terminal_(isatty(STDERR_FILENO) != 0) {}

ProgressLine::~ProgressLine() {
  if (shown_) fmt::print(stderr, "{}", kClearLine);
}

void ProgressLine::show(std::uint64_t done, std::uint64_t total) {
  if (!terminal_) return;
  const auto now = std::chrono::steady_clock::now();
  if (now < next_) return;
  next_ = now + kInterval;
  const double share = total == 0 ? 1 : static_cast<double>(done) / static_cast<double>(total);
  fmt::print(stderr, "{}{} {:5.1f} %  {} of {} {}", kClearLine, what_, 100 * share, done, total,
             unit_);
  std::fflush(stderr);
  shown_ = true;
}

}  // namespace weir::cli
