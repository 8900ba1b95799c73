#include "tools/weir/output.h"

#include <errno.h>
#include <unistd.h>

#include <cstring>

namespace weir::cli {
namespace {

constexpr std::size_t kPieceBytes = 64 << 10;

}  // namespace

bool Output::write(std::string_view text) {
  waiting_ += text;
  if (waiting_.size() >= kPieceBytes) flush();
  return error_ == 0;
}

Result<void> Output::finish() {
  flush();
  if (error_ == 0 || error_ == EPIPE) return {};
  return fail(ErrorCode::io, "standard output cannot be written: {}", std::strerror(error_));
}

void Output::flush() {
  std::string_view rest = waiting_;
  while (error_ == 0 && !rest.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, rest.data(), rest.size());
    if (written >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      error_ = errno;
    }
  }
  waiting_.clear();
}

Result<void> print_line(std::string_view line) {
  Output output;
  output.write(line);
  output.write("\n");
  return output.finish();
}

}  // namespace weir::cli
