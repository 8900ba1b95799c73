// What a replay is of: a fixed stretch of its source, under fixed rules. That is written beside its
// log when it begins, so that one that was interrupted goes on as the same one or not at all; and
// so is that it has ended, so that a part of its results is not taken for all.
#pragma once

#include <cstdint>
#include <string>

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

/// Notes in `directory`, which is `home` and was claimed, that its replay has ended.
Result<void> note_end(const std::string& directory, Home& home);

/// For whoever reads results: that the replay into this directory has not ended, and how to go on,
/// as a shell takes it. Empty: it has, there is none, or an older weir began it, which did not note
/// the end.
std::string why_unfinished(const std::string& directory);

}  // namespace weir::cli
