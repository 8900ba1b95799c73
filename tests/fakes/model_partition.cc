#include "tests/fakes/model_partition.h"

#include <algorithm>

namespace weir::fakes {

using Fate = ModelPartition::Entry::Fate;

std::int64_t ModelPartition::append(Entry entry) {
  const std::int64_t offset = end();
  entry.append_time_us = std::max(entry.append_time_us, newest_us());
  entry.fate = entry.transaction == kNone ? Fate::committed : Fate::pending;
  if (entry.transaction != kNone) open_.try_emplace(entry.transaction, offset);
  entries_.push_back(std::move(entry));
  return offset;
}

void ModelPartition::mark(std::int64_t transaction, bool committed, TimeUs now) {
  const auto open = open_.find(transaction);
  if (open == open_.end()) return;
  for (std::int64_t offset = std::max(open->second, start_); offset < end(); ++offset) {
    Entry& entry = at(offset);
    if (entry.transaction != transaction || entry.fate != Fate::pending) continue;
    if (committed) {
      entry.fate = Fate::committed;
    } else {
      forget(entry);
    }
  }
  open_.erase(open);
  Entry marker;
  marker.append_time_us = now;
  append(std::move(marker));
  forget(entries_.back());
}

std::int64_t ModelPartition::stable_end() const {
  std::int64_t stable = end();
  for (const auto& [transaction, first] : open_) stable = std::min(stable, first);
  return stable;
}

TimeUs ModelPartition::newest_us() const {
  return entries_.empty() ? kMinTime : entries_.back().append_time_us;
}

void ModelPartition::read(std::int64_t from, std::size_t max_bytes,
                          runtime::RecordBatch& batch) const {
  batch.records.clear();
  batch.bytes.clear();
  const std::int64_t stable = stable_end();
  std::size_t bytes = 0;
  std::size_t count = 0;
  std::int64_t until = from;
  for (; until < stable && (count == 0 || bytes < max_bytes); ++until) {
    const Entry& entry = at(until);
    if (entry.fate != Fate::committed) continue;
    ++count;
    bytes += entry.key.size() + entry.content_type.size() + (entry.value ? entry.value->size() : 0);
  }
  batch.next = until;
  batch.bytes.reserve(bytes + 64);  // never so small that moving the batch would move its bytes
  const auto kept = [&batch](std::string_view text) {
    batch.bytes += text;
    return std::string_view(batch.bytes).substr(batch.bytes.size() - text.size());
  };
  for (; from < until; ++from) {
    const Entry& entry = at(from);
    if (entry.fate != Fate::committed) continue;
    batch.records.push_back({.offset = from,
                             .append_time_us = entry.append_time_us,
                             .key = kept(entry.key),
                             .content_type = kept(entry.content_type),
                             .value = entry.value ? kept(*entry.value) : std::string_view(),
                             .id = entry.id});
  }
}

void ModelPartition::compact(std::int64_t until, TimeUs tombstones_since) {
  std::map<std::string, std::int64_t> last;
  for (std::int64_t offset = start_; offset < std::min(until, stable_end()); ++offset) {
    Entry& entry = at(offset);
    if (entry.fate != Fate::committed) continue;
    const auto [found, first] = last.try_emplace(entry.key, offset);
    if (!first) forget(at(std::exchange(found->second, offset)));
  }
  for (const auto& [key, offset] : last)
    if (!at(offset).value && at(offset).append_time_us < tombstones_since) forget(at(offset));
}

void ModelPartition::delete_before(std::int64_t offset) {
  for (; start_ < offset && !entries_.empty(); ++start_) entries_.pop_front();
}

void ModelPartition::forget(Entry& entry) {
  entry.fate = Fate::gone;
  entry.key.clear();
  entry.value.reset();
}

}  // namespace weir::fakes
