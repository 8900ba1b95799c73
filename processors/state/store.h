// The store contract: an ordered map of byte strings whose writes are atomic. Keys order as
// unsigned bytes. One store is used by one thread at a time unless its header says more. Homes:
// memory (tests, simulation), RocksDB (embedded log, local state).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "processors/core/result.h"

namespace weir::state {

/// Changes that become visible and durable together, applied in order (the last one of a key wins).
class StoreBatch {
 public:
  struct Change {
    std::string key;
    std::optional<std::string> value;  // nullopt: erase
  };

  void put(std::string key, std::string value) {
    bytes_ += key.size() + value.size();
    changes_.push_back({std::move(key), std::move(value)});
  }
  void erase(std::string key) {
    bytes_ += key.size();
    changes_.push_back({std::move(key), std::nullopt});
  }
  void clear() {
    changes_.clear();
    bytes_ = 0;
  }

  const std::vector<Change>& changes() const { return changes_; }
  /// The changes, leaving the batch empty.
  std::vector<Change> take() {
    bytes_ = 0;
    return std::exchange(changes_, {});
  }
  bool empty() const { return changes_.empty(); }
  std::size_t bytes() const { return bytes_; }

 private:
  std::vector<Change> changes_;
  std::size_t bytes_ = 0;
};

enum class Durability : bool {
  buffered,  // survives the process, perhaps not the machine
  synced,    // survives the machine
};

class Store {
 public:
  virtual ~Store() = default;

  /// The value of `key` into `value`; false (and `value` unspecified) where there is none.
  virtual Result<bool> get(std::string_view key, std::string& value) const = 0;

  /// Calls `visit(key, value)` for every key with `prefix`, ascending, from the first >= `from`,
  /// until it returns false. The views die with the call.
  using Visitor = std::function<bool(std::string_view key, std::string_view value)>;
  virtual Result<void> scan(std::string_view prefix, std::string_view from,
                            const Visitor& visit) const = 0;

  /// All of the batch or nothing of it. After an error of a synced write the state on disk is
  /// unknown and the store must not be used again.
  virtual Result<void> write(const StoreBatch& batch, Durability durability) = 0;
};

}  // namespace weir::state
