// What a ledger told, counted again from the log: batch by batch of `weir.sli`, which fold counted
// from the raw records, and slices of time judged again by their events. One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "processors/core/result.h"
#include "processors/core/time.h"
#include "processors/runtime/io.h"
#include "processors/slo/plan.h"
#include "processors/slo/state.h"
#include "weir/v1/burn.pb.h"
#include "weir/v1/sli.pb.h"

namespace weir::cli {

/// One window of the ledger: what was told, and what was found, in the unit of the objective.
struct RecountedWindow {
  v1::BurnWindow told;
  TimeUs from_us = 0;
  slo::Counts found;

  bool is_same() const { return found == slo::Counts{told.good(), told.total()}; }
};

/// What one batch counted in one pane: events, also where the objective counts slices.
struct RecountedDelta {
  TimeUs pane_us = 0;
  std::int64_t good = 0;
  std::int64_t bad = 0;
  std::int64_t offset = 0;  // of the batch
  std::string raw_records;  // "weir.inference/0@[3, 9)"
};

/// What a slice of time had in it, over or not.
struct RecountedSlice {
  struct Range {
    std::int64_t begin = 0;
    std::int64_t end = 0;

    void hold(const Range& other);
  };

  slo::Counts events;
  Range offsets;                             // of the batches that counted them
  std::map<std::string, Range> raw_records;  // by raw partition: "weir.inference/0"
};

/// Which deltas, or slices that count as bad in part at least, are kept.
enum class Kept { all, bad };

/// Those that are not, as nothing of them is bad.
struct Spared {
  std::int64_t rows = 0;    // deltas, or slices
  std::int64_t events = 0;  // of them
};

class Recount {
 public:
  /// Deltas, or slices, of the first window, and of those that are spared none; older ones are
  /// counted and not kept. Memory: these, and the counts of each pane of that window.
  static constexpr std::size_t kMaxRows = 10'000;

  /// `told` is no ledger of the series above the cap, and has the windows; all outlive this. The
  /// longest window is the first.
  Recount(const runtime::Reader& log, const v1::BurnResult& told,
          std::vector<RecountedWindow> windows, Kept kept);

  /// Reads the log once, and where the objective counts slices once more, for the records of those
  /// that are kept. Errors: the reader's, corrupt or version with topic/partition@offset, and
  /// not_found where the objective counts slices and the log does not tell of what length.
  Result<void> run();

  const std::vector<RecountedWindow>& windows() const { return windows_; }
  /// Empty where the objective counts slices: these have all.
  const std::deque<RecountedDelta>& deltas() const { return deltas_; }
  /// By their start; empty where it counts events.
  const std::map<TimeUs, RecountedSlice>& slices() const { return slices_; }
  std::int64_t left_out() const { return left_out_; }
  const Spared& spared() const { return spared_; }
  /// What slices count for; nullptr: the objective counts events.
  const v1::ObjectiveDefinition* sliced() const;
  /// The first record there is: what was before it has left the log.
  std::int64_t begins_at() const { return begins_at_; }

 private:
  using TakeDelta = void (Recount::*)(const runtime::Record& record, const v1::SliBatch& batch,
                                      const v1::SliDelta& delta);

  Result<void> read_definitions();
  Result<void> read_definitions_in_band(const runtime::TopicPartition& where);
  void learn(const v1::Objectives& definitions);
  TimeUs first_pane() const;
  void judge();
  Result<void> read_deltas(const runtime::TopicPartition& where, TakeDelta take);
  std::map<TimeUs, slo::Counts> events_of_slices() const;  // by their start
  void choose_slices();
  bool is_in_window(const v1::SliDelta& delta) const;
  bool is_of_ledger(const v1::SliDelta& delta) const;
  void add(const runtime::Record& record, const v1::SliBatch& batch, const v1::SliDelta& delta);
  void add_to_slice(const runtime::Record& record, const v1::SliBatch& batch,
                    const v1::SliDelta& delta);

  const runtime::Reader& log_;
  const v1::BurnResult& told_;
  std::vector<RecountedWindow> windows_;
  const Kept kept_;
  Spared spared_;
  std::optional<slo::LedgerPlan> plan_;  // once it is known
  std::map<TimeUs, slo::Counts> panes_;  // events
  std::deque<RecountedDelta> deltas_;
  std::map<TimeUs, RecountedSlice> slices_;
  std::int64_t left_out_ = 0;
  std::int64_t begins_at_ = 0;
};

}  // namespace weir::cli
