#include "processors/fold/partials.h"

namespace weir::fold {
namespace {

/// Tags and lengths of a delta in its batch, at most.
constexpr std::size_t kDeltaOverheadBytes = 40;

}  // namespace

PartialBuilder::PartialBuilder(std::shared_ptr<const aggregates::Definitions> definitions,
                               std::int32_t partitions)
    : definitions_(std::move(definitions)), batches_(partitions) {
  for (const aggregates::Scope& scope : definitions_->scopes())
    scope_names_.push_back(aggregates::scope_name(scope.dimensions));
}

void PartialBuilder::add(const Delta& delta) {
  const std::int32_t owner =
      aggregates::series_partition(scope_names_[delta.scope], delta.series, batches_.partitions());
  const std::size_t bytes = delta.series.size() + delta.aggregate.size() + kDeltaOverheadBytes;
  v1::PaneDelta& added = *batches_.part_with_room(owner, bytes).add_delta();
  added.set_scope(delta.scope);
  added.set_series(std::string(delta.series));
  added.set_tier(delta.tier);
  added.set_pane(delta.pane);
  added.set_aggregate(std::string(delta.aggregate));
}

}  // namespace weir::fold
