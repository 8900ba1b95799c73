// What ledgers of objectives told: `weir.burn`, read beside whoever writes it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "processors/core/result.h"
#include "processors/core/time.h"
#include "processors/runtime/io.h"
#include "weir/v1/burn.pb.h"

namespace weir::results {

inline constexpr std::string_view kBurnTopic = "weir.burn";

/// How many partitions the topic has; 0: the log is without it. Errors: the reader's.
Result<std::int32_t> burn_partitions(const runtime::Reader& log);

struct BurnQuery {
  std::string objective;      // empty: all
  TimeUs from_us = kMinTime;  // ends in [from, to]
  TimeUs to_us = kMaxTime;
  bool last = false;  // only what each ledger told last
  /// At most so many records of each partition, the newest; 0: all.
  std::int64_t newest = 0;
};

/// Calls `visit` with each result until it says false: partition by partition, each in the order it
/// was told; the last ones by objective, then series. Memory: where only the last are wanted, one
/// result for each ledger. Errors: as the reader's, and corrupt or version.
using VisitBurn = std::function<bool(const v1::BurnResult&)>;
Result<void> read_burn(const runtime::Reader& log, const BurnQuery& query, const VisitBurn& visit);

/// "tenant=a,model=b"; empty: the objective has one ledger.
using Texts = google::protobuf::RepeatedPtrField<std::string>;
std::string series_text(const Texts& scope, const Texts& series);
std::string series_text(const v1::BurnResult& result);

}  // namespace weir::results
