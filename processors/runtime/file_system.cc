#include "processors/runtime/file_system.h"

#include <filesystem>

namespace weir::runtime {

Result<std::string> read_file(const FileSystem& files, const std::string& path) {
  WEIR_ASSIGN(const auto file, files.open_read(path));
  WEIR_ASSIGN(const std::uint64_t size, file->size());
  std::string bytes;
  WEIR_TRY(file->read(0, size, bytes));
  return bytes;
}

namespace {

std::string parent_of(const std::string& path) {
  const auto parent = std::filesystem::path(path).parent_path();
  return parent.empty() ? "." : parent.string();
}

Result<void> replace(FileSystem& files, const std::string& path, std::string_view bytes,
                     bool synced) {
  const std::string fresh = path + ".new";
  if (auto removed = files.remove(fresh); !removed && removed.error().code != ErrorCode::not_found)
    return removed;  // an earlier try that ended half-way
  WEIR_ASSIGN(const auto file, files.open_append(fresh));
  WEIR_TRY(file->append(bytes));
  if (synced) WEIR_TRY(file->sync());
  WEIR_TRY(files.rename(fresh, path));
  if (!synced) return {};
  return files.sync_directory(parent_of(path));
}

}  // namespace

Result<void> replace_file(FileSystem& files, const std::string& path, std::string_view bytes) {
  return replace(files, path, bytes, false);
}

Result<void> replace_file_synced(FileSystem& files, const std::string& path,
                                 std::string_view bytes) {
  return replace(files, path, bytes, true);
}

Result<void> make_directories_synced(FileSystem& files, const std::string& path) {
  const auto there = files.list(path);
  if (there || there.error().code != ErrorCode::not_found) return {};  // or later calls say why not
  const std::string parent = parent_of(path);
  if (parent != path) WEIR_TRY(make_directories_synced(files, parent));
  WEIR_TRY(files.make_directory(path));
  return files.sync_directory(parent);
}

Result<std::uint64_t> directory_bytes(const FileSystem& files, const std::string& path) {
  const auto names = files.list(path);
  if (!names && names.error().code == ErrorCode::not_found) return 0;
  if (!names) return std::unexpected(names.error());
  std::uint64_t bytes = 0;
  for (const std::string& name : *names) {
    const auto file = files.open_read(path + "/" + name);
    if (!file) continue;  // removed meanwhile, or a directory
    const auto size = (*file)->disk_bytes();
    if (size) bytes += *size;
  }
  return bytes;
}

}  // namespace weir::runtime
