#include "processors/state/memory_store.h"

#include <algorithm>
#include <mutex>

namespace weir::state {

Result<bool> MemoryStore::get(std::string_view key, std::string& value) const {
  const std::shared_lock lock(mutex_);
  const auto found = entries_.find(key);
  if (found == entries_.end()) return false;
  value = found->second;
  return true;
}

Result<void> MemoryStore::scan(std::string_view prefix, std::string_view from,
                               const Visitor& visit) const {
  const std::shared_lock lock(mutex_);
  for (auto it = entries_.lower_bound(std::max(prefix, from));
       it != entries_.end() && it->first.starts_with(prefix); ++it) {
    if (!visit(it->first, it->second)) break;
  }
  return {};
}

Result<void> MemoryStore::write(const StoreBatch& batch, Durability) {
  const std::unique_lock lock(mutex_);
  for (const auto& [key, value] : batch.changes()) {
    if (value) {
      entries_.insert_or_assign(std::string(key), std::string(*value));
    } else if (const auto found = entries_.find(key); found != entries_.end()) {
      entries_.erase(found);
    }
  }
  return {};
}

}  // namespace weir::state
