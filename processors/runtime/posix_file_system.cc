#include "processors/runtime/posix_file_system.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

namespace weir::runtime {
namespace {

// "PATH: cannot WHAT: reason", with the code that the reason asks for.
std::unexpected<Error> failed(std::string_view what, const std::string& path, int error) {
  const std::string reason = std::generic_category().message(error);
  switch (error) {
    case ENOENT:
      return fail(ErrorCode::not_found, "{}: cannot {}: {}", path, what, reason);
    case ENOSPC:
    case EDQUOT:
      return fail(ErrorCode::exhausted, "{}: cannot {}: {}; make room and start again", path, what,
                  reason);
    case EACCES:
    case EPERM:
    case EROFS:
      return fail(ErrorCode::io,
                  "{}: cannot {}: {}; give this user the right to write here, or "
                  "choose another directory",
                  path, what, reason);
    default:
      return fail(ErrorCode::io, "{}: cannot {}: {}", path, what, reason);
  }
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  Descriptor& operator=(Descriptor&&) = delete;

  int number() const { return number_; }

 private:
  int number_;
};

Result<Descriptor> open(const std::string& path, int flags, std::string_view what) {
  constexpr mode_t kMode = 0644;
  Descriptor file(::open(path.c_str(), flags | O_CLOEXEC, kMode));
  if (file.number() < 0) return failed(what, path, errno);
  return file;
}

class PosixAppendFile final : public AppendFile {
 public:
  PosixAppendFile(std::string path, Descriptor file)
      : path_(std::move(path)), file_(std::move(file)) {}

  Result<void> append(std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t written = ::write(file_.number(), bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return failed("write", path_, errno);
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
  }

  Result<void> sync() override {
    if (::fdatasync(file_.number()) != 0) return failed("sync", path_, errno);
    return {};
  }

 private:
  const std::string path_;
  const Descriptor file_;
};

class PosixReadFile final : public ReadFile {
 public:
  PosixReadFile(std::string path, Descriptor file)
      : path_(std::move(path)), file_(std::move(file)) {}

  Result<void> read(std::uint64_t from, std::size_t size, std::string& out) const override {
    const std::size_t before = out.size();
    int error = 0;
    // Without the zeros that resize would write first.
    out.resize_and_overwrite(before + size, [&](char* bytes, std::size_t) {
      std::size_t done = 0;
      while (done < size) {
        const ssize_t got = ::pread(file_.number(), bytes + before + done, size - done,
                                    static_cast<off_t>(from + done));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) error = errno;
        if (got <= 0) break;
        done += static_cast<std::size_t>(got);
      }
      return before + done;
    });
    if (error != 0) return failed("read", path_, error);
    return {};
  }

  Result<std::uint64_t> size() const override {
    WEIR_ASSIGN(const struct stat found, status());
    return static_cast<std::uint64_t>(found.st_size);
  }

  Result<std::uint64_t> disk_bytes() const override {
    constexpr std::uint64_t kUnit = 512;  // of st_blocks, whatever the blocks are
    WEIR_ASSIGN(const struct stat found, status());
    return static_cast<std::uint64_t>(found.st_blocks) * kUnit;
  }

 private:
  Result<struct stat> status() const {
    struct stat found{};
    if (::fstat(file_.number(), &found) != 0) return failed("read the size of", path_, errno);
    return found;
  }

  const std::string path_;
  const Descriptor file_;
};

class PosixFileLock final : public FileLock {
 public:
  explicit PosixFileLock(Descriptor file) : file_(std::move(file)) {}

 private:
  const Descriptor file_;  // closing it releases the lock
};

Result<struct statvfs> status_of_disk(const std::string& path) {
  struct statvfs status{};
  if (::statvfs(path.c_str(), &status) != 0) return failed("ask about the disk of", path, errno);
  return status;
}

}  // namespace

Result<std::unique_ptr<AppendFile>> PosixFileSystem::open_append(const std::string& path) {
  WEIR_ASSIGN(Descriptor file, open(path, O_WRONLY | O_CREAT | O_APPEND, "open for writing"));
  return std::make_unique<PosixAppendFile>(path, std::move(file));
}

Result<std::unique_ptr<ReadFile>> PosixFileSystem::open_read(const std::string& path) const {
  WEIR_ASSIGN(Descriptor file, open(path, O_RDONLY, "open"));
  return std::make_unique<PosixReadFile>(path, std::move(file));
}

Result<void> PosixFileSystem::truncate(const std::string& path, std::uint64_t size) {
  if (::truncate(path.c_str(), static_cast<off_t>(size)) != 0)
    return failed("truncate", path, errno);
  return {};
}

Result<void> PosixFileSystem::rename(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return failed("rename", from, errno);
  return {};
}

Result<void> PosixFileSystem::remove(const std::string& path) {
  if (::unlink(path.c_str()) != 0) return failed("remove", path, errno);
  return {};
}

Result<void> PosixFileSystem::make_directory(const std::string& path) {
  constexpr mode_t kMode = 0755;
  if (::mkdir(path.c_str(), kMode) != 0 && errno != EEXIST)
    return failed("make this directory", path, errno);
  return {};
}

Result<std::vector<std::string>> PosixFileSystem::list(const std::string& path) const {
  std::error_code error;
  std::vector<std::string> names;
  std::filesystem::directory_iterator at(path, error);
  for (; !error && at != std::filesystem::directory_iterator(); at.increment(error))
    names.push_back(at->path().filename().string());
  if (error) return failed("list", path, error.value());
  std::sort(names.begin(), names.end());
  return names;
}

Result<void> PosixFileSystem::sync_directory(const std::string& path) {
  WEIR_ASSIGN(const Descriptor directory, open(path, O_RDONLY | O_DIRECTORY, "open"));
  if (::fsync(directory.number()) != 0) return failed("sync", path, errno);
  return {};
}

Result<std::uint64_t> PosixFileSystem::free_bytes(const std::string& path) const {
  WEIR_ASSIGN(const struct statvfs status, status_of_disk(path));
  return static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
}

Result<void> PosixFileSystem::check_writable(const std::string& path) const {
  WEIR_ASSIGN(const struct statvfs status, status_of_disk(path));
  if ((status.f_flag & ST_RDONLY) == 0) return {};
  return fail(ErrorCode::exhausted, "{}: the file system is read-only; make it writable", path);
}

Result<std::unique_ptr<FileLock>> PosixFileSystem::lock(const std::string& path) {
  WEIR_ASSIGN(Descriptor file, open(path, O_RDWR | O_CREAT, "open for writing"));
  if (::flock(file.number(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return failed("lock", path, errno);
    const auto holder = read_file(*this, path);
    return fail(ErrorCode::locked, "{}: {} is using this directory; stop it first", path,
                holder && !holder->empty() ? "process " + *holder : "another process");
  }
  const std::string holder = std::to_string(::getpid());
  if (::ftruncate(file.number(), 0) != 0 ||
      ::pwrite(file.number(), holder.data(), holder.size(), 0) < 0)
    return failed("write", path, errno);
  return std::make_unique<PosixFileLock>(std::move(file));
}

}  // namespace weir::runtime
