#include "processors/fold/state.h"

#include <algorithm>

#include "processors/core/bytes.h"

namespace weir::fold {
namespace {

constexpr std::uint8_t kVersion = 4;
constexpr std::uint8_t kWithoutLosses = 3;
constexpr std::uint8_t kWithoutForgotten = 2;
constexpr std::uint8_t kWithoutObjectives = 1;
constexpr std::uint64_t kSign = std::uint64_t{1} << 63;  // turned over, times sort as numbers

std::unexpected<Error> bad_key(std::string_view key) {
  return fail(ErrorCode::corrupt, "state of fold: key {} is not one of ours", to_hex(key));
}

void put_destinations(std::string& out, const std::vector<Destination>& destinations) {
  put_varint(out, destinations.size());
  for (const Destination& destination : destinations) {
    put_fixed(out, destination.end_offset);
    put_fixed(out, destination.watermark_us);
  }
}

std::vector<Destination> read_destinations(ByteReader& reader) {
  std::vector<Destination> destinations;
  for (std::uint64_t n = reader.varint(); n > 0 && reader.ok(); --n) {
    Destination& destination = destinations.emplace_back();
    destination.end_offset = reader.fixed<std::int64_t>();
    destination.watermark_us = reader.fixed<TimeUs>();
  }
  return destinations;
}

}  // namespace

std::string encode_head(const Head& head) {
  std::string out;
  put_fixed(out, kVersion);
  put_fixed(out, head.greatest_event_time_us);
  put_fixed(out, head.append_time_us);
  put_fixed(out, head.watermark_us);
  put_fixed(out, static_cast<std::uint8_t>(head.ended));
  put_fixed(out, head.definitions_hash);
  put_destinations(out, head.destinations);
  put_fixed(out, head.objectives_hash);
  put_destinations(out, head.sli_destinations);
  put_fixed(out, head.forgotten_us);
  put_fixed(out, head.lost_until_us);
  return out;
}

Result<Head> decode_head(std::string_view bytes) {
  ByteReader reader(bytes);
  const auto version = reader.fixed<std::uint8_t>();
  if (version < kWithoutObjectives || version > kVersion)
    return fail(ErrorCode::version,
                "state of fold has version {}, this binary reads {}; use the binary that wrote it, "
                "or replay into a new directory",
                version, kVersion);
  Head head;
  head.greatest_event_time_us = reader.fixed<TimeUs>();
  head.append_time_us = reader.fixed<TimeUs>();
  head.watermark_us = reader.fixed<TimeUs>();
  const auto ended = reader.fixed<std::uint8_t>();
  head.ended = ended != 0;
  head.definitions_hash = reader.fixed<std::uint64_t>();
  head.destinations = read_destinations(reader);
  if (version > kWithoutObjectives) {
    head.objectives_hash = reader.fixed<std::uint64_t>();
    head.sli_destinations = read_destinations(reader);
  }
  if (version > kWithoutForgotten) head.forgotten_us = reader.fixed<TimeUs>();
  if (version > kWithoutLosses) head.lost_until_us = reader.fixed<TimeUs>();
  if (!reader.ok() || !reader.at_end() || ended > 1)
    return fail(ErrorCode::corrupt, "state of fold: damaged head");
  return head;
}

std::string seen_key(const Id& id) {
  std::string key(kSeenPrefix);
  key.append(reinterpret_cast<const char*>(id.data()), id.size());
  return key;
}

Result<Id> parse_seen_key(std::string_view key) {
  Id id{};
  if (key.size() != kSeenPrefix.size() + id.size()) return bad_key(key);
  std::ranges::copy(key.substr(kSeenPrefix.size()), id.begin());
  return id;
}

std::string encode_seen(const SeenRecord& seen) {
  std::string out;
  put_fixed(out, seen.content_hash);
  put_fixed(out, seen.append_time_us);
  return out;
}

Result<SeenRecord> decode_seen(std::string_view bytes) {
  ByteReader reader(bytes);
  SeenRecord seen;
  seen.content_hash = reader.fixed<std::uint64_t>();
  seen.append_time_us = reader.fixed<TimeUs>();
  if (!reader.ok() || !reader.at_end())
    return fail(ErrorCode::corrupt, "state of fold: damaged id record");
  return seen;
}

std::string seen_time_key(const SeenTime& seen) {
  std::string key(kSeenTimePrefix);
  put_key(key, static_cast<std::uint64_t>(seen.append_time_us) ^ kSign);
  key.append(reinterpret_cast<const char*>(seen.id.data()), seen.id.size());
  return key;
}

Result<SeenTime> parse_seen_time_key(std::string_view key) {
  SeenTime seen;
  if (key.size() != kSeenTimePrefix.size() + sizeof(std::uint64_t) + seen.id.size())
    return bad_key(key);
  ByteReader reader(key.substr(kSeenTimePrefix.size()));
  seen.append_time_us = static_cast<TimeUs>(reader.key<std::uint64_t>() ^ kSign);
  std::ranges::copy(reader.view(seen.id.size()), seen.id.begin());
  return seen;
}

}  // namespace weir::fold
