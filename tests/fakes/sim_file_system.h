// A disk in memory that loses power. It keeps what POSIX promises and no more (file_system.h): at a
// crash a file keeps a prefix of what was appended since its last sync, a truncation since then may
// be undone, and of the names changed in a directory since its last sync the first few are kept; a
// seed chooses. It can fail, fill up and flip bits on request. Everything it does is decided by the
// seed and the order of the calls.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "processors/runtime/file_system.h"
#include "processors/state/memory_store.h"

namespace weir::fakes {

/// Thread-safe. Everything opened on it must be gone when it is destroyed.
class SimFileSystem final : public runtime::FileSystem {
 public:
  explicit SimFileSystem(std::uint64_t seed = 0) : random_(seed) {}

  Result<std::unique_ptr<runtime::AppendFile>> open_append(const std::string& path) override;
  Result<std::unique_ptr<runtime::ReadFile>> open_read(const std::string& path) const override;
  Result<void> truncate(const std::string& path, std::uint64_t size) override;
  Result<void> rename(const std::string& from, const std::string& to) override;
  Result<void> remove(const std::string& path) override;
  Result<void> make_directory(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& path) const override;
  Result<void> sync_directory(const std::string& path) override;
  Result<std::uint64_t> free_bytes(const std::string& path) const override;
  Result<void> check_writable(const std::string& path) const override;
  Result<std::unique_ptr<runtime::FileLock>> lock(const std::string& path) override;

  /// A store that shares this disk's fate: a synced batch is there after a crash, of the buffered
  /// ones since then the first few are. Its writes count as operations. One open at a time for a
  /// path.
  std::unique_ptr<state::Store> open_store(const std::string& path);
  /// Its next opening finds nothing in it. None is open.
  void remove_store(const std::string& path) {
    const std::lock_guard lock(mutex_);
    stores_.erase(path);
  }

  /// Operations that change something, so far: create, append, sync, truncate, rename, remove,
  /// make, sync a directory, write to a store.
  std::uint64_t operations() const;
  /// Loses power in the middle of operation number `n` (from 0): part of it may have happened. From
  /// then on everything fails, until `restart`.
  void crash_at(std::uint64_t n);
  /// Operation number `n` fails once, half done; the power stays on. exhausted: like a disk that
  /// others fill.
  void fail_at(std::uint64_t n, ErrorCode code = ErrorCode::io);
  /// Reads of a file fail from now on, or work again.
  void fail_reads(bool failing);
  bool crashed() const;
  /// Loses power now, unless it is lost, and comes back with what survived.
  void restart();

  /// Files may take as many bytes together; more is exhausted.
  void set_capacity(std::uint64_t bytes);
  /// As mounted again: whatever changes something fails, or works again.
  void set_read_only(bool read_only) {
    const std::lock_guard lock(mutex_);
    read_only_ = read_only;
  }
  /// Bytes of all files.
  std::uint64_t used_bytes() const;
  /// Bit rot: flips the lowest bit of a byte, synced or not. The file is as long.
  void flip(const std::string& path, std::uint64_t at);
  /// Every file with its size, one a line, ascending.
  std::string render() const;

 private:
  struct File {
    std::string bytes;    // as read now
    std::string durable;  // as of the last sync
  };
  using Names = std::map<std::string, std::shared_ptr<File>>;  // null: a directory
  struct NameChange {
    std::string directory;
    std::string path;
    std::shared_ptr<File> file;
    bool removed = false;
  };
  struct StoreContents {
    state::MemoryStore now;
    state::MemoryStore durable;               // survives a crash
    std::vector<state::StoreBatch> buffered;  // since then: the first few may
  };
  class AppendHandle;
  class ReadHandle;
  class LockHandle;
  class StoreHandle;

  // All below: with mutex_ held.
  Result<void> alive() const;
  /// Counts an operation on `path`; an error where it is to fail, after `half` has run.
  template <class Half>
  Result<void> step(const std::string& path, Half&& half);
  Result<std::shared_ptr<File>> find(const std::string& path) const;
  bool has_directory(const std::string& path) const;
  /// What was written since the last sync becomes durable, as far as the first `count` batches.
  static void settle(StoreContents& contents, std::size_t count);
  void change_name(const std::string& path, std::shared_ptr<File> file, bool removed);
  std::size_t pick(std::size_t most);
  std::uint64_t used_locked() const;
  void lose_power();

  mutable std::mutex mutex_;
  std::mt19937_64 random_;
  Names names_;
  Names durable_names_;
  std::vector<NameChange> changes_;  // of names, since the last sync of their directory
  std::map<std::string, std::unique_ptr<StoreContents>> stores_;
  std::set<std::string> locks_;
  std::uint64_t epoch_ = 0;  // handles of a former one are dead
  std::uint64_t operations_ = 0;
  std::optional<std::uint64_t> crash_at_;
  std::optional<std::uint64_t> fail_at_;
  ErrorCode failure_ = ErrorCode::io;
  std::uint64_t capacity_ = std::uint64_t{1} << 50;
  bool reads_fail_ = false;
  bool read_only_ = false;
  bool crashed_ = false;
};

}  // namespace weir::fakes
