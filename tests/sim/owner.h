// One keyed partition as it must have behaved: from the heads of the partial batches that came, in
// their order, and from the events that their ranges hold, it knows at each batch what must be told
// with which value, and compares what was told. A batch at a time, so that every result is checked,
// and not only the last one of each window.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/sim/exact.h"
#include "tests/sim/oracle.h"

namespace weir::sim {

/// Told each difference.
using Wrong = std::function<void(const std::string&)>;

/// A record of `weir.partial`.
struct LoggedBatch {
  std::int64_t offset = 0;
  TimeUs append_time_us = 0;
  v1::PartialBatch batch;
};

/// A scope and the values of its dimensions. What is above the cap has kOther for every value.
using SeriesKey = std::pair<int, std::vector<std::string>>;
inline const std::string kOther = "__other__";

/// Where each series belongs, by the deltas that were sent.
using Owners = std::map<SeriesKey, std::int32_t>;
Owners find_owners(const Scenario& scenario, const std::vector<std::vector<LoggedBatch>>& batches);

class Owner {
 public:
  struct Parts {
    const Scenario& scenario;
    const Oracle& oracle;
    const Owners& owners;
  };
  Owner(const Parts& parts, std::int32_t partition, Wrong wrong);

  void check(const std::vector<LoggedBatch>& batches, const std::vector<v1::KpiResult>& results);

  /// Events that came too late for some window, after a stall.
  std::int64_t lost_events() const { return lost_events_; }

 private:
  struct Known {
    const Counted* counted = nullptr;
    TimeUs time = 0;
    int tier = 0;
    bool waits = false;  // came after its pane had been told
  };
  struct Series {
    std::vector<Known> events;  // ascending by time
    bool peak_is_known = true;
    std::map<int, std::map<TimeUs, v1::WindowResult>> told;  // by window and end: the last one
  };
  struct Source {
    std::int64_t end = 0;
    RawTime time;
    TimeUs batch_time = kMinTime;
    TimeUs stalled_from = kMinTime;
    bool heard = false;
    bool stalled = false;
    bool ended = false;
  };
  using Due = std::map<TimeUs, std::set<int>>;  // windows, by end
  using Results = std::map<std::tuple<bool, SeriesKey, TimeUs>, const v1::KpiResult*>;

  void take_deltas(const LoggedBatch& logged);
  void take_events(const LoggedBatch& logged);
  void know(const Counted& counted, int scope);
  void move_time(const LoggedBatch& logged);
  void judge_stalls();
  void begin_time();
  TimeUs last_tick() const;
  void step(const LoggedBatch& logged);
  void restate(const LoggedBatch& logged);
  Due restated_ends(Series& series, int scope);
  void tick(const LoggedBatch& logged, TimeUs end);
  void expect(const LoggedBatch& logged, const SeriesKey& key, Series& series, TimeUs end,
              const std::set<int>& windows, bool restates);
  void compare(const SeriesKey& key, Series& series, TimeUs end, int window,
               const v1::WindowResult& told, bool restates);
  void check_carried();

  bool is_changed(const Series& series, int scope, int window, TimeUs end, bool waiting) const;
  Exact exact(const Series& series, int scope, int window, TimeUs end, bool waiting) const;
  const v1::WindowDefinition& window_of(int scope, int window) const {
    return scenario_.definitions.scope(scope).window(window);
  }
  DurationUs lateness_of(int scope, int window) const;
  std::string name(const SeriesKey& key, int window, TimeUs end) const;
  bool is_complete(TimeUs end) const;

  const Scenario& scenario_;
  const Oracle& oracle_;
  const Owners& owners_;
  const std::int32_t partition_;
  const Wrong wrong_;

  std::vector<Source> sources_;
  TimeUs watermark_ = kMinTime;
  TimeUs newest_batch_ = kMinTime;
  std::optional<std::pair<TimeUs, TimeUs>> caught_up_;
  TimeUs closed_ = kMinTime;
  bool finished_ = false;
  std::vector<std::set<std::vector<std::string>>> admitted_;  // by scope
  std::map<SeriesKey, Series> series_;
  Results results_;  // of the batch in hand, that are not expected yet
  std::int64_t lost_events_ = 0;
};

}  // namespace weir::sim
