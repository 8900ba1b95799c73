// From names to numbers: what a fold task has learned about the values of its scopes' dimensions.
// No number here shows in an output; series are written by their text. Not thread-safe.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "processors/core/hash.h"

namespace weir::fold {

/// Names of one dimension as ids 0, 1, 2, ... in order of appearance.
class NameTable {
 public:
  NameTable();

  /// The name's id, made where it is new.
  std::uint32_t id(std::string_view name) {
    const Key key = key_of(name);
    return id(name, key, hash_of(key));
  }
  /// id() of each. What is looked up is brought near for several at a time.
  void ids(std::span<const std::string_view> names, std::uint32_t* out);
  std::size_t size() const { return keys_.size(); }
  std::size_t memory_bytes() const;
  void clear();

 private:
  /// Names of up to 16 bytes are their own key; of longer ones this is a hash.
  struct Key {
    std::uint64_t low;
    std::uint64_t high;
    std::uint64_t size;

    /// One branch, not three.
    bool operator==(const Key& other) const {
      return ((low ^ other.low) | (high ^ other.high) | (size ^ other.size)) == 0;
    }
  };

  static constexpr std::size_t kInlineBytes = 16;

  static Key key_of(std::string_view name) {
    const char* const at = name.data();
    const std::size_t size = name.size();
    if (size > kInlineBytes) return {hash64(name), 0, size};
    // Two loads that may overlap hold every byte of the name.
    if (size >= 8) return {load<std::uint64_t>(at), load<std::uint64_t>(at + size - 8), size};
    if (size >= 4) return {load<std::uint32_t>(at), load<std::uint32_t>(at + size - 4), size};
    if (size == 0) return {0, 0, 0};
    return {load<std::uint8_t>(at),
            load<std::uint8_t>(at + size / 2) << 8 | load<std::uint8_t>(at + size - 1), size};
  }

  template <class T>
  static std::uint64_t load(const char* at) {
    T value;
    std::memcpy(&value, at, sizeof value);
    return value;
  }

  /// Both halves of one product, as wyhash does it (Wang Yi, 2019). It decides nothing that is
  /// published.
  static std::size_t hash_of(const Key& key) {
    __extension__ using Product = unsigned __int128;
    const Product product = static_cast<Product>(key.low ^ 0x9E37'79B9'7F4A'7C15) *
                            ((key.high + key.size) ^ 0xC2B2'AE3D'27D4'EB4F);
    return static_cast<std::size_t>(product) ^ static_cast<std::size_t>(product >> 64);
  }

  std::uint32_t id(std::string_view name, const Key& key, std::size_t hash) {
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
      if (slots_[at] == 0) [[unlikely]]
        return insert(key, name, at);
      const std::uint32_t id = slots_[at] - 1;
      if (keys_[id] == key && (key.size <= kInlineBytes || long_names_[id] == name)) return id;
    }
  }

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
