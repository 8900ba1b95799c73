// A partition of the model of Kafka (model_kafka.h): records of transactions, markers, the last
// stable offset, compaction. Plain data; whoever has it locks.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>

#include "processors/runtime/io.h"

namespace weir::fakes {

class ModelPartition {
 public:
  /// Of no transaction.
  static constexpr std::int64_t kNone = 0;

  struct Entry {
    /// gone: aborted, compacted away, or a marker. Its offset stays.
    enum class Fate : std::uint8_t { pending, committed, gone };

    std::string key;
    std::optional<std::string> value;  // absent: a tombstone
    std::string content_type;
    std::optional<Id> id;
    TimeUs append_time_us = 0;
    std::int64_t transaction = kNone;
    Fate fate = Fate::committed;  // set by append
  };

  /// Its offset.
  std::int64_t append(Entry entry);
  /// Writes the marker that ends a transaction here.
  void mark(std::int64_t transaction, bool committed, TimeUs now);

  std::int64_t start() const { return start_; }
  /// The high watermark: with what is open, and with markers.
  std::int64_t end() const { return start_ + std::ssize(entries_); }
  /// The last stable offset: the first one of an open transaction, or the end.
  std::int64_t stable_end() const;
  /// The append time of the last one; kMinTime: there is none.
  TimeUs newest_us() const;

  /// Committed records from `from` on, below the last stable offset; batch.next is set. REQUIRES:
  /// start() <= from.
  void read(std::int64_t from, std::size_t max_bytes, runtime::RecordBatch& batch) const;

  /// Of the committed records below `until`, only the last one of each key stays, and of
  /// tombstones only those that are not older than `tombstones_since`.
  void compact(std::int64_t until, TimeUs tombstones_since);
  /// What retention does.
  void delete_before(std::int64_t offset);

 private:
  Entry& at(std::int64_t offset) { return entries_[static_cast<std::size_t>(offset - start_)]; }
  const Entry& at(std::int64_t offset) const {
    return entries_[static_cast<std::size_t>(offset - start_)];
  }
  static void forget(Entry& entry);

  std::deque<Entry> entries_;
  std::int64_t start_ = 0;
  std::map<std::int64_t, std::int64_t> open_;  // transaction: its first offset here
};

}  // namespace weir::fakes
