// How far long work is, on a terminal only: one line on standard error that is written over.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace weir::cli {

class ProgressLine {
 public:
  /// `what` is being done, counted in `unit`.
  ProgressLine(std::string what, std::string unit);
  /// Takes the line away.
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  /// May be called as often as one likes, by one thread at a time.
  void show(std::uint64_t done, std::uint64_t total);

 private:
  const std::string what_;
  const std::string unit_;
  const bool terminal_;
  std::chrono::steady_clock::time_point next_;
  bool shown_ = false;
};

}  // namespace weir::cli
