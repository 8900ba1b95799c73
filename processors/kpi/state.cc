#include "processors/kpi/state.h"

#include "processors/core/bytes.h"
#include "processors/core/id.h"

namespace weir::kpi {
namespace {

constexpr std::uint8_t kVersion = 2;
constexpr std::uint64_t kPaneBias = std::uint64_t{1} << 63;

std::uint64_t bias(std::int64_t pane) { return static_cast<std::uint64_t>(pane) ^ kPaneBias; }
std::int64_t unbias(std::uint64_t key) { return static_cast<std::int64_t>(key ^ kPaneBias); }

std::unexpected<Error> bad_key(std::string_view key) {
  return fail(ErrorCode::corrupt, "state of kpi: key {} is not one of ours", to_hex(key));
}

}  // namespace

std::string definitions_key(std::uint32_t sequence) {
  std::string key = "D";
  put_key(key, sequence);
  return key;
}

std::string series_key(SeriesId series) {
  std::string key = "S";
  put_key(key, series);
  return key;
}

std::string closed_prefix(SeriesId series) {
  std::string key = "P";
  put_key(key, series);
  return key;
}

std::string closed_key(SeriesId series, std::size_t tier, std::uint32_t slot) {
  std::string key = closed_prefix(series);
  put_key(key, static_cast<std::uint8_t>(tier));
  put_key(key, slot);
  return key;
}

std::string open_key(const PaneKey& pane) {
  std::string key = "O";
  put_key(key, pane.tier);
  put_key(key, bias(pane.pane));
  put_key(key, pane.series);
  return key;
}

std::string late_key(const PaneKey& pane) {
  std::string key = "L";
  put_key(key, pane.series);
  put_key(key, pane.tier);
  put_key(key, bias(pane.pane));
  return key;
}

Result<PaneKey> parse_open_key(std::string_view key) {
  ByteReader reader(key.substr(1));
  PaneKey pane;
  pane.tier = reader.key<std::uint8_t>();
  pane.pane = unbias(reader.key<std::uint64_t>());
  pane.series = reader.key<SeriesId>();
  if (!reader.ok() || !reader.at_end()) return bad_key(key);
  return pane;
}

Result<PaneKey> parse_late_key(std::string_view key) {
  ByteReader reader(key.substr(1));
  PaneKey pane;
  pane.series = reader.key<SeriesId>();
  pane.tier = reader.key<std::uint8_t>();
  pane.pane = unbias(reader.key<std::uint64_t>());
  if (!reader.ok() || !reader.at_end()) return bad_key(key);
  return pane;
}

Result<SeriesId> parse_series_key(std::string_view key) {
  ByteReader reader(key.substr(1));
  const auto series = reader.key<SeriesId>();
  if (!reader.ok() || !reader.at_end()) return bad_key(key);
  return series;
}

std::string encode_head(const Head& head, const windows::Sources& sources) {
  std::string out;
  put_fixed(out, kVersion);
  put_fixed(out, head.closed_until_us);
  put_fixed(out, head.phase);
  put_fixed(out, head.step_end_us);
  put_fixed(out, head.step_series);
  put_fixed(out, head.as_of_offset);
  put_fixed(out, head.append_time_us);
  put_fixed(out, head.restate_from_us);
  put_fixed(out, head.restate_to_us);
  put_fixed(out, static_cast<std::uint8_t>(head.finished));
  sources.encode(out);
  return out;
}

Result<void> decode_head(std::string_view bytes, Head& head, windows::Sources& sources) {
  ByteReader reader(bytes);
  if (const auto version = reader.fixed<std::uint8_t>(); version != kVersion)
    return fail(
        ErrorCode::version,
        "state of kpi has version {}, this binary reads {}; use the binary that wrote it, or "
        "replay into a new directory",
        version, kVersion);
  head.closed_until_us = reader.fixed<TimeUs>();
  head.phase = reader.fixed<Head::Phase>();
  head.step_end_us = reader.fixed<TimeUs>();
  head.step_series = reader.fixed<SeriesId>();
  head.as_of_offset = reader.fixed<std::int64_t>();
  head.append_time_us = reader.fixed<TimeUs>();
  head.restate_from_us = reader.fixed<TimeUs>();
  head.restate_to_us = reader.fixed<TimeUs>();
  const auto finished = reader.fixed<std::uint8_t>();
  head.finished = finished != 0;
  if (!reader.ok() || head.phase > Head::Phase::tick || finished > 1)
    return fail(ErrorCode::corrupt, "state of kpi: damaged head");
  return sources.decode(reader.view(reader.remaining()));
}

}  // namespace weir::kpi
