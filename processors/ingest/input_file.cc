#include "processors/ingest/input_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <sys/stat.h>

namespace weir::ingest {
namespace {

constexpr std::size_t kBlockBytes = 256 << 10;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

std::unexpected<Error> cannot_read(const std::string& path, int error) {
  return fail(error == ENOENT ? ErrorCode::not_found : ErrorCode::io,
              "{}: cannot read: {}; check the path and its permissions", path,
              std::strerror(error));
}

}  // namespace

Result<std::uint64_t> InputFile::size_of(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return cannot_read(path, errno);
  if (!S_ISREG(status.st_mode))
    return fail(ErrorCode::invalid_argument, "{}: not a file; give the path of one", path);
  return static_cast<std::uint64_t>(status.st_size);
}

Result<InputFile> InputFile::open(const std::string& path, OnBlock on_block) {
  std::FILE* file = std::fopen(path.c_str(), "rbe");
  if (file == nullptr) return cannot_read(path, errno);
  std::setvbuf(file, nullptr, _IONBF, 0);  // blocks are the buffer
  return InputFile(path, file, std::move(on_block));
}

bool InputFile::refill() {
  if (error_ != 0) return false;
  block_.resize(kBlockBytes);
  block_.resize(std::fread(block_.data(), 1, kBlockBytes, file_.get()));
  position_ = 0;
  if (block_.empty() && std::ferror(file_.get()) != 0) error_ = errno;
  if (!block_.empty()) on_block_(block_.size());
  if (!std::exchange(begun_, true) && block_.starts_with(kByteOrderMark))
    position_ = kByteOrderMark.size();
  return position_ < block_.size();
}

bool InputFile::append_line(std::string& text) {
  bool any = false;
  bool ended = false;
  while (!ended && (position_ < block_.size() || refill())) {
    any = true;
    const std::string_view rest = std::string_view(block_).substr(position_);
    const std::size_t length = std::min(rest.find('\n'), rest.size());
    ended = length < rest.size();
    const std::size_t room = kMaxRowBytes + 1 - std::min(kMaxRowBytes + 1, text.size());
    text.append(rest.substr(0, std::min(length, room)));
    position_ += length + (ended ? 1 : 0);
  }
  if (ended) {
    ++line_;
    if (text.ends_with('\r')) text.pop_back();
  }
  return any;
}

Result<void> InputFile::status() const {
  if (error_ != 0) return cannot_read(path_, error_);
  return {};
}

}  // namespace weir::ingest
