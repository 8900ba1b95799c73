// The live view: a bounded copy in memory of what `weir.kpi` told lately, kept up with the log,
// from which a page, a stream of results and an exposition are answered.
//
// It is rebuilt from the log at start, from `history_us` before the newest result, and lets go the
// oldest when it is full. What reaches further back is read from the log instead: the answer is the
// same, because both are the same rows behind results::ToldRows.
//
// Memory: `max_bytes`, by an estimate of what an entry costs; the last value of each live series
// stays even so. Thread-safe; `open` and `update` by one thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "processors/core/result.h"
#include "processors/runtime/io.h"
#include "sinks/results/catalog.h"
#include "sinks/results/kpi_results.h"
#include "sinks/view/kept_rows.h"
#include "sinks/view/probe.h"

namespace weir::view {

struct ViewOptions {
  /// More answers from memory, less from the log.
  std::uint64_t max_bytes = 48 << 20;
  /// How far back it reads at start: longer answers more, shorter starts sooner.
  DurationUs history_us = 3 * kHourUs;
};

/// The next offset of each partition of `weir.kpi`: a place in what was told, which outlives a
/// restart.
struct Position {
  std::vector<std::int64_t> offsets;

  bool operator==(const Position&) const = default;
};
/// "120,98"; parsing says nullopt where the text is none.
std::string to_string(const Position& position);
std::optional<Position> parse_position(std::string_view text);

class LiveView {
 public:
  /// `log` and `probe` outlive the view.
  LiveView(const runtime::Reader& log, const ViewOptions& options, Probe& probe)
      : log_(log), options_(options), probe_(probe) {}

  /// Reads back. First, and again only after an error. Errors: as the reader's; corrupt, version.
  Result<void> open();
  /// Takes what was told since. True: something was. Errors as of open.
  Result<bool> update();

  std::shared_ptr<const results::Catalog> catalog() const;
  /// Up to where everything was taken.
  Position position() const;
  /// The last end told of anything: the time that results have reached. kMinTime: nothing was told.
  TimeUs last_end() const;

  /// The answer, from memory where it reaches, else from the log. A query without `from` begins
  /// where memory does, but at least 60 ends back. Errors: as Catalog::select and, later,
  /// the log's. The view outlives it.
  Result<results::KpiResults> query(const results::KpiQuery& query) const;

  /// The last end that every partition which keeps up has told of the scope and window; nullopt:
  /// nothing was told.
  std::optional<TimeUs> common_end(const results::ScopeName& scope,
                                   const windows::Window& window) const;

  /// The ends at which something of the selection was told from `position` on, its range aside,
  /// and those since reached to which values are carried. nullopt: memory does not reach back so
  /// far, or the position is of another log.
  std::optional<std::set<TimeUs>> changed_ends(const results::KpiSelection& selection,
                                               const Position& position) const;

 private:
  Result<bool> update_catalog();
  Result<bool> update_partition(std::int32_t partition);
  TimeUs default_from(const results::KpiSelection& selection) const;
  bool covers(const results::KpiSelection& selection) const;
  void make_room();
  results::OpenRows rows() const;

  const runtime::Reader& log_;
  const ViewOptions options_;
  Probe& probe_;
  std::int64_t config_offset_ = 0;
  runtime::RecordBatch batch_;  // reused

  mutable std::mutex mutex_;
  std::shared_ptr<const results::Catalog> catalog_ = std::make_shared<results::Catalog>();
  std::vector<std::unique_ptr<KeptRows>> partitions_;
};

}  // namespace weir::view
