// From deltas to partial batches: each delta goes to the partition that owns its series. One
// thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "processors/aggregates/definitions.h"
#include "processors/fold/accumulator.h"
#include "processors/fold/batches.h"
#include "processors/fold/state.h"
#include "weir/v1/partial.pb.h"

namespace weir::fold {

class PartialBuilder {
 public:
  /// `partitions` downstream (> 0).
  PartialBuilder(std::shared_ptr<const aggregates::Definitions> definitions,
                 std::int32_t partitions);

  /// A delta for whoever owns the series.
  void add(const Delta& delta);

  /// The batches that are due; see BatchBuilder::take. Notes in `head` what was said.
  std::vector<OutgoingBatch> take(const BatchCommon& common, Head& head) {
    return batches_.take(common, *definitions_, head, head.destinations);
  }

 private:
  const std::shared_ptr<const aggregates::Definitions> definitions_;
  std::vector<std::string> scope_names_;
  BatchBuilder<v1::PartialBatch> batches_;
};

}  // namespace weir::fold
