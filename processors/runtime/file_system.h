// The seam to files: what the embedded log needs of an operating system, so that a test can lose
// power at any write. Names are paths; '/' separates. Errors name the path: not_found, exhausted
// (the disk is full), locked, io.
//
// What survives a loss of power is what POSIX promises: the bytes of a file up to its last `sync`,
// the names in a directory up to its last `sync_directory`. Without it anything since may be there
// or not, a part of an append included.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "processors/core/result.h"

namespace weir::runtime {

/// A file written at its end. One thread. Closed, not synced, by its destructor.
class AppendFile {
 public:
  virtual ~AppendFile() = default;

  /// After an error an unknown part of `bytes` is in the file.
  virtual Result<void> append(std::string_view bytes) = 0;
  /// After an error nothing may be assumed about any byte since the last success.
  virtual Result<void> sync() = 0;
};

/// A file read at any place; keeps its bytes where its name is removed. Thread-safe.
class ReadFile {
 public:
  virtual ~ReadFile() = default;

  /// Appends bytes [from, from + size) to `out`: fewer where the file ends before.
  virtual Result<void> read(std::uint64_t from, std::size_t size, std::string& out) const = 0;
  virtual Result<std::uint64_t> size() const = 0;
  /// What it takes on its disk: whole blocks, and those that it got ahead of being written.
  virtual Result<std::uint64_t> disk_bytes() const = 0;
};

/// Holds what FileSystem::lock took until it is destroyed or the process ends.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

/// Thread-safe.
class FileSystem {
 public:
  virtual ~FileSystem() = default;

  /// Makes the file where it is missing.
  virtual Result<std::unique_ptr<AppendFile>> open_append(const std::string& path) = 0;
  virtual Result<std::unique_ptr<ReadFile>> open_read(const std::string& path) const = 0;
  virtual Result<void> truncate(const std::string& path, std::uint64_t size) = 0;
  /// Replaces `to`.
  virtual Result<void> rename(const std::string& from, const std::string& to) = 0;
  virtual Result<void> remove(const std::string& path) = 0;

  /// The directory above must be there; no error where it itself is.
  virtual Result<void> make_directory(const std::string& path) = 0;
  /// Names within the directory, ascending.
  virtual Result<std::vector<std::string>> list(const std::string& path) const = 0;
  virtual Result<void> sync_directory(const std::string& path) = 0;
  /// What may still be written to the disk of this directory.
  virtual Result<std::uint64_t> free_bytes(const std::string& path) const = 0;
  /// exhausted: the disk of this directory is mounted read-only.
  virtual Result<void> check_writable(const std::string& path) const = 0;

  /// Takes the lock file `path`, made where it is missing, for this process alone. locked: another
  /// one has it; the message names its process id where that is known.
  virtual Result<std::unique_ptr<FileLock>> lock(const std::string& path) = 0;
};

/// The whole file.
Result<std::string> read_file(const FileSystem& files, const std::string& path);
/// Replaces `path` by a file of these bytes: a reader sees the old or the new ones, whole.
Result<void> replace_file(FileSystem& files, const std::string& path, std::string_view bytes);
/// The same, and the new bytes survive a loss of power.
Result<void> replace_file_synced(FileSystem& files, const std::string& path,
                                 std::string_view bytes);
/// Makes a directory with the missing ones above it, all of which survive a loss of power.
Result<void> make_directories_synced(FileSystem& files, const std::string& path);
/// What all files in a directory take on its disk, not those below it; 0 where it is missing.
Result<std::uint64_t> directory_bytes(const FileSystem& files, const std::string& path);

}  // namespace weir::runtime
