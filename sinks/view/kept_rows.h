// What one partition of `weir.kpi` told lately, in memory. Not thread-safe: the view's lock is
// around every call.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "sinks/results/told_rows.h"
#include "weir/v1/kpi.pb.h"

namespace weir::view {

/// One told value, encoded: decoded rows would be several times as large.
struct KeptValue {
  std::string window;  // a weir.v1.WindowResult without what it restates
  bool overflow = false;
  bool restates = false;
  std::int64_t as_of_offset = 0;
  std::uint64_t definitions_hash = 0;
};

class KeptRows {
 public:
  /// Holds what was told first of ends from `told_from_us` on (kMinTime: everything), beginning at
  /// offset `next`.
  KeptRows(std::int32_t partition, std::int64_t next, TimeUs told_from_us)
      : partition_(partition), next_(next), told_from_us_(told_from_us) {}

  /// Takes a record's result; offsets ascend.
  void take(const v1::KpiResult& result, std::int64_t offset, TimeUs append_time_us);
  /// The next offset to be taken.
  std::int64_t next() const { return next_; }

  /// The answer to this selection is complete: neither evicted nor from before it was read.
  bool covers(const results::KpiSelection& selection) const;
  /// The first end from which answers about this scope and window are complete.
  TimeUs covered_from(const results::ScopeName& scope, const windows::Window& window) const;
  /// A copy of what the selection needs, to be read without the lock.
  std::unique_ptr<results::ToldRows> rows(const results::KpiSelection& selection) const;
  /// kMinTime: nothing was told of the scope and window.
  TimeUs last_end(const results::ScopeName& scope, const windows::Window& window) const;
  TimeUs last_end() const { return last_end_; }

  /// Adds to `ends` those at which the selection's series were told from `offset` on, and those to
  /// which values are carried since. False: what was told there is no longer known.
  bool changed_ends(const results::KpiSelection& selection, std::int64_t offset,
                    std::set<TimeUs>& ends) const;

  std::uint64_t bytes() const { return bytes_; }
  /// When the oldest entry was appended; kMaxTime: there is nothing to evict.
  TimeUs oldest() const;
  void evict_oldest();

 private:
  struct Kept {
    std::int64_t offset = 0;
    std::shared_ptr<const KeptValue> value;
  };
  struct SeriesRows {
    std::optional<std::pair<TimeUs, Kept>> base;  // the last one evicted: it may still stand
    std::map<TimeUs, Kept> told;
  };
  using SeriesTable = std::map<results::Series, SeriesRows>;
  struct Table {
    TimeUs last_end = kMinTime;
    TimeUs evicted_until = kMinTime;
    SeriesTable series;
  };
  using TableKey = std::pair<results::ScopeName, windows::Window>;
  /// An entry in the order they were told. Restated since, it is no longer the value of its end.
  struct Telling {
    std::int64_t offset = 0;
    TimeUs append_time_us = 0;
    TimeUs end_us = 0;
    TimeUs last_end_before_us = kMinTime;  // of its table
    Table* table = nullptr;
    SeriesTable::iterator series;
  };
  class Rows;

  const Table* find(const results::ScopeName& scope, const windows::Window& window) const;
  void add_standing(const SeriesRows& kept, std::map<TimeUs, Kept>::const_iterator first,
                    const results::Series& series, Rows& rows) const;
  void keep(Table& table, const v1::KpiResult& result, const v1::WindowResult& window,
            std::int64_t offset, TimeUs append_time_us);

  const std::int32_t partition_;
  std::int64_t next_;
  const TimeUs told_from_us_;
  TimeUs last_end_ = kMinTime;
  std::map<TableKey, Table> tables_;
  std::deque<Telling> tellings_;
  std::int64_t forgotten_until_ = 0;  // tellings below this offset were evicted
  std::uint64_t bytes_ = 0;
};

}  // namespace weir::view
