#include "tests/fakes/sim_file_system.h"

#include <algorithm>
#include <filesystem>

namespace weir::fakes {
namespace {

std::string parent_of(const std::string& path) {
  return std::filesystem::path(path).parent_path().string();
}

std::unexpected<Error> missing(const std::string& path) {
  return fail(ErrorCode::not_found, "{}: no such file (simulated disk)", path);
}

}  // namespace

class SimFileSystem::AppendHandle final : public runtime::AppendFile {
 public:
  AppendHandle(SimFileSystem& disk, std::string path, std::shared_ptr<File> file)
      : disk_(disk), path_(std::move(path)), file_(std::move(file)), epoch_(disk.epoch_) {}

  Result<void> append(std::string_view bytes) override {
    const std::lock_guard lock(disk_.mutex_);
    if (epoch_ != disk_.epoch_) return missing(path_);
    const std::uint64_t used = disk_.used_locked();
    const std::uint64_t room = disk_.capacity_ - std::min(used, disk_.capacity_);
    WEIR_TRY(disk_.step(path_, [&] { file_->bytes += bytes.substr(0, disk_.pick(bytes.size())); }));
    file_->bytes += bytes.substr(0, room);
    if (bytes.size() > room)
      return fail(ErrorCode::exhausted, "{}: the disk is full (simulated)", path_);
    return {};
  }

  Result<void> sync() override {
    const std::lock_guard lock(disk_.mutex_);
    if (epoch_ != disk_.epoch_) return missing(path_);
    WEIR_TRY(disk_.step(path_, [] {}));
    file_->durable = file_->bytes;
    return {};
  }

 private:
  SimFileSystem& disk_;
  const std::string path_;
  const std::shared_ptr<File> file_;
  const std::uint64_t epoch_;
};

class SimFileSystem::ReadHandle final : public runtime::ReadFile {
 public:
  ReadHandle(const SimFileSystem& disk, std::string path, std::shared_ptr<File> file)
      : disk_(disk), path_(std::move(path)), file_(std::move(file)) {}

  Result<void> read(std::uint64_t from, std::size_t size, std::string& out) const override {
    const std::lock_guard lock(disk_.mutex_);
    WEIR_TRY(disk_.alive());
    if (disk_.reads_fail_) return fail(ErrorCode::io, "{}: a failing read (simulated)", path_);
    if (from < file_->bytes.size()) out += std::string_view(file_->bytes).substr(from, size);
    return {};
  }
  Result<std::uint64_t> size() const override {
    const std::lock_guard lock(disk_.mutex_);
    WEIR_TRY(disk_.alive());
    return file_->bytes.size();
  }
  Result<std::uint64_t> disk_bytes() const override { return size(); }

 private:
  const SimFileSystem& disk_;
  const std::string path_;
  const std::shared_ptr<File> file_;
};

class SimFileSystem::LockHandle final : public runtime::FileLock {
 public:
  LockHandle(SimFileSystem& disk, std::string path)
      : disk_(disk), path_(std::move(path)), epoch_(disk.epoch_) {}
  ~LockHandle() override {
    const std::lock_guard lock(disk_.mutex_);
    if (epoch_ == disk_.epoch_) disk_.locks_.erase(path_);
  }

 private:
  SimFileSystem& disk_;
  const std::string path_;
  const std::uint64_t epoch_;
};

class SimFileSystem::StoreHandle final : public state::Store {
 public:
  StoreHandle(SimFileSystem& disk, std::string path, StoreContents& contents)
      : disk_(disk), path_(std::move(path)), contents_(contents), epoch_(disk.epoch_) {}

  Result<bool> get(std::string_view key, std::string& value) const override {
    return contents_.now.get(key, value);
  }
  Result<void> scan(std::string_view prefix, std::string_view from,
                    const Visitor& visit) const override {
    return contents_.now.scan(prefix, from, visit);
  }
  Result<void> write(const state::StoreBatch& batch, state::Durability durability) override {
    const std::lock_guard lock(disk_.mutex_);
    if (epoch_ != disk_.epoch_) return missing(path_);
    // Whoever opens it next sees what a failed write left, whether or not the power was lost.
    const auto buffer = [&] {
      contents_.buffered.push_back(batch);
      return contents_.now.write(batch, durability);
    };
    WEIR_TRY(disk_.step(path_, [&] { (void)buffer(); }));
    WEIR_TRY(buffer());
    if (durability != state::Durability::buffered) settle(contents_, contents_.buffered.size());
    return {};
  }

 private:
  SimFileSystem& disk_;
  const std::string path_;
  StoreContents& contents_;
  const std::uint64_t epoch_;
};

Result<std::unique_ptr<runtime::AppendFile>> SimFileSystem::open_append(const std::string& path) {
  const std::lock_guard lock(mutex_);
  auto found = find(path);
  if (!found) {
    WEIR_TRY(alive());
    if (!has_directory(parent_of(path))) return missing(path);
    auto file = std::make_shared<File>();
    WEIR_TRY(step(path, [&] { change_name(path, file, false); }));
    change_name(path, file, false);
    found = file;
  }
  return std::make_unique<AppendHandle>(*this, path, *found);
}

Result<std::unique_ptr<runtime::ReadFile>> SimFileSystem::open_read(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  WEIR_ASSIGN(auto file, find(path));
  return std::make_unique<ReadHandle>(*this, path, std::move(file));
}

Result<void> SimFileSystem::truncate(const std::string& path, std::uint64_t size) {
  const std::lock_guard lock(mutex_);
  WEIR_ASSIGN(const auto file, find(path));
  WEIR_TRY(step(path, [] {}));
  file->bytes.resize(size);
  return {};
}

Result<void> SimFileSystem::rename(const std::string& from, const std::string& to) {
  const std::lock_guard lock(mutex_);
  WEIR_ASSIGN(const auto file, find(from));
  WEIR_TRY(step(from, [] {}));
  change_name(to, file, false);
  change_name(from, nullptr, true);
  return {};
}

Result<void> SimFileSystem::remove(const std::string& path) {
  const std::lock_guard lock(mutex_);
  WEIR_TRY(find(path));
  WEIR_TRY(step(path, [&] { change_name(path, nullptr, true); }));
  change_name(path, nullptr, true);
  return {};
}

Result<void> SimFileSystem::make_directory(const std::string& path) {
  const std::lock_guard lock(mutex_);
  WEIR_TRY(alive());
  if (names_.contains(path)) return {};
  if (!has_directory(parent_of(path))) return missing(parent_of(path));
  WEIR_TRY(step(path, [&] { change_name(path, nullptr, false); }));
  change_name(path, nullptr, false);
  return {};
}

Result<std::vector<std::string>> SimFileSystem::list(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  WEIR_TRY(alive());
  if (!has_directory(path)) return missing(path);
  std::vector<std::string> names;
  const std::string below = path == "/" ? path : path + "/";
  for (auto it = names_.lower_bound(below); it != names_.end() && it->first.starts_with(below);
       ++it)
    if (it->first.find('/', below.size()) == std::string::npos)
      names.push_back(it->first.substr(below.size()));
  return names;
}

Result<void> SimFileSystem::sync_directory(const std::string& path) {
  const std::lock_guard lock(mutex_);
  WEIR_TRY(step(path, [] {}));
  for (const NameChange& change : changes_) {
    if (change.directory != path) continue;
    if (change.removed) {
      durable_names_.erase(change.path);
    } else {
      durable_names_[change.path] = change.file;
    }
  }
  std::erase_if(changes_, [&](const NameChange& change) { return change.directory == path; });
  return {};
}

Result<std::uint64_t> SimFileSystem::free_bytes(const std::string&) const {
  const std::lock_guard lock(mutex_);
  WEIR_TRY(alive());
  return capacity_ - std::min(capacity_, used_locked());
}

Result<void> SimFileSystem::check_writable(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  WEIR_TRY(alive());
  if (!read_only_) return {};
  return fail(ErrorCode::exhausted, "{}: the file system is read-only (simulated)", path);
}

Result<std::unique_ptr<runtime::FileLock>> SimFileSystem::lock(const std::string& path) {
  const std::lock_guard lock(mutex_);
  WEIR_TRY(alive());
  if (!locks_.insert(path).second)
    return fail(ErrorCode::locked, "{}: another process is using this directory (simulated)", path);
  return std::make_unique<LockHandle>(*this, path);
}

std::unique_ptr<state::Store> SimFileSystem::open_store(const std::string& path) {
  const std::lock_guard lock(mutex_);
  auto& contents = stores_[path];
  if (!contents) contents = std::make_unique<StoreContents>();
  return std::make_unique<StoreHandle>(*this, path, *contents);
}

std::uint64_t SimFileSystem::operations() const {
  const std::lock_guard lock(mutex_);
  return operations_;
}

void SimFileSystem::crash_at(std::uint64_t n) {
  const std::lock_guard lock(mutex_);
  crash_at_ = n;
}

void SimFileSystem::fail_at(std::uint64_t n, ErrorCode code) {
  const std::lock_guard lock(mutex_);
  fail_at_ = n;
  failure_ = code;
}

void SimFileSystem::fail_reads(bool failing) {
  const std::lock_guard lock(mutex_);
  reads_fail_ = failing;
}

bool SimFileSystem::crashed() const {
  const std::lock_guard lock(mutex_);
  return crashed_;
}

void SimFileSystem::restart() {
  const std::lock_guard lock(mutex_);
  if (!crashed_) lose_power();
  crashed_ = false;
  crash_at_.reset();
}

void SimFileSystem::set_capacity(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  capacity_ = bytes;
}

std::uint64_t SimFileSystem::used_bytes() const {
  const std::lock_guard lock(mutex_);
  return used_locked();
}

void SimFileSystem::flip(const std::string& path, std::uint64_t at) {
  const std::lock_guard lock(mutex_);
  File& file = *names_.at(path);
  file.bytes.at(at) = static_cast<char>(file.bytes.at(at) ^ 1);
  if (at < file.durable.size()) file.durable[at] = static_cast<char>(file.durable[at] ^ 1);
}

std::string SimFileSystem::render() const {
  const std::lock_guard lock(mutex_);
  std::string text;
  for (const auto& [path, file] : names_)
    if (file) text += fmt::format("{} {}\n", path, file->bytes.size());
  return text;
}

Result<void> SimFileSystem::alive() const {
  if (!crashed_) return {};
  return fail(ErrorCode::io, "the power is off (simulated)");
}

template <class Half>
Result<void> SimFileSystem::step(const std::string& path, Half&& half) {
  WEIR_TRY(alive());
  if (read_only_) return fail(ErrorCode::io, "{}: a read-only file system (simulated)", path);
  const std::uint64_t number = operations_++;
  if (crash_at_ == number) {
    if (pick(1) == 1) half();
    lose_power();
    return alive();
  }
  if (fail_at_ == number) {
    if (pick(1) == 1) half();
    return fail(failure_, "{}: a failure at operation {} (simulated)", path, number);
  }
  return {};
}

Result<std::shared_ptr<SimFileSystem::File>> SimFileSystem::find(const std::string& path) const {
  WEIR_TRY(alive());
  const auto found = names_.find(path);
  if (found == names_.end() || !found->second) return missing(path);
  return found->second;
}

bool SimFileSystem::has_directory(const std::string& path) const {
  const auto found = names_.find(path);
  return path == "/" || (found != names_.end() && !found->second);
}

void SimFileSystem::change_name(const std::string& path, std::shared_ptr<File> file, bool removed) {
  if (removed) {
    names_.erase(path);
  } else {
    names_[path] = file;
  }
  changes_.push_back({parent_of(path), path, std::move(file), removed});
}

std::size_t SimFileSystem::pick(std::size_t most) {
  return static_cast<std::size_t>(random_() % (most + 1));
}

std::uint64_t SimFileSystem::used_locked() const {
  std::uint64_t bytes = 0;
  for (const auto& [path, file] : names_)
    if (file) bytes += file->bytes.size();
  return bytes;
}

void SimFileSystem::lose_power() {
  crashed_ = true;
  ++epoch_;
  locks_.clear();
  std::map<std::string, std::size_t> kept;  // of the changes of each directory, the first few
  for (const NameChange& change : changes_) ++kept[change.directory];
  for (auto& [directory, count] : kept) count = pick(count);
  for (const NameChange& change : changes_) {
    if (kept[change.directory] == 0) continue;
    --kept[change.directory];
    if (change.removed) {
      durable_names_.erase(change.path);
    } else {
      durable_names_[change.path] = change.file;
    }
  }
  changes_.clear();
  // What stands in a directory that is not there is not there either.
  std::erase_if(durable_names_, [&](const auto& name) {
    const std::string parent = parent_of(name.first);
    return !parent.empty() && parent != "/" && !durable_names_.contains(parent);
  });
  names_ = durable_names_;
  for (auto& [path, file] : names_) {
    if (!file) continue;
    if (file->bytes.starts_with(file->durable))
      file->bytes.resize(file->durable.size() + pick(file->bytes.size() - file->durable.size()));
    else if (pick(1) == 1)
      file->bytes = file->durable;
    file->durable = file->bytes;
  }
  for (auto& [path, contents] : stores_) {
    settle(*contents, pick(contents->buffered.size()));
    state::StoreBatch restored;
    (void)contents->now.scan("", "", [&](std::string_view key, std::string_view) {
      restored.erase(key);
      return true;
    });
    (void)contents->durable.scan("", "", [&](std::string_view key, std::string_view value) {
      restored.put(key, value);
      return true;
    });
    (void)contents->now.write(restored, state::Durability::synced);
  }
}

void SimFileSystem::settle(StoreContents& contents, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i)
    (void)contents.durable.write(contents.buffered[i], state::Durability::synced);
  contents.buffered.clear();
}

}  // namespace weir::fakes
