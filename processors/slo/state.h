// What slo keeps in its store. Version 3, stated in the head; 1 and 2 are read, too. Integers in
// keys are big-endian, so that a scan is in their order; times are biased by 2^63 for the same
// reason.
//
//   key                              value
//   H                                head: see Head
//   D                                the objectives that hold, serialised
//   V <name>                         u32 version, u64 id: of an objective by name; id 0: it went
//   L <ledger u32>                   a ledger: see Ledger
//   P <ledger u32> <tier u8> <slot u32>
//                                    a pane: i64 pane, then its counts
//   O <end u64> <ledger u32>         an open pane: its events
//
// Counts are zigzag varint good, zigzag varint total. A pane's slot is its number modulo the ring's
// length, so that new ones overwrite old ones and nothing grows; the number tells them apart.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "processors/core/bytes.h"
#include "processors/core/result.h"
#include "processors/core/time.h"
#include "processors/windows/sources.h"
#include "weir/v1/burn.pb.h"

namespace weir::slo {

using LedgerId = std::uint32_t;

struct Counts {
  std::int64_t good = 0;
  std::int64_t total = 0;

  std::int64_t bad() const { return total - good; }
  Counts& operator+=(const Counts& more) {
    good += more.good;
    total += more.total;
    return *this;
  }
  Counts operator-() const { return {-good, -total}; }
  bool operator==(const Counts&) const = default;
};

void put_counts(std::string& out, const Counts& counts);
Counts read_counts(ByteReader& reader);

/// What the task knows besides ledgers.
///
///   u8 version, i64 closed_until, u8 in_tick, i64 step_end, u32 step_ledger, i64 as_of,
///   i64 append_time, u8 finished, i64 told_until, then the sources to the end; versions 1 and 2
///   have no told_until: it is closed_until
struct Head {
  TimeUs closed_until_us = kMinTime;  // every tick up to here was told
  bool in_tick = false;
  TimeUs step_end_us = 0;            // of the tick that is open
  LedgerId step_ledger = 0;          // the next one to look at
  std::int64_t as_of_offset = -1;    // the batch that moved the watermark last
  TimeUs append_time_us = kMinTime;  // of that batch
  bool finished = false;             // a history was closed to its end
  TimeUs told_until_us = kMinTime;   // that time passed was told, or time begins here
};

inline constexpr std::string_view kHeadKey = "H";
inline constexpr std::string_view kDefinitionsKey = "D";
inline constexpr std::string_view kVersionPrefix = "V";
inline constexpr std::string_view kLedgerPrefix = "L";
inline constexpr std::string_view kOpenPrefix = "O";

std::string encode_head(const Head& head, const windows::Sources& sources);
/// Error: version, corrupt.
Result<void> decode_head(std::string_view bytes, Head& head, windows::Sources& sources);

struct ObjectiveVersion {
  std::uint32_t version = 0;
  std::uint64_t id = 0;
};
std::string version_key(std::string_view name);
std::string encode_version(const ObjectiveVersion& version);
Result<ObjectiveVersion> decode_version(std::string_view bytes);

/// The part of a ledger that is stored.
///
///   u64 objective id, u32 version, bytes series, u8 flags (1: overflow; 2: it is of version 2),
///   counts lifetime, counts excluded, i64 advanced_to, i64 period_start, i64 slice_end,
///   i64 last_event, u8 silent, bytes severity, i64 silent_since, u8 tell, correction (u8 reason,
///   counts, i64 from, i64 to), varint n, n times (i64 length, counts), varint n, n times (bytes
///   condition, u8 state, bytes severity, u8 burnt); version 1 has no severities, silent_since and
///   burnt
struct LedgerRecord {
  std::uint64_t objective_id = 0;
  std::uint32_t version = 0;
  std::string series;  // aggregates::encode_series
  bool overflow = false;
  Counts lifetime;
  Counts excluded;
  TimeUs advanced_to_us = kMinTime;   // where its windows end
  TimeUs period_start_us = kMinTime;  // of the calendar window
  TimeUs slice_end_us = kMinTime;     // of the slice that is open; kMinTime: none
  TimeUs last_event_us = kMinTime;    // end of the last pane that had any
  bool silent = false;                // told so
  std::string silent_severity;        // with this; empty: not silent, or by an older weir
  TimeUs silent_since_us = kMinTime;  // last_event when it was told so; kMinTime: not silent
  bool tell = false;                  // something entered or left since it was told
  v1::CorrectionReason correction_reason = v1::CORRECTION_REASON_UNSPECIFIED;
  Counts correction;
  TimeUs correction_from_us = 0;
  TimeUs correction_to_us = 0;
  struct Sum {
    DurationUs length_us = 0;
    Counts counts;

    bool operator==(const Sum&) const = default;
  };
  std::vector<Sum> sums;
  struct Condition {
    std::string name;
    v1::ConditionState state = v1::CONDITION_STATE_QUIET;
    std::string severity = {};  // that it fires was told with this; empty: not, or by an older weir
    bool burnt = false;         // it fired and burnt when events came last

    bool operator==(const Condition&) const = default;
  };
  std::vector<Condition> conditions;

  bool operator==(const LedgerRecord&) const = default;
};

std::string ledger_key(LedgerId ledger);
std::string encode_ledger(const LedgerRecord& ledger);
/// Error: corrupt.
Result<LedgerRecord> decode_ledger(std::string_view bytes);
Result<LedgerId> parse_ledger_key(std::string_view key);

/// The prefix of all panes of a ledger.
std::string pane_prefix(LedgerId ledger);
std::string pane_key(LedgerId ledger, std::size_t tier, std::uint32_t slot);

struct OpenKey {
  TimeUs end_us = 0;
  LedgerId ledger = 0;

  auto operator<=>(const OpenKey&) const = default;
};
std::string open_key(const OpenKey& key);
Result<OpenKey> parse_open_key(std::string_view key);

}  // namespace weir::slo
