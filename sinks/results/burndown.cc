#include "sinks/results/burndown.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "sinks/results/burn_results.h"

namespace weir::results {
namespace {

/// What a calendar window begins with: all of its budget, and from where on nothing is known.
constexpr std::size_t kBeginPoints = 2;
constexpr std::size_t kFewestPoints = 10;
/// Of a record, about.
constexpr std::size_t kResultBytes = 512;

BurndownPoint point_of(const v1::BurnResult& result) {
  BurndownPoint point{.end_us = result.end_time_us()};
  if (result.budget().has_spent_ratio()) point.left_ratio = 1 - result.budget().spent_ratio();
  const auto hour = std::ranges::find(result.window(), kHourUs, &v1::BurnWindow::length_us);
  if (hour != result.window().end() && hour->has_burn_rate()) point.hour_rate = hour->burn_rate();
  return point;
}

/// A rolling window ends with its result; one of the calendar has mostly yet to.
bool is_calendar(const v1::BurnResult& result) {
  return result.budget().start_us() + result.budget().length_us() > result.end_time_us();
}

}  // namespace

/// Whether both are told of one ledger, and of one window where it is of the calendar.
bool BurndownBoard::Ledger::continues(const v1::BurnResult& result) const {
  if (told.last.ledger_version() != result.ledger_version()) return false;
  if (!told.calendar && !is_calendar(result)) return true;
  return told.last.budget().start_us() == result.budget().start_us();
}

/// REQUIRES: `told.last` ends where the point does, or later. What is told again counts, and all
/// that was told before of that time or later does not.
void BurndownBoard::Ledger::add(const BurndownPoint& point, std::size_t most) {
  std::vector<BurndownPoint>& points = told.points;
  while (!points.empty() && slot_of(points.back()) >= slot_of(point)) points.pop_back();
  points.push_back(point);
  const TimeUs since_us = told.last.end_time_us() - told.last.budget().length_us();
  points.erase(points.begin(), std::ranges::lower_bound(points.begin(), std::prev(points.end()),
                                                        since_us, {}, &BurndownPoint::end_us));
  while (points.size() > most) double_slots();
}

/// The last point of each stays.
void BurndownBoard::Ledger::double_slots() {
  std::vector<BurndownPoint>& points = told.points;
  slot_us *= 2;
  std::size_t kept = 0;
  for (const BurndownPoint& point : points) {
    if (kept > 0 && slot_of(points[kept - 1]) == slot_of(point)) --kept;
    points[kept++] = point;
  }
  points.resize(kept);
}

Result<void> BurndownBoard::update(const runtime::Reader& log) {
  WEIR_ASSIGN(const std::int32_t partitions, burn_partitions(log));
  partitions_.resize(static_cast<std::size_t>(partitions));
  for (std::int32_t partition = 0; partition < partitions; ++partition)
    WEIR_TRY(update(log, {std::string(kBurnTopic), partition}));
  return {};
}

Result<void> BurndownBoard::update(const runtime::Reader& log,
                                   const runtime::TopicPartition& where) {
  WEIR_ASSIGN(const runtime::Bounds bounds, log.bounds(where));
  const std::int64_t first = bounds.end - limits_.newest;
  Partition& known = partitions_[static_cast<std::size_t>(where.partition)];
  if (known.next_offset >= first) return take_new(log, where, known);
  Partition anew;  // which of the known ledgers are closed by now is not read
  anew.next_offset = first;
  WEIR_TRY(take_new(log, where, anew));
  WEIR_TRY(look_back(log, where, first, anew));
  known = std::move(anew);
  return {};
}

Result<void> BurndownBoard::take_new(const runtime::Reader& log,
                                     const runtime::TopicPartition& where, Partition& partition) {
  return take_from<v1::BurnResult>(
      log, where, partition.next_offset, unreadable_,
      [&](const runtime::Record&, v1::BurnResult& result) { take(std::move(result), partition); });
}

void BurndownBoard::take(v1::BurnResult result, Partition& partition) const {
  LedgerName name = ledger_name(result);
  if (result.closed()) {
    partition.ledgers.erase(name);
    return;
  }
  Ledger& ledger = partition.ledgers[std::move(name)];
  if (!ledger.continues(result)) ledger = {};
  if (is_calendar(result)) ledger.told.calendar = true;
  const BurndownPoint point = point_of(result);
  ledger.told.last = std::move(result);
  ledger.add(point, most_points(partition));
}

/// Samples what was told before `until`, as far back as the longest window goes. A run of records
/// is as long as there are ledgers, as most of them are told at each tick.
Result<void> BurndownBoard::look_back(const runtime::Reader& log,
                                      const runtime::TopicPartition& where, std::int64_t until,
                                      Partition& partition) {
  if (partition.ledgers.empty()) return {};
  DurationUs longest_us = 0;
  for (const auto& [name, ledger] : partition.ledgers)
    longest_us = std::max(longest_us, ledger.told.last.budget().length_us());
  WEIR_ASSIGN(const std::int64_t from, last_offsets(log, where, longest_us));
  const std::int64_t run = std::ssize(partition.ledgers);
  const std::int64_t runs =
      std::clamp<std::int64_t>(limits_.newest / run, 1, static_cast<std::int64_t>(limits_.points));
  const std::int64_t step = std::max(run, (until - from + runs - 1) / runs);
  Earlier earlier;
  runtime::RecordBatch batch;
  for (std::int64_t offset = from; offset < until; offset += step) {
    const std::size_t bytes = static_cast<std::size_t>(run) * kResultBytes;
    if (const auto read = log.read(where, offset, bytes, batch); !read) {
      WEIR_ASSIGN(const runtime::Bounds now, log.bounds(where));
      if (now.start <= offset) return read;
      continue;  // it has left the log since
    }
    for (const runtime::Record& record : batch.records) {
      if (record.offset >= std::min(offset + step, until)) break;
      v1::BurnResult result;
      if (const auto read = parse_record(record, result); read) {
        take_earlier(result, partition, earlier);
      } else {
        unreadable_.note(where, record, read.error());
      }
    }
  }
  for (auto& [ledger, points] : earlier) {
    points.insert(points.end(), ledger->told.points.begin(), ledger->told.points.end());
    ledger->told.points.clear();
    for (const BurndownPoint& point : points) ledger->add(point, most_points(partition));
  }
  return {};
}

void BurndownBoard::take_earlier(const v1::BurnResult& result, Partition& partition,
                                 Earlier& earlier) {
  const auto found = partition.ledgers.find(ledger_name(result));
  if (found == partition.ledgers.end() || !found->second.continues(result)) return;
  Ledger& ledger = found->second;
  if (result.closed()) {
    earlier.erase(&ledger);  // it was idle, and began anew
    return;
  }
  if (is_calendar(result)) ledger.told.calendar = true;
  earlier[&ledger].push_back(point_of(result));
}

std::size_t BurndownBoard::most_points(const Partition& partition) const {
  const std::size_t share = limits_.partition_points / partition.ledgers.size();
  return std::min(limits_.points, std::max(share, kFewestPoints)) - kBeginPoints;
}

std::vector<Burndown> BurndownBoard::ledgers(std::string_view objective) const {
  std::map<LedgerName, const Ledger*> open;
  for (const Partition& partition : partitions_)
    for (const auto& [name, ledger] : partition.ledgers)
      if (objective.empty() || name.objective == objective) open.emplace(name, &ledger);
  std::vector<Burndown> all;
  all.reserve(open.size());
  for (const auto& [name, ledger] : open) all.push_back(with_begin(*ledger));
  return all;
}

Burndown BurndownBoard::with_begin(const Ledger& ledger) const {
  Burndown burndown = ledger.told;
  if (!burndown.calendar) return burndown;
  const v1::Budget& budget = burndown.last.budget();
  std::vector<BurndownPoint> begin = {
      {.end_us = budget.start_us(), .left_ratio = 1.0, .hour_rate = {}}};
  // Samples are half as far apart, where not many ledgers share them.
  const DurationUs apart_us = budget.length_us() / static_cast<std::int64_t>(limits_.points) * 2;
  const DurationUs gap_us = std::max({apart_us, ledger.slot_us, kMinuteUs});
  if (burndown.points.front().end_us - budget.start_us() > gap_us)
    begin.push_back({.end_us = budget.start_us() + gap_us, .left_ratio = {}, .hour_rate = {}});
  burndown.points.insert(burndown.points.begin(), begin.begin(), begin.end());
  return burndown;
}

}  // namespace weir::results
