// Ledgers of objectives as they stand: what each open one told last on `weir.burn`.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "processors/core/result.h"
#include "processors/runtime/io.h"
#include "sinks/results/kpi_row.h"
#include "sinks/results/record_scan.h"
#include "weir/v1/burn.pb.h"

namespace weir::results {

struct LedgerName {
  std::string objective;
  Series series;                // values of the objective's dimensions
  std::int32_t partition = -1;  // of an `__other__`: each partition has one of its own; else -1

  auto operator<=>(const LedgerName&) const = default;
};

LedgerName ledger_name(const v1::BurnResult& result);

/// A value; one thread, or many that only read. Memory: a result for each ledger, some 1 KiB.
class BurnBoard {
 public:
  /// How many records of each partition are read at once.
  static constexpr std::int64_t kNewest = 20'000;

  /// Takes what was written since the last call. Of a partition in which that is more than kNewest
  /// records, as it may be at the first call, only the newest count: a ledger that was quiet for
  /// longer is not there until it is told again. A log without the topic has nothing. Errors: the
  /// reader's; a record that cannot be read is passed over, see unreadable().
  Result<void> update(const runtime::Reader& log);

  /// Open ones, by objective and series.
  const std::map<LedgerName, v1::BurnResult>& ledgers() const { return ledgers_; }
  const Unreadable& unreadable() const { return unreadable_; }

 private:
  Result<void> update(const runtime::Reader& log, const runtime::TopicPartition& where);
  void take(v1::BurnResult result);
  void forget(std::int32_t partition);

  std::vector<std::int64_t> next_offsets_;  // by partition
  std::map<LedgerName, v1::BurnResult> ledgers_;
  Unreadable unreadable_;
};

}  // namespace weir::results
