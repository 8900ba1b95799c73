#include "processors/slo/state.h"

#include "processors/core/id.h"

namespace weir::slo {
namespace {

constexpr std::uint8_t kVersion = 3;
/// Of a ledger.
constexpr std::uint8_t kOverflow = 1;
constexpr std::uint8_t kVersion2 = 2;
constexpr std::uint64_t kTimeBias = std::uint64_t{1} << 63;

std::unexpected<Error> damaged(std::string_view what) {
  return fail(ErrorCode::corrupt, "state of slo: damaged {}", what);
}

}  // namespace

void put_counts(std::string& out, const Counts& counts) {
  put_varint(out, zigzag(counts.good));
  put_varint(out, zigzag(counts.total));
}

Counts read_counts(ByteReader& reader) {
  const std::int64_t good = unzigzag(reader.varint());
  return {good, unzigzag(reader.varint())};
}

std::string encode_head(const Head& head, const windows::Sources& sources) {
  std::string out;
  put_fixed(out, kVersion);
  put_fixed(out, head.closed_until_us);
  put_fixed(out, static_cast<std::uint8_t>(head.in_tick));
  put_fixed(out, head.step_end_us);
  put_fixed(out, head.step_ledger);
  put_fixed(out, head.as_of_offset);
  put_fixed(out, head.append_time_us);
  put_fixed(out, static_cast<std::uint8_t>(head.finished));
  put_fixed(out, head.told_until_us);
  sources.encode(out);
  return out;
}

Result<void> decode_head(std::string_view bytes, Head& head, windows::Sources& sources) {
  ByteReader reader(bytes);
  const auto version = reader.fixed<std::uint8_t>();
  if (version == 0 || version > kVersion)
    return fail(ErrorCode::version,
                "state of slo has version {}, this binary reads 1 to {}; use the binary that wrote "
                "it, or replay into a new directory",
                version, kVersion);
  head.closed_until_us = reader.fixed<TimeUs>();
  const auto in_tick = reader.fixed<std::uint8_t>();
  head.in_tick = in_tick != 0;
  head.step_end_us = reader.fixed<TimeUs>();
  head.step_ledger = reader.fixed<LedgerId>();
  head.as_of_offset = reader.fixed<std::int64_t>();
  head.append_time_us = reader.fixed<TimeUs>();
  const auto finished = reader.fixed<std::uint8_t>();
  head.finished = finished != 0;
  head.told_until_us = version > 2 ? reader.fixed<TimeUs>() : head.closed_until_us;
  if (!reader.ok() || in_tick > 1 || finished > 1) return damaged("head");
  return sources.decode(reader.view(reader.remaining()));
}

std::string version_key(std::string_view name) {
  std::string key(kVersionPrefix);
  key += name;
  return key;
}

std::string encode_version(const ObjectiveVersion& version) {
  std::string out;
  put_fixed(out, version.version);
  put_fixed(out, version.id);
  return out;
}

Result<ObjectiveVersion> decode_version(std::string_view bytes) {
  ByteReader reader(bytes);
  ObjectiveVersion version;
  version.version = reader.fixed<std::uint32_t>();
  version.id = reader.fixed<std::uint64_t>();
  if (!reader.ok() || !reader.at_end()) return damaged("version of an objective");
  return version;
}

std::string ledger_key(LedgerId ledger) {
  std::string key(kLedgerPrefix);
  put_key(key, ledger);
  return key;
}

Result<LedgerId> parse_ledger_key(std::string_view key) {
  ByteReader reader(key.substr(kLedgerPrefix.size()));
  const auto ledger = reader.key<LedgerId>();
  if (!reader.ok() || !reader.at_end()) return damaged(fmt::format("key {}", to_hex(key)));
  return ledger;
}

std::string encode_ledger(const LedgerRecord& ledger) {
  std::string out;
  put_fixed(out, ledger.objective_id);
  put_fixed(out, ledger.version);
  put_bytes(out, ledger.series);
  put_fixed(out, static_cast<std::uint8_t>(kVersion2 | (ledger.overflow ? kOverflow : 0)));
  put_counts(out, ledger.lifetime);
  put_counts(out, ledger.excluded);
  put_fixed(out, ledger.advanced_to_us);
  put_fixed(out, ledger.period_start_us);
  put_fixed(out, ledger.slice_end_us);
  put_fixed(out, ledger.last_event_us);
  put_fixed(out, static_cast<std::uint8_t>(ledger.silent));
  put_bytes(out, ledger.silent_severity);
  put_fixed(out, ledger.silent_since_us);
  put_fixed(out, static_cast<std::uint8_t>(ledger.tell));
  put_fixed(out, static_cast<std::uint8_t>(ledger.correction_reason));
  put_counts(out, ledger.correction);
  put_fixed(out, ledger.correction_from_us);
  put_fixed(out, ledger.correction_to_us);
  put_varint(out, ledger.sums.size());
  for (const LedgerRecord::Sum& sum : ledger.sums) {
    put_fixed(out, sum.length_us);
    put_counts(out, sum.counts);
  }
  put_varint(out, ledger.conditions.size());
  for (const LedgerRecord::Condition& condition : ledger.conditions) {
    put_bytes(out, condition.name);
    put_fixed(out, static_cast<std::uint8_t>(condition.state));
    put_bytes(out, condition.severity);
    put_fixed(out, static_cast<std::uint8_t>(condition.burnt));
  }
  return out;
}

Result<LedgerRecord> decode_ledger(std::string_view bytes) {
  ByteReader reader(bytes);
  LedgerRecord ledger;
  ledger.objective_id = reader.fixed<std::uint64_t>();
  ledger.version = reader.fixed<std::uint32_t>();
  ledger.series = reader.bytes();
  const auto flags = reader.fixed<std::uint8_t>();
  ledger.overflow = (flags & kOverflow) != 0;
  const bool is_version_2 = (flags & kVersion2) != 0;
  ledger.lifetime = read_counts(reader);
  ledger.excluded = read_counts(reader);
  ledger.advanced_to_us = reader.fixed<TimeUs>();
  ledger.period_start_us = reader.fixed<TimeUs>();
  ledger.slice_end_us = reader.fixed<TimeUs>();
  ledger.last_event_us = reader.fixed<TimeUs>();
  const auto silent = reader.fixed<std::uint8_t>();
  ledger.silent = silent != 0;
  if (is_version_2) ledger.silent_severity = reader.bytes();
  if (is_version_2)
    ledger.silent_since_us = reader.fixed<TimeUs>();
  else if (ledger.silent)
    ledger.silent_since_us = ledger.last_event_us;
  const auto tell = reader.fixed<std::uint8_t>();
  ledger.tell = tell != 0;
  const auto reason = reader.fixed<std::uint8_t>();
  ledger.correction_reason = static_cast<v1::CorrectionReason>(reason);
  ledger.correction = read_counts(reader);
  ledger.correction_from_us = reader.fixed<TimeUs>();
  ledger.correction_to_us = reader.fixed<TimeUs>();
  for (std::uint64_t n = reader.varint(); n > 0 && reader.ok(); --n) {
    LedgerRecord::Sum& sum = ledger.sums.emplace_back();
    sum.length_us = reader.fixed<DurationUs>();
    sum.counts = read_counts(reader);
  }
  bool known = flags <= (kOverflow | kVersion2) && silent <= 1 && tell <= 1 &&
               v1::CorrectionReason_IsValid(reason);
  for (std::uint64_t n = reader.varint(); n > 0 && reader.ok(); --n) {
    LedgerRecord::Condition& condition = ledger.conditions.emplace_back();
    condition.name = reader.bytes();
    const auto state = reader.fixed<std::uint8_t>();
    condition.state = static_cast<v1::ConditionState>(state);
    if (is_version_2) condition.severity = reader.bytes();
    // What fires did burn, and nothing more was kept.
    const auto burnt = is_version_2 ? reader.fixed<std::uint8_t>()
                                    : std::uint8_t{state == v1::CONDITION_STATE_FIRING};
    condition.burnt = burnt != 0;
    known = known && v1::ConditionState_IsValid(state) && burnt <= 1;
  }
  if (!known || !reader.ok() || !reader.at_end()) return damaged("ledger");
  return ledger;
}

std::string pane_prefix(LedgerId ledger) {
  std::string key = "P";
  put_key(key, ledger);
  return key;
}

std::string pane_key(LedgerId ledger, std::size_t tier, std::uint32_t slot) {
  std::string key = pane_prefix(ledger);
  put_key(key, static_cast<std::uint8_t>(tier));
  put_key(key, slot);
  return key;
}

std::string open_key(const OpenKey& key) {
  std::string text(kOpenPrefix);
  put_key(text, static_cast<std::uint64_t>(key.end_us) ^ kTimeBias);
  put_key(text, key.ledger);
  return text;
}

Result<OpenKey> parse_open_key(std::string_view key) {
  ByteReader reader(key.substr(kOpenPrefix.size()));
  OpenKey open;
  open.end_us = static_cast<TimeUs>(reader.key<std::uint64_t>() ^ kTimeBias);
  open.ledger = reader.key<LedgerId>();
  if (!reader.ok() || !reader.at_end()) return damaged(fmt::format("key {}", to_hex(key)));
  return open;
}

}  // namespace weir::slo
