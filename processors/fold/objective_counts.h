// Events judged by objectives: how many of each objective, series and 10 s pane were good, since
// the last commit. An event counts at its own time, however late it is.
//
// Predicates are evaluated for a batch at a time; names become numbers once a batch. The same calls
// give the same deltas in the same order. Not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "processors/events/columns.h"
#include "processors/fold/series_ids.h"
#include "processors/objectives/objective.h"

namespace weir::fold {

/// One delta on its way out; the view lives as long as the sink's call.
struct ObjectiveDelta {
  const objectives::Objective* objective = nullptr;
  std::string_view series;  // aggregates::encode_series of `per`
  std::int64_t pane = 0;
  std::int64_t good = 0;
  std::int64_t total = 0;
};

class ObjectiveCounts {
 public:
  explicit ObjectiveCounts(std::shared_ptr<const objectives::Objectives> objectives);

  /// Judges events. skip: an entry for every event, or empty; one whose entry is not 0 is left out.
  /// REQUIRES: the others are valid (events::check).
  void add(const events::EventColumns& columns, std::span<const std::uint8_t> skip = {});

  /// Gives every delta to the sink, objective by objective, in the order they were opened, and
  /// forgets them. Names that were learned are kept while they are few.
  void drain(const std::function<void(const ObjectiveDelta&)>& sink);

  /// Of open deltas.
  std::size_t bytes() const { return bytes_; }

 private:
  struct Count {
    std::int64_t good = 0;
    std::int64_t total = 0;
  };
  using PaneCounts = std::vector<Count>;  // by series

  struct Opened {
    std::int64_t pane;
    std::uint32_t series;
  };

  struct Judged {
    const objectives::Objective* objective;
    SeriesIds series;
    absl::flat_hash_map<std::int64_t, PaneCounts> panes;
    std::vector<Opened> opened;
  };

  void find_panes(const events::EventColumns& columns, std::span<const std::uint8_t> skip);
  void add_to(Judged& judged, const events::EventColumns& columns);
  PaneCounts& counts_of(Judged& judged, std::int64_t pane);

  const std::shared_ptr<const objectives::Objectives> objectives_;
  std::vector<Judged> judged_;
  std::vector<aggregates::Dimension> dimensions_;  // of any objective
  AllDimensionIds ids_;
  std::size_t bytes_ = 0;

  // Of the call in hand.
  std::vector<std::int64_t> panes_;
  predicates::Mask counts_;  // 1: not left out
  predicates::Mask total_;
  predicates::Mask judge_;
  predicates::Predicate::Scratch scratch_;
};

}  // namespace weir::fold
