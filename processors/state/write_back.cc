#include "processors/state/write_back.h"

#include <algorithm>
#include <iterator>

#include "processors/core/id.h"

namespace weir::state {
namespace {

/// What a string has outside of itself.
std::size_t heap_bytes(const std::string& text) {
  return text.capacity() > std::string().capacity() ? text.capacity() + 1 : 0;
}

}  // namespace

Result<WriteBack::Entries::value_type*> WriteBack::load(std::string_view key) {
  auto found = entries_.find(key);
  if (found == entries_.end()) {
    evict();
    std::string value;
    WEIR_ASSIGN(const bool present, base_.get(key, value));
    Entry entry;
    entry.in_base = present ? InBase::yes : InBase::no;
    if (present) entry.value = std::move(value);
    found = entries_.emplace(key, std::move(entry)).first;
    clean_bytes_ += memory_of(*found);
  }
  found->second.used = true;
  return &*found;
}

Result<std::optional<std::string_view>> WriteBack::get(std::string_view key) {
  WEIR_ASSIGN(const auto* const entry, load(key));
  if (!entry->second.value) return std::nullopt;
  return std::string_view(*entry->second.value);
}

void WriteBack::put(std::string_view key, std::string value) {
  change(key, std::move(value), InBase::unknown);
}

void WriteBack::put_new(std::string_view key, std::string value) {
  change(key, std::move(value), InBase::no);
}

Result<std::string_view> WriteBack::append(std::string_view key, std::string_view bytes) {
  WEIR_ASSIGN(auto* const entry, load(key));
  if (!entry->second.value) return fail(ErrorCode::corrupt, "state: key {} is gone", to_hex(key));
  before_change(*entry);
  entry->second.value->append(bytes);
  after_change(*entry);
  return std::string_view(*entry->second.value);
}

void WriteBack::erase(std::string_view key) { change(key, std::nullopt, InBase::unknown); }

Result<void> WriteBack::scan(std::string_view prefix, std::string_view from,
                             const Store::Visitor& visit) {
  sort_dirty_keys();
  auto changed = std::lower_bound(dirty_keys_.begin(), dirty_keys_.end(), std::max(prefix, from));
  bool more = true;
  // Visits the changed keys with the prefix and below `limit` (nullopt: all that are left).
  const auto visit_changed = [&](std::optional<std::string_view> limit) {
    for (; more && changed != dirty_keys_.end() && changed->starts_with(prefix) &&
           (!limit || *changed < *limit);
         ++changed) {
      const Entry& entry = entries_.find(*changed)->second;
      if (entry.value) more = visit(*changed, *entry.value);
    }
  };
  WEIR_TRY(base_.scan(prefix, from, [&](std::string_view key, std::string_view value) {
    visit_changed(key);
    // A changed key that the base holds too is visited with its own value, by the next round.
    const bool shadowed = changed != dirty_keys_.end() && *changed == key;
    if (more && !shadowed) more = visit(key, value);
    return more;
  }));
  visit_changed(std::nullopt);
  return {};
}

StoreBatch WriteBack::take_changes() {
  sort_dirty_keys();
  StoreBatch batch;
  batch.reserve(dirty_keys_.size(), dirty_bytes_);
  for (const std::string& key : dirty_keys_) {
    const auto found = entries_.find(key);
    Entry& entry = found->second;
    clean_bytes_ += memory_of(*found);
    if (entry.value) {
      batch.put(key, *entry.value);
    } else if (entry.in_base != InBase::no) {
      batch.erase(key);
    }
    entry.in_base = entry.value ? InBase::yes : InBase::no;
    entry.dirty = false;
  }
  dirty_keys_.clear();
  sorted_ = 0;
  dirty_bytes_ = 0;
  return batch;
}

std::size_t WriteBack::memory_of(const Entries::value_type& entry) {
  // A slot and its control byte, and as much again for half of them: tables are half empty when
  // they have grown, and seven eighths full before they do.
  constexpr std::size_t kOverhead = (sizeof(Entries::value_type) + 1) * 3 / 2;
  return kOverhead + heap_bytes(entry.first) +
         (entry.second.value ? heap_bytes(*entry.second.value) : 0);
}

void WriteBack::change(std::string_view key, std::optional<std::string> value, InBase in_base) {
  auto found = entries_.find(key);
  if (found == entries_.end()) {
    evict();
    found = entries_.emplace(key, Entry{.value = {}, .in_base = in_base}).first;
    clean_bytes_ += memory_of(*found);
  }
  before_change(*found);
  found->second.value = std::move(value);
  after_change(*found);
}

void WriteBack::before_change(const Entries::value_type& entry) {
  (entry.second.dirty ? dirty_bytes_ : clean_bytes_) -= memory_of(entry);
}

void WriteBack::after_change(Entries::value_type& entry) {
  entry.second.used = true;
  if (!entry.second.dirty) dirty_keys_.emplace_back(entry.first);
  entry.second.dirty = true;
  dirty_bytes_ += memory_of(entry);
}

void WriteBack::sort_dirty_keys() {
  if (sorted_ == dirty_keys_.size()) return;
  const auto middle = dirty_keys_.begin() + static_cast<std::ptrdiff_t>(sorted_);
  std::sort(middle, dirty_keys_.end());
  std::vector<std::string> merged;
  merged.reserve(dirty_keys_.size());
  std::merge(std::move_iterator(dirty_keys_.begin()), std::move_iterator(middle),
             std::move_iterator(middle), std::move_iterator(dirty_keys_.end()),
             std::back_inserter(merged));
  dirty_keys_ = std::move(merged);
  sorted_ = dirty_keys_.size();
}

// Clears an eighth at once, so that a pass over dirty or used entries is paid for by many inserts.
void WriteBack::evict() {
  if (clean_bytes_ <= cache_bytes_) return;
  const std::size_t target = cache_bytes_ - cache_bytes_ / 8;
  auto it = entries_.find(hand_);
  while (clean_bytes_ > target) {
    if (it == entries_.end()) it = entries_.begin();
    Entry& entry = it->second;
    if (entry.dirty || entry.used) {
      entry.used = false;
      ++it;
    } else {
      clean_bytes_ -= memory_of(*it);
      entries_.erase(it++);
    }
  }
  hand_ = it == entries_.end() ? std::string() : it->first;
}

}  // namespace weir::state
