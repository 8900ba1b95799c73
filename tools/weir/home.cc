#include "tools/weir/home.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <random>

#include "processors/runtime/embedded_format.h"

namespace weir::cli {
namespace {

constexpr std::uint64_t kWriteBufferShare = 16;  // of the disk's budget

}  // namespace

Result<std::unique_ptr<Home>> open_home(const std::string& directory, const Settings& settings) {
  const MemoryPlan memory = settings.memory_plan();
  // What is in a memtable is on the disk, too, in the store's own log.
  const std::uint64_t write_buffer =
      std::min(memory.write_buffer, settings.disk_bytes / kWriteBufferShare);
  const state::RocksDbMemory store_memory(memory.block_cache, write_buffer);
  auto home = std::make_unique<Home>();
  runtime::EmbeddedLogOptions options;
  options.directory = directory;
  options.files = &home->files;
  options.open_store =
      [store_memory](const std::string& path) -> Result<std::unique_ptr<state::Store>> {
    return state::RocksDbStore::open(path, store_memory);
  };
  options.clock = now_us;
  options.disk_bytes = settings.disk_bytes;
  WEIR_ASSIGN(home->log, runtime::EmbeddedLog::open(std::move(options)));
  return home;
}

Result<void> check_not_open(const std::string& directory) {
  const std::string path = runtime::lock_path(directory);
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return {};
  const auto lock = runtime::PosixFileSystem().lock(path);
  // What else is wrong with it is told where it is opened.
  if (!lock && lock.error().code == ErrorCode::locked) return std::unexpected(lock.error());
  return {};
}

bool is_empty_directory(const std::string& directory) {
  std::error_code error;
  return !std::filesystem::exists(directory, error) || std::filesystem::is_empty(directory, error);
}

TimeUs now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

Id random_id() {
  std::random_device random;
  Id id;
  for (auto& byte : id) byte = static_cast<std::uint8_t>(random());
  return id;
}

}  // namespace weir::cli
