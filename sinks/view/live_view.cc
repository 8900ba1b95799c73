#include "sinks/view/live_view.h"

#include <algorithm>
#include <charconv>

#include <fmt/ranges.h>

#include "sinks/results/log_rows.h"
#include "sinks/results/record_scan.h"

namespace weir::view {
namespace {

/// What a question without a begin is answered with at least.
constexpr std::int64_t kDefaultEnds = 60;

}  // namespace

using results::KpiQuery;
using results::KpiResults;
using results::KpiSelection;
using results::ScopeName;
using windows::Window;

std::string to_string(const Position& position) {
  return fmt::format("{}", fmt::join(position.offsets, ","));
}

std::optional<Position> parse_position(std::string_view text) {
  Position position;
  const char* const end = text.data() + text.size();
  for (const char* at = text.data();; ++at) {
    std::int64_t offset = 0;
    const auto [behind, error] = std::from_chars(at, end, offset);
    if (error != std::errc() || offset < 0) return std::nullopt;
    position.offsets.push_back(offset);
    if (behind == end) return position;
    if (*behind != ',') return std::nullopt;
    at = behind;
  }
}

Result<void> LiveView::open() {
  partitions_.clear();
  WEIR_TRY(update_catalog());
  WEIR_ASSIGN(const std::int32_t count, log_.partitions(results::kKpiTopic));
  for (std::int32_t partition = 0; partition < count; ++partition) {
    const runtime::TopicPartition where{std::string(results::kKpiTopic), partition};
    WEIR_ASSIGN(const runtime::Bounds bounds, log_.bounds(where));
    WEIR_ASSIGN(const TimeUs newest, results::last_end_of(log_, where));
    const TimeUs from = newest == kMinTime ? kMinTime : newest - options_.history_us;
    WEIR_ASSIGN(const std::int64_t first, results::first_offset_of(log_, where, from));
    const bool all = first == 0 || first == bounds.start;
    partitions_.push_back(std::make_unique<KeptRows>(partition, first, all ? kMinTime : from));
  }
  WEIR_TRY(update());
  return {};
}

Result<bool> LiveView::update() {
  WEIR_ASSIGN(bool changed, update_catalog());
  for (std::size_t partition = 0; partition < partitions_.size(); ++partition) {
    WEIR_ASSIGN(const bool told, update_partition(static_cast<std::int32_t>(partition)));
    changed |= told;
  }
  return changed;
}

Result<bool> LiveView::update_catalog() {
  std::shared_ptr<results::Catalog> changed;
  WEIR_TRY(results::scan_partition(log_, {std::string(results::kConfigTopic), 0}, config_offset_,
                                   [&](const runtime::Record& record) -> Result<bool> {
                                     if (!changed)
                                       changed = std::make_shared<results::Catalog>(*catalog_);
                                     WEIR_TRY(changed->take(record));
                                     config_offset_ = record.offset + 1;
                                     return true;
                                   }));
  if (!changed) return false;
  const std::lock_guard lock(mutex_);
  catalog_ = std::move(changed);
  return true;
}

Result<bool> LiveView::update_partition(std::int32_t partition) {
  KeptRows& rows = *partitions_[static_cast<std::size_t>(partition)];
  const std::int64_t before = rows.next();
  v1::KpiResult result;
  WEIR_TRY(results::scan_partition(log_, {std::string(results::kKpiTopic), partition}, before,
                                   [&](const runtime::Record& record) -> Result<bool> {
                                     WEIR_TRY(results::parse_record(record, result));
                                     const std::lock_guard lock(mutex_);
                                     rows.take(result, record.offset, record.append_time_us);
                                     probe_.taken.add(
                                         static_cast<std::uint64_t>(result.window_size()));
                                     make_room();
                                     return true;
                                   }));
  return rows.next() != before;
}

void LiveView::make_room() {
  std::uint64_t bytes = 0;
  for (const auto& rows : partitions_) bytes += rows->bytes();
  while (bytes > options_.max_bytes) {
    KeptRows& rows = **std::ranges::min_element(partitions_, {},
                                                [](const auto& each) { return each->oldest(); });
    if (rows.oldest() == kMaxTime) break;
    bytes -= rows.bytes();
    rows.evict_oldest();
    bytes += rows.bytes();
    probe_.evicted.add();
  }
  probe_.bytes.set(static_cast<std::int64_t>(bytes));
}

std::shared_ptr<const results::Catalog> LiveView::catalog() const {
  const std::lock_guard lock(mutex_);
  return catalog_;
}

Position LiveView::position() const {
  const std::lock_guard lock(mutex_);
  Position position;
  for (const auto& rows : partitions_) position.offsets.push_back(rows->next());
  return position;
}

TimeUs LiveView::last_end() const {
  const std::lock_guard lock(mutex_);
  TimeUs last = kMinTime;
  for (const auto& rows : partitions_) last = std::max(last, rows->last_end());
  return last;
}

Result<KpiResults> LiveView::query(const KpiQuery& query) const {
  auto catalog = this->catalog();
  WEIR_ASSIGN(KpiSelection selection, catalog->select(query));
  bool remembered = false;
  {
    const std::lock_guard lock(mutex_);
    if (query.from_us == kMinTime) selection.from_us = default_from(selection);
    remembered = !selection.all && covers(selection);
  }
  (remembered ? probe_.memory_answers : probe_.log_answers).add();
  return KpiResults(std::move(selection), std::move(catalog),
                    remembered ? rows() : results::rows_of_log(log_));
}

TimeUs LiveView::default_from(const KpiSelection& selection) const {
  TimeUs from = kMinTime;
  TimeUs last = kMinTime;
  for (const auto& rows : partitions_) {
    from = std::max(from, rows->covered_from(selection.scope, selection.window));
    last = std::max(last, rows->last_end(selection.scope, selection.window));
  }
  const DurationUs some = kDefaultEnds * selection.window.hop_us;
  return last < kMinTime + some ? from : std::min(from, last - some);
}

bool LiveView::covers(const KpiSelection& selection) const {
  return std::ranges::all_of(partitions_,
                             [&](const auto& rows) { return rows->covers(selection); });
}

/// Between the question and the reading something may have been evicted; then the log is read.
results::OpenRows LiveView::rows() const {
  return [this](const KpiSelection& selection)
             -> Result<std::vector<std::unique_ptr<results::ToldRows>>> {
    {
      const std::lock_guard lock(mutex_);
      if (covers(selection)) {
        std::vector<std::unique_ptr<results::ToldRows>> copies;
        for (const auto& rows : partitions_) copies.push_back(rows->rows(selection));
        return copies;
      }
    }
    return results::rows_of_log(log_)(selection);
  };
}

std::optional<TimeUs> LiveView::common_end(const ScopeName& scope, const Window& window) const {
  const std::lock_guard lock(mutex_);
  std::vector<TimeUs> ends;
  for (const auto& rows : partitions_) ends.push_back(rows->last_end(scope, window));
  const TimeUs last = ends.empty() ? kMinTime : std::ranges::max(ends);
  if (last == kMinTime) return std::nullopt;
  TimeUs common = last;
  for (const TimeUs end : ends)
    if (end >= last - 2 * window.hop_us) common = std::min(common, end);
  return common;
}

std::optional<std::set<TimeUs>> LiveView::changed_ends(const KpiSelection& selection,
                                                       const Position& position) const {
  const std::lock_guard lock(mutex_);
  if (position.offsets.size() != partitions_.size()) return std::nullopt;
  std::set<TimeUs> ends;
  for (std::size_t i = 0; i < partitions_.size(); ++i)
    if (!partitions_[i]->changed_ends(selection, position.offsets[i], ends)) return std::nullopt;
  return ends;
}

}  // namespace weir::view
