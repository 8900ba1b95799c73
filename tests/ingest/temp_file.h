// A file of the given content in a directory of the test's own; gone with it.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include <unistd.h>

namespace weir::ingest {

class TempFile {
 public:
  TempFile(const std::string& name, std::string_view content)
      : directory_(std::filesystem::temp_directory_path() /
                   ("weir_ingest_test_" + std::to_string(::getpid()))),
        path_(directory_ / name) {
    std::filesystem::create_directory(directory_);
    std::ofstream(path_, std::ios::binary) << content;
  }
  ~TempFile() { std::filesystem::remove_all(directory_); }
  TempFile(const TempFile&) = delete;
  TempFile& operator=(const TempFile&) = delete;

  std::string path() const { return path_; }

 private:
  std::filesystem::path directory_;
  std::filesystem::path path_;
};

}  // namespace weir::ingest
