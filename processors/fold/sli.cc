#include "processors/fold/sli.h"

namespace weir::fold {
namespace {

/// Of a delta in its batch beside its series, at most.
constexpr std::size_t kDeltaBytes = 80;

static_assert(objectives::kMaxObjectivesBytes < BatchBuilder<v1::SliBatch>::kPartBytes);

}  // namespace

void SliBuilder::add(const ObjectiveDelta& delta) {
  const std::int32_t owner =
      objectives::owner_of(*delta.objective, delta.series, batches_.partitions());
  v1::SliDelta& added =
      *batches_.part_with_room(owner, delta.series.size() + kDeltaBytes).add_delta();
  added.set_objective_id(delta.objective->id);
  added.set_series(std::string(delta.series));
  added.set_pane(delta.pane);
  added.set_good(delta.good);
  added.set_bad(delta.total - delta.good);
  added.set_total(delta.total);
}

std::vector<OutgoingBatch> SliBuilder::take(const BatchCommon& common, Head& head) {
  if (objectives_->empty() && head.sli_destinations.empty()) return {};
  return batches_.take(common, *objectives_, head, head.sli_destinations);
}

}  // namespace weir::fold
