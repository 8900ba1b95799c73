// A write-back cache over a store: one task's view of its state. A key touched a thousand times
// between commits is written once; reads see the task's own changes. The committed base is only
// read.
//
// One thread. Holds at most about `cache_bytes` of clean entries (a second-chance clock picks what
// goes); the dirty part grows until `take_changes`, and the runtime commits when `dirty_bytes` is
// above its budget. A hit costs one hash lookup and copies nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "processors/core/hash.h"
#include "processors/state/store.h"

namespace weir::state {

class WriteBack {
 public:
  /// `base` outlives this. `cache_bytes` 0: nothing clean is kept.
  WriteBack(const Store& base, std::size_t cache_bytes) : base_(base), cache_bytes_(cache_bytes) {}

  /// nullopt: no such key. The view lives until the next call of any member.
  Result<std::optional<std::string_view>> get(std::string_view key);
  void put(std::string_view key, std::string value);
  /// As put, of a key that the base does not hold: if it is erased before the next commit, nothing
  /// of it is written. REQUIRES: it does not.
  void put_new(std::string_view key, std::string value);
  /// Appends to the value of a key that there is and gives what it is then; the view lives until
  /// the next call of any member. corrupt: there is no such key.
  Result<std::string_view> append(std::string_view key, std::string_view bytes);
  void erase(std::string_view key);

  /// As Store::scan, over base and changes together. `visit` must not call this object.
  Result<void> scan(std::string_view prefix, std::string_view from, const Store::Visitor& visit);

  /// From the next entry on.
  void set_cache_bytes(std::size_t bytes) { cache_bytes_ = bytes; }

  /// Memory of the entries changed since the last take_changes, with their overhead.
  std::size_t dirty_bytes() const { return dirty_bytes_; }
  /// Memory of all entries, with their overhead.
  std::size_t memory_bytes() const { return clean_bytes_ + dirty_bytes_; }

  /// The changes since the last call, ascending by key, for a commit to the base, which must be
  /// done before the next call of any member; where it fails this object must be dropped. The
  /// changes stay readable here as clean entries. A key that came and went meanwhile and is known
  /// never to have been in the base is left out.
  StoreBatch take_changes();

 private:
  enum class InBase : std::uint8_t { unknown, no, yes };

  struct Entry {
    std::optional<std::string> value;  // nullopt: known to be absent
    InBase in_base = InBase::unknown;
    bool dirty = false;
    bool used = false;  // since the eviction hand last passed
  };
  struct KeyHash {  // for lookups by view: Debian's Abseil knows only its own one
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const { return hash64(key); }
  };
  using Entries = absl::flat_hash_map<std::string, Entry, KeyHash, std::equal_to<>>;

  static std::size_t memory_of(const Entries::value_type& entry);
  /// The entry of a key, read from the base where it is not here. The pointer lives as the view.
  Result<Entries::value_type*> load(std::string_view key);
  /// `in_base`: what is known of it where the key is not here.
  void change(std::string_view key, std::optional<std::string> value, InBase in_base);
  /// Around a change of an entry: takes it out of the accounts, and into those of dirty ones.
  void before_change(const Entries::value_type& entry);
  void after_change(Entries::value_type& entry);
  void sort_dirty_keys();
  void evict();

  const Store& base_;
  std::size_t cache_bytes_;
  Entries entries_;
  std::vector<std::string> dirty_keys_;  // the first `sorted_` ascending
  std::size_t sorted_ = 0;
  std::string hand_;  // where eviction goes on: a key, because the table moves
  std::size_t clean_bytes_ = 0;
  std::size_t dirty_bytes_ = 0;
};

}  // namespace weir::state
