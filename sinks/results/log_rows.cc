#include "sinks/results/log_rows.h"

#include <algorithm>

#include "sinks/results/record_scan.h"

namespace weir::results {
namespace {

constexpr std::size_t kProbeBytes = 64 << 10;

/// What a restated row takes besides its own bytes, at most: a node of either map, some 100 each,
/// and what the allocator adds to each of these, to vectors and to the window.
constexpr std::uint64_t kRestatedNodeBytes = 320;
constexpr std::uint64_t kAllocationBytes = 16;

/// Whether a record's key, "service=chat,model=m@2026-...", is of these dimensions: most records
/// are not, and need not be parsed.
bool key_is_of(std::string_view key, const ScopeName& scope) {
  if (scope.empty()) return key.starts_with("*@");
  for (std::size_t i = 0; i < scope.size(); ++i) {
    if (!key.starts_with(scope[i]) || key.substr(scope[i].size(), 1) != "=") return false;
    std::size_t at = scope[i].size() + 1;
    while (at < key.size() && key[at] != ',') at += key[at] == '\\' ? 2 : 1;
    if ((at < key.size()) != (i + 1 < scope.size())) return false;
    key.remove_prefix(std::min(at + 1, key.size()));
  }
  return true;
}

/// A row that was told again, its window serialised: decoded it is several times as large.
struct Restatement {
  KpiRow row;
  std::string window;

  /// At most: its series is a key as well, and the vector it is in may have room for as many again.
  std::uint64_t bytes() const {
    std::uint64_t sum = kRestatedNodeBytes + 2 * sizeof(Restatement) + window.capacity();
    for (const std::string& value : row.series)
      sum += 2 * (sizeof(std::string) + value.capacity() + kAllocationBytes);
    return sum;
  }
};

/// What a question holds of them, in all partitions.
struct RestatedMemory {
  std::uint64_t bytes = 0;
  std::uint64_t max_bytes = 0;
};

class LogRows final : public ToldRows {
 public:
  LogRows(const runtime::Reader& log, std::int32_t partition, const KpiSelection& selection,
          std::shared_ptr<RestatedMemory> memory)
      : log_(log),
        where_({std::string(kKpiTopic), partition}),
        selection_(selection),
        memory_(std::move(memory)) {}

  Result<void> open();
  TimeUs next_end() const override;
  Result<void> take(TimeUs end, Told& told) override;
  TimeUs last_end() const override { return last_end_; }

 private:
  /// The row of a record; none where it is of another scope or window. Notes the last end.
  Result<std::optional<KpiRow>> row_of_record(const runtime::Record& record);
  Result<void> keep(KpiRow row);
  /// Moves to the next row that was told first.
  Result<void> advance();

  const runtime::Reader& log_;
  const runtime::TopicPartition where_;
  const KpiSelection& selection_;
  const std::shared_ptr<RestatedMemory> memory_;

  v1::KpiResult result_;  // reused
  runtime::RecordBatch batch_;
  std::size_t in_batch_ = 0;
  std::int64_t offset_ = 0;  // of the next batch
  std::int64_t end_offset_ = 0;

  TimeUs last_end_ = kMinTime;
  std::map<TimeUs, std::map<Series, std::vector<Restatement>>> restated_;  // not yet taken, by end
  std::optional<KpiRow> next_;  // told first, not yet taken
};

Result<void> LogRows::open() {
  WEIR_ASSIGN(const runtime::Bounds bounds, log_.bounds(where_));
  end_offset_ = bounds.end;
  WEIR_ASSIGN(offset_, first_offset_of(log_, where_, selection_.needs_from()));
  WEIR_TRY(
      scan_partition(log_, where_, offset_, [&](const runtime::Record& record) -> Result<bool> {
        if (record.offset >= end_offset_) return false;
        WEIR_ASSIGN(auto row, row_of_record(record));
        if (row && row->restates) WEIR_TRY(keep(*std::move(row)));
        return true;
      }));
  return advance();
}

Result<void> LogRows::keep(KpiRow row) {
  std::vector<Restatement>& told = restated_[row.end_time_us][row.series];
  if (!selection_.all && !told.empty()) {
    memory_->bytes -= told.back().bytes();
    told.pop_back();
  }
  std::string window = row.window.SerializeAsString();
  row.window = {};
  told.push_back({.row = std::move(row), .window = std::move(window)});
  memory_->bytes += told.back().bytes();
  if (memory_->bytes <= memory_->max_bytes) return {};
  return fail(ErrorCode::invalid_argument,
              "more values were restated than {} MiB hold; ask for a range, with from and to",
              memory_->max_bytes >> 20);
}

Result<std::optional<KpiRow>> LogRows::row_of_record(const runtime::Record& record) {
  if (!key_is_of(record.key, selection_.scope)) return std::nullopt;
  WEIR_TRY(parse_record(record, result_));
  if (!std::ranges::equal(result_.scope(), selection_.scope)) return std::nullopt;
  auto row = row_of(result_, where_.partition, selection_.window);
  if (!row) return std::nullopt;
  last_end_ = std::max(last_end_, row->end_time_us);
  // What was told again of an earlier end does not stand: what followed it then is not read.
  if (row->end_time_us < selection_.needs_from()) return std::nullopt;
  if (row->end_time_us > selection_.to_us || !selection_.wants(row->series)) return std::nullopt;
  return row;
}

Result<void> LogRows::advance() {
  next_.reset();
  while (true) {
    if (in_batch_ == batch_.records.size()) {
      if (offset_ >= end_offset_) return {};
      WEIR_TRY(log_.read(where_, offset_, kScanBytes, batch_));
      if (batch_.records.empty()) return {};
      offset_ = batch_.records.back().offset + 1;
      in_batch_ = 0;
    }
    const runtime::Record& record = batch_.records[in_batch_++];
    if (record.offset >= end_offset_) return {};
    WEIR_ASSIGN(auto row, row_of_record(record));
    if (!row || row->restates) continue;
    next_ = std::move(row);
    return {};
  }
}

TimeUs LogRows::next_end() const {
  const TimeUs told = next_ ? next_->end_time_us : kMaxTime;
  return restated_.empty() ? told : std::min(told, restated_.begin()->first);
}

Result<void> LogRows::take(TimeUs end, Told& told) {
  while (next_ && next_->end_time_us == end) {
    told[next_->series].push_back(*std::move(next_));
    WEIR_TRY(advance());
  }
  if (auto again = restated_.extract(end))
    for (auto& [series, restatements] : again.mapped()) {
      for (Restatement& each : restatements) {
        memory_->bytes -= each.bytes();
        each.row.window.ParseFromString(each.window);  // it was serialised here
        told[series].push_back(std::move(each.row));
      }
    }
  return {};
}

/// The end of the first record from `offset` on that was told first; kMaxTime: there is none.
Result<TimeUs> first_end_from(const runtime::Reader& log, const runtime::TopicPartition& where,
                              runtime::Bounds range) {
  runtime::RecordBatch batch;
  v1::KpiResult result;
  while (range.start < range.end) {
    WEIR_TRY(log.read(where, range.start, kProbeBytes, batch));
    if (batch.records.empty()) break;
    for (const runtime::Record& record : batch.records) {
      const Result<void> parsed = parse_record(record, result);
      if (!parsed) return within(place_of(where, record), parsed.error());
      if (!result.restates()) return result.end_time_us();
    }
    range.start = batch.records.back().offset + 1;
  }
  return kMaxTime;
}

}  // namespace

std::optional<KpiRow> row_of(const v1::KpiResult& result, std::int32_t partition,
                             const windows::Window& window) {
  const auto found = std::ranges::find_if(result.window(), [&](const v1::WindowResult& each) {
    return each.length_us() == window.length_us && each.hop_us() == window.hop_us;
  });
  if (found == result.window().end()) return std::nullopt;
  return KpiRow{.end_time_us = result.end_time_us(),
                .series = {result.series().begin(), result.series().end()},
                .window = *found,
                .overflow = result.overflow(),
                .restates = result.restates(),
                .as_of_partition = partition,
                .as_of_offset = result.as_of_offset(),
                .definitions_hash = result.definitions_hash()};
}

Result<std::int64_t> first_offset_of(const runtime::Reader& log,
                                     const runtime::TopicPartition& where, TimeUs end_us) {
  WEIR_ASSIGN(const runtime::Bounds bounds, log.bounds(where));
  if (end_us == kMinTime) return bounds.start;
  // Below `low` something was told first of an earlier end; from `high` on nothing was.
  std::int64_t low = bounds.start;
  std::int64_t high = bounds.end;
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    WEIR_ASSIGN(const TimeUs end, first_end_from(log, where, {middle, bounds.end}));
    if (end < end_us) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

Result<TimeUs> last_end_of(const runtime::Reader& log, const runtime::TopicPartition& where) {
  WEIR_ASSIGN(const runtime::Bounds bounds, log.bounds(where));
  WEIR_ASSIGN(const std::int64_t behind, first_offset_of(log, where, kMaxTime));
  if (behind == bounds.start) return kMinTime;
  return first_end_from(log, where, {behind - 1, bounds.end});
}

OpenRows rows_of_log(const runtime::Reader& log, std::uint64_t max_restated_bytes) {
  return [&log, max_restated_bytes](
             const KpiSelection& selection) -> Result<std::vector<std::unique_ptr<ToldRows>>> {
    std::vector<std::unique_ptr<ToldRows>> partitions;
    const auto memory =
        std::make_shared<RestatedMemory>(RestatedMemory{.max_bytes = max_restated_bytes});
    WEIR_ASSIGN(const std::int32_t count, log.partitions(kKpiTopic));
    for (std::int32_t partition = 0; partition < count; ++partition) {
      auto rows = std::make_unique<LogRows>(log, partition, selection, memory);
      WEIR_TRY(rows->open());
      partitions.push_back(std::move(rows));
    }
    return partitions;
  };
}

}  // namespace weir::results
