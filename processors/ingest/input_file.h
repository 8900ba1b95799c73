// A file read once from begin to end, by lines or by bytes. One thread.
#pragma once

#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>

#include "processors/core/result.h"

namespace weir::ingest {

/// Rows longer than this are refused.
inline constexpr std::size_t kMaxRowBytes = 1 << 20;

class InputFile {
 public:
  /// Called with the bytes of each block that was read.
  using OnBlock = std::function<void(std::size_t bytes)>;

  /// Error: not_found or io, with the path. `on_block` must not be empty.
  static Result<InputFile> open(const std::string& path, OnBlock on_block);
  /// Its size in bytes. Error: not_found or io; invalid_argument where it is not a regular file.
  static Result<std::uint64_t> size_of(const std::string& path);

  const std::string& path() const { return path_; }
  /// Line of the next byte, from 1.
  std::int64_t line() const { return line_; }

  /// The next byte; -1 at the end and after an error. A UTF-8 byte order mark at the begin is
  /// skipped.
  int get() {
    if (position_ == block_.size() && !refill()) return -1;
    const char c = block_[position_++];
    line_ += c == '\n';
    return static_cast<unsigned char>(c);
  }

  /// Appends the rest of the line to `text`, without its end (LF or CRLF; the last one may have
  /// none). No more than kMaxRowBytes + 1 are kept in `text`, which is how a longer row shows.
  /// False: there is no further line.
  bool append_line(std::string& text);

  /// io where the file could not be read to its end.
  Result<void> status() const;

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  InputFile(std::string path, std::FILE* file, OnBlock on_block)
      : path_(std::move(path)), file_(file), on_block_(std::move(on_block)) {}

  bool refill();

  std::string path_;
  std::unique_ptr<std::FILE, Close> file_;
  OnBlock on_block_;
  std::string block_;
  std::size_t position_ = 0;
  std::int64_t line_ = 1;
  bool begun_ = false;
  int error_ = 0;  // errno of the read that failed
};

}  // namespace weir::ingest
