// From deltas to partial batches: for each partition downstream the deltas of the series it owns,
// the raw range since the last batch to it, and the watermark; cut into parts below a record's
// limit, of which the last counts. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "processors/aggregates/definitions.h"
#include "processors/fold/accumulator.h"
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

  /// What is the same in every batch of this commit.
  struct Common {
    std::string_view raw_topic;
    std::int32_t raw_partition = 0;
    std::int32_t raw_partitions = 0;
    std::int64_t position = 0;  // where the ranges end
    bool end_of_history = false;
  };

  struct Batch {
    std::int32_t partition = 0;
    std::string bytes;  // a v1.PartialBatch
  };
  /// The batches that are due: where there are deltas, where the watermark moved a whole second,
  /// and at the end of a history. Notes in `head` what was said. Definitions go into the first
  /// batch to a partition since this was made, and hourly.
  std::vector<Batch> take(const Common& common, Head& head);

 private:
  struct Pending {
    std::vector<v1::PartialBatch> parts;
    std::size_t last_part_bytes = 0;
    std::int64_t defined_hour = kMinTime;  // of the watermark when definitions were last sent
  };

  v1::PartialBatch& part_with_room(Pending& pending, std::size_t bytes);

  const std::shared_ptr<const aggregates::Definitions> definitions_;
  std::vector<std::string> scope_names_;
  std::vector<Pending> pending_;
};

}  // namespace weir::fold
