// What a replay is of: a fixed stretch of its source, under fixed rules. That is written beside its
// log when it begins, so that one that was interrupted goes on as the same one or not at all.
#pragma once

#include <cstdint>

#include "processors/core/result.h"
#include "tools/weir/fixed_reader.h"
#include "tools/weir/home.h"
#include "tools/weir/replay.h"
#include "tools/weir/settings.h"

namespace weir::cli {

/// Of all that decides results, and of nothing else: memory, threads, addresses, retention, and how
/// long live sources are waited for, may change. Error: invalid_argument (the definitions).
Result<std::uint64_t> rules_hash(const Settings& settings);

struct Claim {
  Stretch stretch;            // of the source: raw records, and what an import refused
  bool begun_before = false;  // false: it was claimed just now, up to the ends that `source` has
};

/// Claims `options.out`, which is `home`, or finds what it was claimed for. invalid_argument: it
/// holds something else, or a replay under other rules; version: one that was begun by a weir which
/// did not keep the stretch. A log without topics holds nothing: whatever claimed it died at once.
Result<Claim> claim(const ReplayOptions& options, std::uint64_t rules_hash,
                    const runtime::Reader& source, Home& home);

}  // namespace weir::cli
