#include "processors/state/store.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <compare>
#include <cstring>

namespace weir::state {
namespace {

/// The first bytes of a key as numbers that order as they do: most comparisons end here.
using Head = std::array<std::uint64_t, 2>;

Head head_of(std::string_view key) {
  Head head{};
  std::memcpy(head.data(), key.data(), std::min(key.size(), sizeof head));
  if (std::endian::native == std::endian::little)
    for (std::uint64_t& part : head) part = std::byteswap(part);
  return head;
}

/// Of keys with the same head.
std::strong_ordering order_of(std::string_view a, std::string_view b) {
  if (std::max(a.size(), b.size()) <= sizeof(Head)) return a.size() <=> b.size();
  return a <=> b;
}

}  // namespace

void StoreBatch::add(std::string_view prefix, std::string_view key,
                     std::optional<std::string_view> value) {
  assert(prefix.size() + key.size() <= UINT32_MAX && (!value || value->size() <= UINT32_MAX));
  Entry entry{.at = bytes_.size(),
              .key_bytes = static_cast<std::uint32_t>(prefix.size() + key.size()),
              .erased = !value};
  bytes_.append(prefix).append(key);
  if (value) {
    entry.value_bytes = static_cast<std::uint32_t>(value->size());
    bytes_.append(*value);
  }
  entries_.push_back(entry);
}

void StoreBatch::append_below(std::string_view prefix, const StoreBatch& batch) {
  bytes_.reserve(bytes_.size() + batch.bytes() + batch.entries_.size() * prefix.size());
  entries_.reserve(entries_.size() + batch.entries_.size());
  for (const auto& [key, value] : batch.changes()) add(prefix, key, value);
}

void StoreBatch::sort(bool without_erasures) {
  struct Place {
    Head head;
    std::size_t at;  // of the entry
  };
  const auto order = [this](const Place& a, const Place& b) {
    if (a.head != b.head) return a.head <=> b.head;
    return order_of(key(entries_[a.at]), key(entries_[b.at]));
  };
  std::vector<Place> places;
  places.reserve(entries_.size());
  for (const Entry& entry : entries_) places.push_back({head_of(key(entry)), places.size()});
  std::ranges::sort(places, [&](const Place& a, const Place& b) {
    const auto ordered = order(a, b);
    return ordered != 0 ? ordered < 0 : a.at < b.at;
  });
  std::vector<Entry> last;
  last.reserve(entries_.size());
  for (std::size_t i = 0; i < places.size(); ++i) {
    const Entry& entry = entries_[places[i].at];
    const bool again = i + 1 < places.size() && order(places[i], places[i + 1]) == 0;
    if (!again && !(entry.erased && without_erasures)) last.push_back(entry);
  }
  entries_ = std::move(last);
}

}  // namespace weir::state
