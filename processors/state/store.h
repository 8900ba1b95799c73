// The store contract: an ordered map of byte strings whose writes are atomic. Keys order as
// unsigned bytes. One store is used by one thread at a time unless its header says more. Homes:
// memory (tests, simulation), RocksDB (embedded log, local state).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>
#include <vector>

#include "processors/core/result.h"

namespace weir::state {

/// Changes that become visible and durable together, applied in order (the last one of a key wins).
/// Their bytes lie one after the other: a change costs no allocation of its own. A key or a value
/// is below 4 GiB.
class StoreBatch {
  struct Entry {
    std::size_t at = 0;  // in bytes_: the key, then the value
    std::uint32_t key_bytes = 0;
    std::uint32_t value_bytes = 0;
    bool erased = false;
  };

 public:
  /// The views live until the batch is changed.
  struct Change {
    std::string_view key;
    std::optional<std::string_view> value;  // nullopt: erase
  };

  void put(std::string_view key, std::string_view value) { add("", key, value); }
  void erase(std::string_view key) { add("", key, std::nullopt); }
  /// Makes room for so many changes, and so many bytes of keys and values, in all.
  void reserve(std::size_t changes, std::size_t bytes) {
    entries_.reserve(changes);
    bytes_.reserve(bytes);
  }
  /// The changes of `batch` too, their keys below `prefix`.
  void append_below(std::string_view prefix, const StoreBatch& batch);
  /// In the order of keys, and of each key its last change only; `without_erasures`: for a store
  /// that holds none of these keys.
  void sort(bool without_erasures);
  /// Keeps its memory for what comes next.
  void clear() {
    entries_.clear();
    bytes_.clear();
  }
  void shrink_to_fit() {
    entries_.shrink_to_fit();
    bytes_.shrink_to_fit();
  }

  /// A range of Change, in order.
  auto changes() const {
    return entries_ | std::views::transform([this](const Entry& entry) { return change(entry); });
  }
  bool empty() const { return entries_.empty(); }
  /// Of keys and values, those that sort() left out included.
  std::size_t bytes() const { return bytes_.size(); }
  /// What it takes of memory, about.
  std::size_t memory_bytes() const { return bytes_.size() + entries_.size() * sizeof(Entry); }

 private:
  std::string_view key(const Entry& entry) const {
    return std::string_view(bytes_).substr(entry.at, entry.key_bytes);
  }
  Change change(const Entry& entry) const {
    if (entry.erased) return {.key = key(entry), .value = std::nullopt};
    return {
        .key = key(entry),
        .value = std::string_view(bytes_).substr(entry.at + entry.key_bytes, entry.value_bytes)};
  }
  void add(std::string_view prefix, std::string_view key, std::optional<std::string_view> value);

  std::vector<Entry> entries_;
  std::string bytes_;
};

enum class Durability : std::uint8_t {
  buffered,  // survives the process, perhaps not the machine
  synced,    // survives the machine
  bulk,      // survives the machine, of megabytes that were sorted: they need no log and no sorting
             // again. What was buffered before survives with it where a key of it lies between the
             // first and the last of these
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
