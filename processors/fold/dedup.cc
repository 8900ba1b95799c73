#include "processors/fold/dedup.h"

#include <algorithm>

#include "processors/core/hash.h"
#include "processors/fold/state.h"

namespace weir::fold {

Result<void> Dedup::open() {
  Result<void> result;
  WEIR_TRY(store_.scan(kSeenPrefix, "", [&](std::string_view key, std::string_view value) {
    const auto id = parse_seen_key(key);
    const auto seen = decode_seen(value);
    if (id && seen) {
      by_age_.emplace_back(seen->append_time_us, *id);
    } else {
      result = std::unexpected(id ? seen.error() : id.error());
    }
    return result.has_value();
  }));
  std::ranges::sort(by_age_);
  return result;
}

Result<Dedup::Verdict> Dedup::see(const Id& id, std::string_view content, TimeUs append_time_us) {
  forget_before(append_time_us - horizon_us_);
  const std::string key = seen_key(id);
  const std::uint64_t content_hash = hash64(content);
  WEIR_ASSIGN(const auto before, store_.get(key));
  if (before) {
    WEIR_ASSIGN(const SeenRecord seen, decode_seen(*before));
    return seen.content_hash == content_hash ? Verdict::repeated : Verdict::conflicting;
  }
  store_.put(key, encode_seen({.content_hash = content_hash, .append_time_us = append_time_us}));
  by_age_.emplace_back(append_time_us, id);
  return Verdict::first;
}

void Dedup::forget_before(TimeUs append_time_us) {
  while (!by_age_.empty() && by_age_.front().first < append_time_us) {
    store_.erase(seen_key(by_age_.front().second));
    by_age_.pop_front();
  }
}

}  // namespace weir::fold
