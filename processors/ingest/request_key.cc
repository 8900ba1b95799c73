#include "processors/ingest/request_key.h"

#include <algorithm>
#include <cstring>

#include "processors/core/bytes.h"
#include "processors/core/hash.h"

namespace weir::ingest {
namespace {

constexpr std::size_t kReadBytes = 4 << 20;
/// An append is stamped a little after its request was seen, and fold counts from the stamp.
constexpr DurationUs kAppendUs = kMinuteUs;

std::uint64_t join(std::uint64_t digest, std::string_view content) {
  std::string bytes;
  put_fixed(bytes, digest);
  put_fixed(bytes, hash64(content));
  return hash64(bytes);
}

/// The first offset at or after which everything was appended at `from_us` or later.
Result<std::int64_t> find_time(const runtime::Reader& reader, const runtime::TopicPartition& where,
                               runtime::Bounds bounds, TimeUs from_us) {
  runtime::RecordBatch batch;
  while (bounds.start < bounds.end) {
    const std::int64_t middle = bounds.start + (bounds.end - bounds.start) / 2;
    WEIR_TRY(reader.read(where, middle, 1, batch));
    if (batch.records.empty() || batch.records.front().append_time_us >= from_us)
      bounds.end = middle;
    else
      bounds.start = middle + 1;
  }
  return bounds.start;
}

}  // namespace

RequestKey make_request_key(std::string_view caller, std::string_view idempotency_key) {
  std::string bytes;
  put_bytes(bytes, caller);
  put_bytes(bytes, idempotency_key);
  const std::uint64_t first = hash64(bytes + '1');
  const std::uint64_t second = hash64(bytes + '2');
  RequestKey key;
  std::memcpy(key.data(), &first, 8);
  std::memcpy(key.data() + 8, &second, 4);
  return key;
}

Id record_id(const RequestKey& key, std::uint32_t part) {
  Id id;
  std::ranges::copy(key, id.begin());
  for (std::size_t i = 0; i < 4; ++i)
    id[key.size() + i] = static_cast<std::uint8_t>(part >> (24 - 8 * i));
  return id;
}

std::int32_t partition_of(const RequestKey& key, std::int32_t partitions) {
  return weir::partition_of({reinterpret_cast<const char*>(key.data()), key.size()}, partitions);
}

std::uint64_t digest_of(std::span<const runtime::NewRecord> records) {
  std::uint64_t digest = 0;
  for (const runtime::NewRecord& record : records) digest = join(digest, record.value);
  return digest;
}

Result<void> SeenRequests::load(const runtime::Reader& reader, std::string_view topic, TimeUs now) {
  WEIR_ASSIGN(const std::int32_t partitions, reader.partitions(topic));
  for (std::int32_t i = 0; i < partitions; ++i)
    WEIR_TRY(load_partition(reader, {std::string(topic), i}, now - horizon_us_));
  std::ranges::sort(by_age_);
  forget(now);
  return {};
}

Result<void> SeenRequests::load_partition(const runtime::Reader& reader,
                                          const runtime::TopicPartition& where, TimeUs from_us) {
  WEIR_ASSIGN(const runtime::Bounds bounds, reader.bounds(where));
  WEIR_ASSIGN(std::int64_t offset, find_time(reader, where, bounds, from_us));
  runtime::RecordBatch batch;
  while (offset < bounds.end) {
    WEIR_TRY(reader.read(where, offset, kReadBytes, batch));
    if (batch.records.empty()) break;
    for (const runtime::Record& record : batch.records)
      if (record.id) take(*record.id, record.value, record.append_time_us);
    offset = batch.records.back().offset + 1;
  }
  return {};
}

/// Parts come in order; those of a request that was stored twice come again and say nothing new.
void SeenRequests::take(const Id& id, std::string_view content, TimeUs append_time_us) {
  RequestKey key;
  std::copy_n(id.begin(), key.size(), key.begin());
  std::uint32_t part = 0;
  for (std::size_t i = key.size(); i < id.size(); ++i) part = part << 8 | id[i];
  const auto [found, made] = entries_.try_emplace(key);
  Entry& entry = found->second;
  if (made) by_age_.emplace_back(append_time_us, key);
  if (part != entry.parts) return;
  entry.digest = join(entry.digest, content);
  entry.stored = true;
  ++entry.parts;
}

SeenRequests::Verdict SeenRequests::begin(const RequestKey& key, std::uint64_t digest, TimeUs now) {
  const std::lock_guard lock(mutex_);
  forget(now);
  const auto [found, made] = entries_.try_emplace(key, Entry{.digest = digest});
  if (made) by_age_.emplace_back(now, key);
  const Entry& entry = found->second;
  if (entry.digest != digest) return Verdict::conflicting;
  return entry.stored ? Verdict::stored : Verdict::store;
}

void SeenRequests::end(const RequestKey& key) {
  const std::lock_guard lock(mutex_);
  if (const auto found = entries_.find(key); found != entries_.end()) found->second.stored = true;
}

void SeenRequests::forget(TimeUs now) {
  while (!by_age_.empty() &&
         (by_age_.size() > kMaxRequests || by_age_.front().first < now - horizon_us_ - kAppendUs)) {
    entries_.erase(by_age_.front().second);
    by_age_.pop_front();
  }
}

}  // namespace weir::ingest
