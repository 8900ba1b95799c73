// A write-back cache over a store: one task's view of its state. A key touched a thousand times
// between commits is written once; reads see the task's own changes. The committed base is only read.
//
// One thread. Holds at most about `cache_bytes` of clean entries; the dirty part grows until
// `take_changes`, and the runtime commits when `dirty_bytes` is above its budget.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <absl/container/flat_hash_map.h>

#include "processors/state/store.h"

namespace weir::state {

class WriteBack {
 public:
  /// `base` outlives this.
  WriteBack(const Store& base, std::size_t cache_bytes) : base_(base), cache_bytes_(cache_bytes) {}

  /// nullopt: no such key. The view lives until the next call of any member.
  Result<std::optional<std::string_view>> get(std::string_view key);
  void put(std::string_view key, std::string value);
  void erase(std::string_view key);

  /// As Store::scan, over base and changes together. `visit` must not call this object.
  Result<void> scan(std::string_view prefix, std::string_view from, const Store::Visitor& visit);

  /// Bytes of keys and values changed since the last take_changes.
  std::size_t dirty_bytes() const { return dirty_bytes_; }

  /// The changes since the last call, ascending by key, for a commit. They stay readable here as
  /// clean entries; where the commit fails this object must be dropped.
  StoreBatch take_changes();

 private:
  struct Entry {
    std::optional<std::string> value;  // nullopt: known to be absent
    bool dirty = false;
    bool used = false;  // since the eviction hand last passed
  };

  Entry& touch(std::string_view key);
  void evict();

  const Store& base_;
  const std::size_t cache_bytes_;
  absl::flat_hash_map<std::string, Entry> entries_;
  std::size_t bytes_ = 0;
  std::size_t dirty_bytes_ = 0;
};

}  // namespace weir::state
