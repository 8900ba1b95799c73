// The local copies of this machine's tasks: one RocksDB a task, below one directory.
//
//   <directory>/format                      text: "weir kafka state format 1\n"
//   <directory>/instance                    a random name, part of group.instance.id
//   <directory>/LOCK                        held by the one process that uses it
//   <directory>/<processor>-<partition>/    RocksDB (kafka_state.h)
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "processors/core/id.h"
#include "processors/runtime/file_system.h"
#include "processors/runtime/kafka_seams.h"

namespace weir::runtime {

class DirectoryStores final : public TaskStores {
 public:
  using OpenStore = std::function<Result<std::unique_ptr<state::Store>>(const std::string&)>;

  /// `files` outlives it. Makes the directory where it is missing. locked: another process uses it;
  /// version: a newer weir made it; invalid_argument: it holds something else.
  static Result<std::unique_ptr<DirectoryStores>> open(FileSystem& files, std::string directory,
                                                       OpenStore open_store,
                                                       const std::function<Id()>& draw_id);

  /// The same as long as the directory is there.
  const std::string& instance() const { return instance_; }

  Result<std::unique_ptr<state::Store>> open(const TaskId& task) override;
  Result<std::unique_ptr<state::Store>> open_empty(const TaskId& task) override;
  Result<void> discard(const TaskId& task) override;

 private:
  class Claim;
  class ClaimedStore;

  DirectoryStores(FileSystem& files, std::string directory, OpenStore open_store)
      : files_(files), directory_(std::move(directory)), open_store_(std::move(open_store)) {}

  std::string path_of(const TaskId& task) const;
  Result<std::unique_ptr<Claim>> claim(const TaskId& task);
  Result<std::unique_ptr<state::Store>> open_claimed(std::unique_ptr<Claim> claim) const;
  Result<void> remove_files(const TaskId& task);

  FileSystem& files_;
  const std::string directory_;
  const OpenStore open_store_;
  std::string instance_;
  std::unique_ptr<FileLock> lock_;

  std::mutex mutex_;  // of claimed_
  std::set<TaskId> claimed_;
};

}  // namespace weir::runtime
