#include "sinks/results/burn_board.h"

#include "sinks/results/burn_results.h"

namespace weir::results {

LedgerName ledger_name(const v1::BurnResult& result) {
  return {.objective = result.objective(),
          .series = {result.series().begin(), result.series().end()},
          .partition = result.overflow() ? result.as_of_partition() : -1};
}

Result<void> BurnBoard::update(const runtime::Reader& log) {
  WEIR_ASSIGN(const std::int32_t partitions, burn_partitions(log));
  next_offsets_.resize(static_cast<std::size_t>(partitions));
  for (std::int32_t partition = 0; partition < partitions; ++partition)
    WEIR_TRY(update(log, {std::string(kBurnTopic), partition}));
  return {};
}

Result<void> BurnBoard::update(const runtime::Reader& log, const runtime::TopicPartition& where) {
  WEIR_ASSIGN(const runtime::Bounds bounds, log.bounds(where));
  std::int64_t& next = next_offsets_[static_cast<std::size_t>(where.partition)];
  if (next < bounds.end - kNewest) {
    forget(where.partition);  // which of them are closed by now is not read
    next = bounds.end - kNewest;
  }
  return take_from<v1::BurnResult>(
      log, where, next, unreadable_,
      [this](const runtime::Record&, v1::BurnResult& result) { take(std::move(result)); });
}

void BurnBoard::take(v1::BurnResult result) {
  LedgerName name = ledger_name(result);
  if (result.closed()) {
    ledgers_.erase(name);
  } else {
    ledgers_.insert_or_assign(std::move(name), std::move(result));
  }
}

void BurnBoard::forget(std::int32_t partition) {
  std::erase_if(ledgers_, [partition](const auto& each) {
    return each.second.as_of_partition() == partition;
  });
}

}  // namespace weir::results
