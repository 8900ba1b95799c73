#include "tools/weir/raw_home.h"

#include <filesystem>
#include <limits>

#include "processors/graph.h"
#include "tools/weir/settings.h"

namespace weir::cli {
namespace {

/// Whether either topic has a record.
Result<bool> has_records(const Home& home) {
  for (const std::string_view topic : {topics::kInference, topics::kDeadLetter}) {
    WEIR_ASSIGN(const std::int32_t partitions, home.log->partitions(topic));
    for (std::int32_t partition = 0; partition < partitions; ++partition) {
      WEIR_ASSIGN(const runtime::Bounds bounds, home.log->bounds({std::string(topic), partition}));
      if (bounds.end > 0) return true;
    }
  }
  return false;
}

}  // namespace

Result<std::unique_ptr<Home>> open_raw_home(const RawHomeOptions& options) {
  if (!options.append && !is_empty_directory(options.directory))
    return fail(ErrorCode::already_exists,
                "{}: holds something already; name another directory, or add to it with --append "
                "(if what filled it was interrupted, remove the directory: adding would store the "
                "same events twice)",
                options.directory);
  Settings settings;
  settings.disk_bytes = std::numeric_limits<std::int64_t>::max();  // the disk itself is the limit
  WEIR_ASSIGN(auto home, open_home(options.directory, settings));
  const auto existing = home->log->partitions(topics::kInference);
  WEIR_TRY(home->log->create_topic({.name = std::string(topics::kInference),
                                    .partitions = existing.value_or(options.partitions),
                                    .raw = true,
                                    .readers = std::vector<std::string>{"fold"}}));
  WEIR_TRY(home->log->create_topic({.name = std::string(topics::kDeadLetter)}));
  return home;
}

Result<std::int32_t> raw_partitions(const Home& home) {
  return home.log->partitions(topics::kInference);
}

Result<bool> discard_if_empty(std::unique_ptr<Home> home, const std::string& directory) {
  WEIR_ASSIGN(const bool written, has_records(*home));
  if (written) return false;
  home.reset();
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error))
    std::filesystem::remove_all(entry, error);
  if (error) return fail(ErrorCode::io, "{}: cannot be emptied: {}", directory, error.message());
  return true;
}

}  // namespace weir::cli
