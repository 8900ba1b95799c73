#include "processors/fold/series.h"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

namespace weir::fold {

NameTable::NameTable() { rehash(64); }

void NameTable::ids(std::span<const std::string_view> names, std::uint32_t* out) {
  constexpr std::size_t kAtOnce = 16;
  std::array<Key, kAtOnce> keys;
  std::array<std::size_t, kAtOnce> hashes;
  for (; !names.empty(); names = names.subspan(std::min(kAtOnce, names.size()))) {
    const std::size_t count = std::min(kAtOnce, names.size());
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t i = 0; i < count; ++i) {
      keys[i] = key_of(names[i]);
      hashes[i] = hash_of(keys[i]);
      __builtin_prefetch(&slots_[hashes[i] & mask]);
    }
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint32_t found = slots_[hashes[i] & mask];
      if (found != 0) __builtin_prefetch(&keys_[found - 1]);
    }
    for (std::size_t i = 0; i < count; ++i) *out++ = id(names[i], keys[i], hashes[i]);
  }
}

std::uint32_t NameTable::insert(const Key& key, std::string_view name, std::size_t at) {
  const auto id = static_cast<std::uint32_t>(keys_.size());
  keys_.push_back(key);
  long_names_.emplace_back(key.size > kInlineBytes ? name : std::string_view());
  long_name_bytes_ += long_names_.back().size();
  slots_[at] = id + 1;
  if (keys_.size() * 4 > slots_.size()) rehash(slots_.size() * 2);
  return id;
}

void NameTable::rehash(std::size_t slots) {
  slots_.assign(slots, 0);
  for (std::uint32_t id = 0; id < keys_.size(); ++id) {
    std::size_t at = hash_of(keys_[id]) & (slots - 1);
    while (slots_[at] != 0) at = (at + 1) & (slots - 1);
    slots_[at] = id + 1;
  }
}

std::size_t NameTable::memory_bytes() const {
  return slots_.size() * sizeof slots_[0] + keys_.capacity() * sizeof keys_[0] +
         long_names_.capacity() * sizeof long_names_[0] + long_name_bytes_;
}

void NameTable::clear() { *this = NameTable(); }

void PairTable::prepare(std::size_t firsts, std::size_t seconds) {
  const auto shift = static_cast<unsigned>(std::bit_width(std::max<std::size_t>(seconds, 2) - 1));
  if (map_.empty() && firsts << shift <= kMaxCells) {
    const bool fits = shift <= shift_ && firsts << shift_ <= cells_.size();
    if (!fits) move_cells(std::bit_ceil(firsts), std::max(shift, shift_));
  } else if (!cells_.empty()) {
    for (std::size_t at = 0; at < cells_.size(); ++at)
      if (cells_[at] != 0)
        map_.emplace(static_cast<std::uint64_t>(at >> shift_) << 32 | (at & ((1u << shift_) - 1)),
                     cells_[at] - 1);
    cells_ = std::vector<std::uint32_t>();  // assigned {} it would keep its memory
  }
}

void PairTable::move_cells(std::size_t firsts, unsigned shift) {
  const std::vector<std::uint32_t> old =
      std::exchange(cells_, std::vector<std::uint32_t>(firsts << shift));
  for (std::size_t at = 0; at < old.size(); ++at)
    cells_[(at >> shift_) << shift | (at & ((1u << shift_) - 1))] = old[at];
  shift_ = shift;
}

std::size_t PairTable::memory_bytes() const {
  return cells_.size() * sizeof cells_[0] + map_.capacity() * 2 * sizeof(std::uint64_t);
}

void PairTable::clear() { *this = PairTable(); }

}  // namespace weir::fold
