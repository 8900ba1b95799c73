// Standard output, written in large pieces. One thread.
#pragma once

#include <string>
#include <string_view>

#include "processors/core/result.h"

namespace weir::cli {

class Output {
 public:
  /// False: nobody reads any more (which is no error), or it cannot be written; there is no point
  /// in going on.
  bool write(std::string_view text);

  /// Writes what is left. Error: io, where something could not be written though somebody reads.
  Result<void> finish();

 private:
  void flush();

  std::string waiting_;
  int error_ = 0;  // errno
};

/// One line, and that is all. Error: as Output::finish.
Result<void> print_line(std::string_view line);

}  // namespace weir::cli
