// Requests that may be sent again: what their records are called, and which were seen.
//
// The id of a record is the first 12 bytes of a hash of (caller, idempotency key), then the number
// of the part, big-endian:
//
//   | hash of caller and key, 12 bytes | part, 4 bytes |
//
// All parts of a request go to the partition that its key chooses, in one append, so they are
// stored all or none; fold drops a record whose id it has seen. The table here adds what fold
// cannot: an answer. It knows the requests of the last `horizon`, by what was stored of them:
//
// - the same key with the same events is answered as before, without storing them again;
// - the same key with other events is refused. Events are what counts, and not bytes: whoever
//   writes the same events in another form, or adds some that are rejected, changes nothing that is
//   stored, and only what is stored is there to compare with after a restart.
//
// Ingest keeps no state of its own: at start the table is read back from the ids and contents of
// the log's tail, so both hold across a restart and a crash between storing and answering. Two
// requests with one key at the same time are both stored where they are equal, and fold counts one.
// Beyond `kMaxRequests` within the horizon the oldest are forgotten; then fold alone guards: equal
// records count once, others become dead letters.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <mutex>
#include <span>
#include <string_view>
#include <utility>

#include <absl/container/flat_hash_map.h>

#include "processors/core/id.h"
#include "processors/core/result.h"
#include "processors/core/time.h"
#include "processors/runtime/io.h"

namespace weir::ingest {

using RequestKey = std::array<std::uint8_t, 12>;

RequestKey make_request_key(std::string_view caller, std::string_view idempotency_key);
Id record_id(const RequestKey& key, std::uint32_t part);
std::int32_t partition_of(const RequestKey& key, std::int32_t partitions);

/// The contents of a request's records, in order, as one number.
std::uint64_t digest_of(std::span<const runtime::NewRecord> records);

/// Thread-safe.
class SeenRequests {
 public:
  static constexpr std::size_t kMaxRequests = 1 << 18;  // some 25 MB

  explicit SeenRequests(DurationUs horizon_us) : horizon_us_(horizon_us) {}

  /// Reads back what the log's tail holds of the last horizon. Before anything else.
  Result<void> load(const runtime::Reader& reader, std::string_view topic, TimeUs now);

  enum class Verdict : std::uint8_t {
    store,       // not known to be stored
    stored,      // the same was stored before
    conflicting  // the key belongs to other events
  };
  /// From now on the key belongs to these events.
  Verdict begin(const RequestKey& key, std::uint64_t digest, TimeUs now);
  /// They are stored.
  void end(const RequestKey& key);

 private:
  struct Entry {
    std::uint64_t digest = 0;
    std::uint32_t parts = 0;  // while reading back
    bool stored = false;
  };

  Result<void> load_partition(const runtime::Reader& reader, const runtime::TopicPartition& where,
                              TimeUs from_us);
  void take(const Id& id, std::string_view content, TimeUs append_time_us);
  void forget(TimeUs now);

  const DurationUs horizon_us_;
  std::mutex mutex_;
  absl::flat_hash_map<RequestKey, Entry> entries_;
  std::deque<std::pair<TimeUs, RequestKey>> by_age_;
};

}  // namespace weir::ingest
