// How the budget of each ledger goes down over its window, in few points, from `weir.burn`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "processors/core/result.h"
#include "processors/core/time.h"
#include "processors/runtime/io.h"
#include "sinks/results/burn_board.h"
#include "sinks/results/record_scan.h"
#include "weir/v1/burn.pb.h"

namespace weir::results {

struct BurndownPoint {
  TimeUs end_us = 0;
  std::optional<double> left_ratio;  // of the budget; below 0: overspent; none: no events
  std::optional<double> hour_rate;   // the burn rate over an hour
};

/// One ledger, the version told last. Of a rolling window each point is of another time, so that
/// the first one may be anywhere, also below 0.
struct Burndown {
  v1::BurnResult last;
  /// Points are only of the calendar window that `last` is in, and begin at its start with all of
  /// the budget.
  bool calendar = false;
  std::vector<BurndownPoint> points;  // ascending; each holds until the next
};

struct BurndownLimits {
  std::size_t points = 300;                // of a ledger; at least 4
  std::size_t partition_points = 150'000;  // of all ledgers of a partition, 10 of each at least
  std::int64_t newest = 20'000;            // records of a partition that are read one by one; > 0
};

/// A value; one thread, or many that only read. Memory of a ledger: 80 bytes for each of its points
/// at most, and its last result, some 1 KiB; the first look takes 40 bytes a record more.
class BurndownBoard {
 public:
  explicit BurndownBoard(BurndownLimits limits = {}) : limits_(limits) {}

  /// Takes what was written since the last call. Of a partition in which that is more than `newest`
  /// records, as it may be at the first call, the newest say which ledgers there are: one that was
  /// quiet for longer is not there until it is told again. Their windows before that are sampled:
  /// at most `points` short reads, evenly spread, of about `newest` records, so that a ledger told
  /// rarely has few points there. A log without the topic has nothing. Errors: the reader's; what
  /// was read of the partition counts, or is read again by the next call. A record that cannot be
  /// read is passed over, see unreadable().
  Result<void> update(const runtime::Reader& log);

  /// Open ones of an objective (empty: of all), by objective and series. Of a calendar window whose
  /// begin is not known, a point without values says from where on.
  std::vector<Burndown> ledgers(std::string_view objective) const;
  const Unreadable& unreadable() const { return unreadable_; }

 private:
  struct Ledger {
    Burndown told;                   // without the begin of a calendar window
    DurationUs slot_us = kSecondUs;  // no two points end in the same slot of this length

    bool continues(const v1::BurnResult& result) const;
    std::int64_t slot_of(const BurndownPoint& point) const {
      return floor_div(point.end_us, slot_us);
    }
    void add(const BurndownPoint& point, std::size_t most);
    void double_slots();
  };
  struct Partition {
    std::int64_t next_offset = 0;
    std::map<LedgerName, Ledger> ledgers;
  };
  /// Points in front of those that a ledger has.
  using Earlier = std::map<Ledger*, std::vector<BurndownPoint>>;

  Result<void> update(const runtime::Reader& log, const runtime::TopicPartition& where);
  Result<void> take_new(const runtime::Reader& log, const runtime::TopicPartition& where,
                        Partition& partition);
  void take(v1::BurnResult result, Partition& partition) const;
  Result<void> look_back(const runtime::Reader& log, const runtime::TopicPartition& where,
                         std::int64_t until, Partition& partition);
  static void take_earlier(const v1::BurnResult& result, Partition& partition, Earlier& earlier);
  std::size_t most_points(const Partition& partition) const;
  Burndown with_begin(const Ledger& ledger) const;

  BurndownLimits limits_;
  std::vector<Partition> partitions_;
  Unreadable unreadable_;
};

}  // namespace weir::results
