#include "processors/runtime/kafka_stores.h"

#include <algorithm>

namespace weir::runtime {
namespace {

constexpr std::string_view kFormatStart = "weir kafka state format ";
constexpr std::string_view kFormat = "weir kafka state format 1\n";
constexpr std::size_t kInstanceBytes = 4;

Result<void> check_format(const FileSystem& files, const std::string& directory) {
  const std::string file = directory + "/format";
  const auto text = read_file(files, file);
  if (text && *text == kFormat) return {};
  if (text && text->starts_with(kFormatStart))
    return fail(ErrorCode::version,
                "{}: made by a newer weir; run that one, or name another `data`", directory);
  if (text)
    return fail(ErrorCode::invalid_argument,
                "{}: is no state of `weir run`; name another directory in `data`", directory);
  if (text.error().code != ErrorCode::not_found) return std::unexpected(text.error());
  WEIR_ASSIGN(auto names, files.list(directory));
  std::erase(names, "LOCK");
  if (!names.empty())
    return fail(ErrorCode::invalid_argument,
                "{}: holds something other than state of `weir run` ({}); name an empty directory "
                "in `data`",
                directory, names.front());
  return {};
}

}  // namespace

/// The task's directory is its holder's as long as this lives: RocksDB's own lock would not keep
/// anybody from deleting files, and is itself one of them.
class DirectoryStores::Claim {
 public:
  Claim(DirectoryStores& stores, const TaskId& task) : stores_(stores), task_(task) {}
  ~Claim() {
    const std::lock_guard lock(stores_.mutex_);
    stores_.claimed_.erase(task_);
  }
  Claim(const Claim&) = delete;
  Claim& operator=(const Claim&) = delete;

  const TaskId& task() const { return task_; }

 private:
  DirectoryStores& stores_;
  const TaskId task_;
};

class DirectoryStores::ClaimedStore final : public state::Store {
 public:
  ClaimedStore(std::unique_ptr<Claim> claim, std::unique_ptr<state::Store> base)
      : claim_(std::move(claim)), base_(std::move(base)) {}

  Result<bool> get(std::string_view key, std::string& value) const override {
    return base_->get(key, value);
  }
  Result<void> scan(std::string_view prefix, std::string_view from,
                    const Visitor& visit) const override {
    return base_->scan(prefix, from, visit);
  }
  Result<void> write(const state::StoreBatch& batch, state::Durability durability) override {
    return base_->write(batch, durability);
  }

 private:
  const std::unique_ptr<Claim> claim_;  // before the store: it goes when that is closed
  const std::unique_ptr<state::Store> base_;
};

Result<std::unique_ptr<DirectoryStores>> DirectoryStores::open(FileSystem& files,
                                                               std::string directory,
                                                               OpenStore open_store,
                                                               const std::function<Id()>& draw_id) {
  WEIR_TRY(make_directories_synced(files, directory));
  std::unique_ptr<DirectoryStores> stores(
      new DirectoryStores(files, std::move(directory), std::move(open_store)));
  WEIR_ASSIGN(stores->lock_, files.lock(stores->directory_ + "/LOCK"));
  WEIR_TRY(check_format(files, stores->directory_));
  const std::string file = stores->directory_ + "/instance";
  auto instance = read_file(files, file);
  if (!instance && instance.error().code != ErrorCode::not_found)
    return std::unexpected(instance.error());
  if (!instance || instance->empty()) {
    instance = format_id(draw_id()).substr(0, 2 * kInstanceBytes);
    WEIR_TRY(replace_file_synced(files, file, *instance));
  }
  stores->instance_ = *instance;
  WEIR_TRY(replace_file_synced(files, stores->directory_ + "/format", kFormat));
  return stores;
}

std::string DirectoryStores::path_of(const TaskId& task) const {
  return fmt::format("{}/{}-{}", directory_, task.processor, task.partition);
}

Result<std::unique_ptr<DirectoryStores::Claim>> DirectoryStores::claim(const TaskId& task) {
  const std::lock_guard lock(mutex_);
  if (!claimed_.insert(task).second)
    return fail(ErrorCode::locked, "{}: another thread of this process has it open, or deletes it",
                path_of(task));
  return std::make_unique<Claim>(*this, task);
}

Result<std::unique_ptr<state::Store>> DirectoryStores::open_claimed(
    std::unique_ptr<Claim> claim) const {
  const std::string path = path_of(claim->task());
  WEIR_TRY(files_.make_directory(path));
  WEIR_ASSIGN(auto store, open_store_(path));
  return std::make_unique<ClaimedStore>(std::move(claim), std::move(store));
}

Result<std::unique_ptr<state::Store>> DirectoryStores::open(const TaskId& task) {
  WEIR_ASSIGN(auto claimed, claim(task));
  return open_claimed(std::move(claimed));
}

Result<std::unique_ptr<state::Store>> DirectoryStores::open_empty(const TaskId& task) {
  WEIR_ASSIGN(auto claimed, claim(task));
  WEIR_TRY(remove_files(task));
  return open_claimed(std::move(claimed));
}

Result<void> DirectoryStores::discard(const TaskId& task) {
  WEIR_ASSIGN(const auto claimed, claim(task));
  return remove_files(task);
}

Result<void> DirectoryStores::remove_files(const TaskId& task) {
  const std::string path = path_of(task);
  auto names = files_.list(path);
  if (!names && names.error().code == ErrorCode::not_found) return {};
  WEIR_TRY(names);
  // Killed in between, it must open as an older state or as none, never as a part of one: logs are
  // the newest changes, the last of them the newest, and a database without its CURRENT would take
  // them for all of it.
  const auto rank = [](const std::string& name) {
    if (name.ends_with(".log")) return 0;
    return name == "CURRENT" ? 1 : 2;
  };
  std::ranges::reverse(*names);
  std::ranges::stable_sort(*names, {}, rank);
  for (const std::string& name : *names) WEIR_TRY(files_.remove(path + "/" + name));
  return {};
}

}  // namespace weir::runtime
