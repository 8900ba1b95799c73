// A data directory of this machine, opened for writing as the settings say.
#pragma once

#include <memory>
#include <string>

#include "processors/core/id.h"
#include "processors/core/result.h"
#include "processors/runtime/embedded_log.h"
#include "processors/runtime/posix_file_system.h"
#include "processors/state/rocksdb_store.h"
#include "tools/weir/settings.h"

namespace weir::cli {

struct Home {
  runtime::PosixFileSystem files;
  std::unique_ptr<runtime::EmbeddedLog> log;
};

/// Makes the directory where it is missing. Errors as EmbeddedLog::open.
Result<std::unique_ptr<Home>> open_home(const std::string& directory, const Settings& settings);

/// locked: another process has it open for writing, and which. Makes nothing.
Result<void> check_not_open(const std::string& directory);

/// Nothing is there, or an empty directory.
bool is_empty_directory(const std::string& directory);

/// The system's clock, in microseconds since the epoch: when to commit, and what live logs stamp.
TimeUs now_us();

/// An id that nobody else has.
Id random_id();

}  // namespace weir::cli
