// What one commit says to each partition downstream: deltas in parts below a record's limit, of
// which the last counts; the raw range since the last batch to it, and the watermark. The same for
// partials and for counts of objectives. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "processors/core/time.h"
#include "processors/fold/state.h"
#include "processors/runtime/io.h"

namespace weir::fold {

/// What is the same in every batch of a commit.
struct BatchCommon {
  std::string_view raw_topic;
  std::int32_t raw_partition = 0;
  std::int32_t raw_partitions = 0;
  std::int64_t position = 0;  // where the ranges end
  bool end_of_history = false;
};

/// A serialised batch for a partition downstream.
struct OutgoingBatch {
  std::int32_t partition = 0;
  std::string bytes;
};

/// `Message` is v1.PartialBatch or a message with the same head.
template <class Message>
class BatchBuilder {
 public:
  /// `partitions` downstream (> 0).
  explicit BatchBuilder(std::int32_t partitions) : pending_(static_cast<std::size_t>(partitions)) {}

  std::int32_t partitions() const { return static_cast<std::int32_t>(pending_.size()); }

  /// The part of a partition's batch that has room for a delta of so many bytes.
  Message& part_with_room(std::int32_t partition, std::size_t bytes) {
    Pending& pending = pending_[static_cast<std::size_t>(partition)];
    if (pending.parts.empty() || pending.last_part_bytes + bytes > kPartBytes) {
      pending.parts.emplace_back();
      pending.last_part_bytes = 0;
    }
    pending.last_part_bytes += bytes;
    return pending.parts.back();
  }

  /// The batches that are due: where there are deltas, where the watermark moved a whole second,
  /// and at the end of a history. Notes in `destinations` what was said. Definitions go into the
  /// first part of the first batch to a partition since this was made, and hourly: a part of their
  /// own where it has no room. REQUIRES: they are below kPartBytes, as is each delta.
  template <class Definitions>
  std::vector<OutgoingBatch> take(const BatchCommon& common, const Definitions& definitions,
                                  const Head& head, std::vector<Destination>& destinations) {
    std::vector<OutgoingBatch> batches;
    destinations.resize(pending_.size());
    for (std::size_t partition = 0; partition < pending_.size(); ++partition) {
      Pending& pending = pending_[partition];
      Destination& destination = destinations[partition];
      const bool moved =
          floor_div(head.watermark_us, kSecondUs) != floor_div(destination.watermark_us, kSecondUs);
      if (pending.parts.empty() && !moved && !common.end_of_history) continue;
      if (pending.parts.empty()) pending.parts.emplace_back();

      const std::int64_t hour = floor_div(head.watermark_us, kHourUs);
      if (pending.defined_hour != hour) define(definitions.message(), pending.parts);
      pending.defined_hour = hour;
      for (std::size_t part = 0; part < pending.parts.size(); ++part) {
        Message& batch = pending.parts[part];
        fill(common, head, destination, batch);
        batch.set_part(static_cast<std::uint32_t>(part));
        batch.set_last_part(part + 1 == pending.parts.size());
        batch.set_definitions_hash(definitions.hash());
        batches.push_back({static_cast<std::int32_t>(partition), batch.SerializeAsString()});
      }
      pending.parts.clear();
      destination = {.end_offset = common.position, .watermark_us = head.watermark_us};
    }
    return batches;
  }

  /// Leaves room for the head of the batch and for the record's own head.
  static constexpr std::size_t kPartBytes = runtime::kMaxRecordBytes - (64 << 10);

 private:
  struct Pending {
    std::vector<Message> parts;
    std::size_t last_part_bytes = 0;
    std::int64_t defined_hour = kMinTime;  // of the watermark when definitions were last sent
  };

  /// Before all deltas.
  template <class Definitions>
  static void define(const Definitions& definitions, std::vector<Message>& parts) {
    if (parts.front().ByteSizeLong() + definitions.ByteSizeLong() > kPartBytes)
      parts.emplace(parts.begin());
    *parts.front().mutable_definitions() = definitions;
  }

  static void fill(const BatchCommon& common, const Head& head, const Destination& destination,
                   Message& batch) {
    batch.set_version(1);
    batch.set_raw_topic(std::string(common.raw_topic));
    batch.set_raw_partition(common.raw_partition);
    batch.set_raw_partitions(common.raw_partitions);
    batch.set_begin_offset(destination.end_offset);
    batch.set_end_offset(common.position);
    batch.set_watermark_us(head.watermark_us);
    batch.set_append_time_us(head.append_time_us);
    batch.set_greatest_event_time_us(head.greatest_event_time_us);
    batch.set_end_of_history(common.end_of_history);
    if (head.lost_until_us != kMinTime) batch.set_lost_until_us(head.lost_until_us);
  }

  std::vector<Pending> pending_;
};

}  // namespace weir::fold
