// The files of this machine.
#pragma once

#include "processors/runtime/file_system.h"

namespace weir::runtime {

class PosixFileSystem final : public FileSystem {
 public:
  Result<std::unique_ptr<AppendFile>> open_append(const std::string& path) override;
  Result<std::unique_ptr<ReadFile>> open_read(const std::string& path) const override;
  Result<void> truncate(const std::string& path, std::uint64_t size) override;
  Result<void> rename(const std::string& from, const std::string& to) override;
  Result<void> remove(const std::string& path) override;
  Result<void> make_directory(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& path) const override;
  Result<void> sync_directory(const std::string& path) override;
  Result<std::uint64_t> free_bytes(const std::string& path) const override;
  Result<void> check_writable(const std::string& path) const override;
  Result<std::unique_ptr<FileLock>> lock(const std::string& path) override;
};

}  // namespace weir::runtime
