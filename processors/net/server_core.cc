#include "processors/net/server_core.h"

namespace weir::net {

void ConnectionSet::add(const std::shared_ptr<OpenConnection>& connection) {
  const std::lock_guard lock(mutex_);
  open_.emplace(connection.get(), connection);
  gauge_.set(static_cast<std::int64_t>(open_.size()));
}

void ConnectionSet::remove(const OpenConnection* connection) {
  const std::lock_guard lock(mutex_);
  open_.erase(connection);
  gauge_.set(static_cast<std::int64_t>(open_.size()));
  if (open_.empty()) emptied_.notify_all();
}

std::size_t ConnectionSet::size() const {
  const std::lock_guard lock(mutex_);
  return open_.size();
}

std::vector<std::shared_ptr<OpenConnection>> ConnectionSet::all() const {
  std::vector<std::shared_ptr<OpenConnection>> all;
  const std::lock_guard lock(mutex_);
  all.reserve(open_.size());
  for (const auto& [key, connection] : open_)
    if (auto alive = connection.lock()) all.push_back(std::move(alive));
  return all;
}

bool ConnectionSet::wait_empty(std::chrono::microseconds at_most) const {
  std::unique_lock lock(mutex_);
  return emptied_.wait_for(lock, at_most, [this] { return open_.empty(); });
}

}  // namespace weir::net
