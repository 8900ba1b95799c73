#include "processors/fold/dedup.h"

#include <algorithm>
#include <string>
#include <vector>

#include "processors/core/hash.h"
#include "processors/fold/state.h"

namespace weir::fold {

Result<void> Dedup::open(TimeUs forgotten_us) {
  forgotten_us_ = forgotten_us;
  bool ordered = false;
  WEIR_TRY(store_.scan(kSeenTimePrefix, "", [&](std::string_view, std::string_view) {
    ordered = true;
    return false;
  }));
  if (ordered) return {};
  Result<void> result;
  std::vector<std::string> keys;
  WEIR_TRY(store_.scan(kSeenPrefix, "", [&](std::string_view key, std::string_view value) {
    const auto id = parse_seen_key(key);
    const auto seen = decode_seen(value);
    if (id && seen) {
      keys.push_back(seen_time_key({seen->append_time_us, *id}));
    } else {
      result = std::unexpected(id ? seen.error() : id.error());
    }
    return result.has_value();
  }));
  for (const std::string& key : keys) store_.put_new(key, "");
  return result;
}

void Dedup::move_horizon(TimeUs append_time_us) {
  forgotten_us_ = std::max(forgotten_us_, append_time_us - horizon_us_);
}

Result<Dedup::Verdict> Dedup::see(const Id& id, std::string_view content, TimeUs append_time_us) {
  move_horizon(append_time_us);
  const std::string key = seen_key(id);
  const std::uint64_t content_hash = hash64(content);
  WEIR_ASSIGN(const auto before, store_.get(key));
  if (before) {
    WEIR_ASSIGN(const SeenRecord seen, decode_seen(*before));
    if (seen.append_time_us >= forgotten_us_)
      return seen.content_hash == content_hash ? Verdict::repeated : Verdict::conflicting;
    store_.erase(seen_time_key({seen.append_time_us, id}));  // it was not forgotten yet
  }
  store_.put(key, encode_seen({.content_hash = content_hash, .append_time_us = append_time_us}));
  store_.put_new(seen_time_key({append_time_us, id}), "");
  ++came_;
  return Verdict::first;
}

Result<void> Dedup::forget(TimeUs append_time_us) {
  if (append_time_us == kMinTime) return {};
  move_horizon(append_time_us);
  const std::size_t most = 2 * came_ + kMostForgotten;
  came_ = 0;
  Result<void> result;
  std::vector<SeenTime> old;
  // From where the last one ended: before that a store may have to pass what was erased.
  const std::string from = seen_time_key({gone_us_, Id{}});
  WEIR_TRY(store_.scan(kSeenTimePrefix, from, [&](std::string_view key, std::string_view) {
    const auto seen = parse_seen_time_key(key);
    if (!seen) result = std::unexpected(seen.error());
    if (!seen || seen->append_time_us >= forgotten_us_ || old.size() == most) return false;
    old.push_back(*seen);
    return true;
  }));
  for (const SeenTime& seen : old) {
    store_.erase(seen_key(seen.id));
    store_.erase(seen_time_key(seen));
    gone_us_ = seen.append_time_us;
  }
  return result;
}

}  // namespace weir::fold
