// From counts of objectives to batches on `weir.sli`: each delta goes to the partition that owns
// its objective's series. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "processors/fold/batches.h"
#include "processors/fold/objective_counts.h"
#include "processors/objectives/objective.h"
#include "weir/v1/sli.pb.h"

namespace weir::fold {

class SliBuilder {
 public:
  /// `partitions` downstream (> 0).
  SliBuilder(std::shared_ptr<const objectives::Objectives> objectives, std::int32_t partitions)
      : objectives_(std::move(objectives)), batches_(partitions) {}

  void add(const ObjectiveDelta& delta);

  /// The batches that are due; see BatchBuilder::take. None where there never was an objective;
  /// where the last one went, time is told on, so that its ledgers are closed. Notes in `head` what
  /// was said.
  std::vector<OutgoingBatch> take(const BatchCommon& common, Head& head);

 private:
  const std::shared_ptr<const objectives::Objectives> objectives_;
  BatchBuilder<v1::SliBatch> batches_;
};

}  // namespace weir::fold
