// From names to numbers: what a fold task has learned about the values of its scopes' dimensions. No
// number here shows in an output; series are written by their text. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <absl/container/flat_hash_map.h>

namespace weir::fold {

/// Names of one dimension as ids 0, 1, 2, ... in order of appearance.
class NameTable {
 public:
  NameTable();

  /// The name's id, made where it is new.
  std::uint32_t id(std::string_view name);
  std::size_t size() const { return keys_.size(); }
  std::size_t memory_bytes() const;
  void clear();

 private:
  /// Names of up to 16 bytes are their own key; of longer ones this is a hash.
  struct Key {
    std::uint64_t low;
    std::uint64_t high;
    std::size_t size;

    bool operator==(const Key&) const = default;
  };

  static constexpr std::size_t kInlineBytes = 16;

  static Key key_of(std::string_view name);
  static std::size_t hash_of(const Key& key);
  std::uint32_t insert(const Key& key, std::string_view name, std::size_t at);
  void rehash(std::size_t slots);

  std::vector<std::uint32_t> slots_;  // id + 1, 0 is free; a power of two, a quarter full at most
  std::vector<Key> keys_;             // by id
  std::vector<std::string> long_names_;  // by id; empty where the key is the name
  std::size_t long_name_bytes_ = 0;
};

/// Pairs of ids as ids 0, 1, 2, ...: a table while it is small, then a hash map.
class PairTable {
 public:
  /// Both numbers of the pairs that `id` is asked for until the next call are below these.
  void prepare(std::size_t firsts, std::size_t seconds);

  std::uint32_t id(std::uint32_t first, std::uint32_t second) {
    if (!cells_.empty()) {
      std::uint32_t& cell = cells_[static_cast<std::size_t>(first) << shift_ | second];
      if (cell == 0) cell = ++size_;
      return cell - 1;
    }
    const auto key = static_cast<std::uint64_t>(first) << 32 | second;
    const auto [found, added] = map_.try_emplace(key, size_);
    if (added) ++size_;
    return found->second;
  }
  std::size_t size() const { return size_; }
  std::size_t memory_bytes() const;
  void clear();

 private:
  static constexpr std::size_t kMaxCells = 1 << 20;

  void move_cells(std::size_t firsts, unsigned shift);

  std::vector<std::uint32_t> cells_;  // id + 1 at first << shift | second
  unsigned shift_ = 0;
  absl::flat_hash_map<std::uint64_t, std::uint32_t> map_;  // where cells_ is empty
  std::uint32_t size_ = 0;
};

}  // namespace weir::fold
