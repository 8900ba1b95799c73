#include "processors/fold/partials.h"

#include "processors/runtime/io.h"

namespace weir::fold {
namespace {

/// Leaves room for the head of the batch and for the record's own head.
constexpr std::size_t kPartBytes = runtime::kMaxRecordBytes - (64 << 10);
/// Tags and lengths of a delta in its batch, at most.
constexpr std::size_t kDeltaOverheadBytes = 40;

}  // namespace

PartialBuilder::PartialBuilder(std::shared_ptr<const aggregates::Definitions> definitions,
                               std::int32_t partitions)
    : definitions_(std::move(definitions)), pending_(static_cast<std::size_t>(partitions)) {
  for (const aggregates::Scope& scope : definitions_->scopes())
    scope_names_.push_back(aggregates::scope_name(scope.dimensions));
}

v1::PartialBatch& PartialBuilder::part_with_room(Pending& pending, std::size_t bytes) {
  if (pending.parts.empty() || pending.last_part_bytes + bytes > kPartBytes) {
    pending.parts.emplace_back();
    pending.last_part_bytes = 0;
  }
  pending.last_part_bytes += bytes;
  return pending.parts.back();
}

void PartialBuilder::add(const Delta& delta) {
  const std::int32_t owner = aggregates::series_partition(
      scope_names_[delta.scope], delta.series, static_cast<std::int32_t>(pending_.size()));
  const std::size_t bytes = delta.series.size() + delta.aggregate.size() + kDeltaOverheadBytes;
  v1::PaneDelta& added =
      *part_with_room(pending_[static_cast<std::size_t>(owner)], bytes).add_delta();
  added.set_scope(delta.scope);
  added.set_series(std::string(delta.series));
  added.set_tier(delta.tier);
  added.set_pane(delta.pane);
  added.set_aggregate(std::string(delta.aggregate));
}

std::vector<PartialBuilder::Batch> PartialBuilder::take(const Common& common, Head& head) {
  std::vector<Batch> batches;
  head.destinations.resize(pending_.size());
  for (std::size_t partition = 0; partition < pending_.size(); ++partition) {
    Pending& pending = pending_[partition];
    Destination& destination = head.destinations[partition];
    const bool moved =
        floor_div(head.watermark_us, kSecondUs) != floor_div(destination.watermark_us, kSecondUs);
    if (pending.parts.empty() && !moved && !common.end_of_history) continue;
    if (pending.parts.empty()) pending.parts.emplace_back();

    const std::int64_t hour = floor_div(head.watermark_us, kHourUs);
    if (pending.defined_hour != hour)
      *pending.parts.front().mutable_definitions() = definitions_->message();
    pending.defined_hour = hour;
    for (std::size_t part = 0; part < pending.parts.size(); ++part) {
      v1::PartialBatch& batch = pending.parts[part];
      batch.set_version(1);
      batch.set_raw_topic(std::string(common.raw_topic));
      batch.set_raw_partition(common.raw_partition);
      batch.set_raw_partitions(common.raw_partitions);
      batch.set_begin_offset(destination.end_offset);
      batch.set_end_offset(common.position);
      batch.set_watermark_us(head.watermark_us);
      batch.set_append_time_us(head.append_time_us);
      batch.set_greatest_event_time_us(head.greatest_event_time_us);
      batch.set_part(static_cast<std::uint32_t>(part));
      batch.set_last_part(part + 1 == pending.parts.size());
      batch.set_definitions_hash(definitions_->hash());
      batch.set_end_of_history(common.end_of_history);
      batches.push_back({static_cast<std::int32_t>(partition), batch.SerializeAsString()});
    }
    pending.parts.clear();
    destination = {.end_offset = common.position, .watermark_us = head.watermark_us};
  }
  return batches;
}

}  // namespace weir::fold
