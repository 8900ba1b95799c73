// From panes to results: closes the panes of one series at a tick, tells the windows that are due
// and changed, and tells again what late events touch. Pure decisions over one series; the
// processor decides which series and when. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "processors/aggregates/inference_aggregate.h"
#include "processors/core/result.h"
#include "processors/kpi/panes.h"
#include "processors/kpi/series.h"
#include "processors/windows/sources.h"
#include "weir/v1/kpi.pb.h"

namespace weir::kpi {

/// What a result depends on beside panes.
struct Moment {
  TimeUs closed_until_us = kMinTime;  // ticks up to here were told
  TimeUs history_end_us =
      kMinTime;  // the last event of a history that has ended; kMinTime: it goes on
  const windows::Sources* sources = nullptr;
};

class Evaluator {
 public:
  using Emit = std::function<void(const Series&, v1::KpiResult&)>;

  Evaluator(SeriesTable& table, Panes& panes) : table_(table), panes_(panes) {}

  /// Closes the panes of the series that end at `end`, then emits its due and changed windows.
  Result<void> tick(SeriesId id, TimeUs end, const Moment& moment, const Emit& emit);

  /// Merges the late panes of the series and emits each tick they touch once more, ascending, and
  /// so every tick of its own in (from, to]. A window is told again while all its panes are kept
  /// for sure: for its base tier's lateness. `lost` is told how many events came too late for one.
  using Lost = std::function<void(std::uint64_t events)>;
  struct Range {
    TimeUs from_us = 0;
    TimeUs to_us = 0;
  };
  Result<void> restate(SeriesId id, std::optional<Range> range, const Moment& moment,
                       const Emit& emit, const Lost& lost);

  /// Whether a tick can still show something of the series.
  static bool is_active(const Series& series, const windows::WindowPlan& plan, TimeUs end);

 private:
  using Ends = std::map<TimeUs, std::set<std::size_t>>;  // windows to tell, by end
  using Late = std::vector<std::pair<PaneKey, aggregates::InferenceAggregate>>;

  Result<void> close(Series& series, SeriesId id, TimeUs end);
  Result<void> apply(Series& series, SeriesId id, const Late& late, TimeUs closed_until);
  Result<v1::KpiValues> value_of(const Series& series, SeriesId id, std::size_t window, TimeUs end);
  /// Whether something entered the window or left it at this end: then it is told.
  bool is_changed(const Series& series, std::size_t window, TimeUs end) const;
  v1::KpiResult header(const Series& series, TimeUs end) const;
  /// The ends at which a late pane shows. False: it came too late for some of them.
  bool touch_ends(const Series& series, const PaneKey& late, TimeUs closed_until, Ends& ends) const;
  void add_range(const Series& series, Range range, TimeUs closed_until, Ends& ends) const;

  SeriesTable& table_;
  Panes& panes_;
  PaneParts parts_;
  std::vector<windows::PaneRange> ranges_;
};

}  // namespace weir::kpi
