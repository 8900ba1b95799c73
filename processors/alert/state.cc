#include "processors/alert/state.h"

#include <algorithm>

#include "processors/core/bytes.h"

namespace weir::alert {
namespace {

constexpr std::uint8_t kVersion = 2;
constexpr char kEndOfReceiver = '\0';

std::unexpected<Error> damaged(std::string_view what) {
  return fail(ErrorCode::corrupt, "state of alert: damaged {}", what);
}

bool read_flag(ByteReader& reader, bool& whole) {
  const auto value = reader.fixed<std::uint8_t>();
  whole = whole && value <= 1;
  return value == 1;
}

/// A count of items of which each takes at least `bytes`.
std::uint64_t read_count(ByteReader& reader, std::size_t bytes) {
  const std::uint64_t count = reader.varint();
  if (count <= reader.remaining() / bytes) return count;
  (void)reader.view(reader.remaining() + 1);  // fails it
  return 0;
}

std::string read_text(ByteReader& reader) { return std::string(reader.bytes()); }

void put_times(std::string& out, const std::vector<TimeUs>& times) {
  put_varint(out, times.size());
  for (const TimeUs each : times) put_fixed(out, each);
}

std::vector<TimeUs> read_times(ByteReader& reader) {
  std::vector<TimeUs> times;
  for (std::uint64_t left = read_count(reader, sizeof(TimeUs)); left > 0; --left)
    times.push_back(reader.fixed<TimeUs>());
  return times;
}

}  // namespace

std::string alert_key(std::string_view fingerprint) {
  return std::string(kAlertPrefix) + std::string(fingerprint);
}

std::string group_key(const GroupKey& key) {
  return std::string(kGroupPrefix) + key.receiver + kEndOfReceiver + key.group;
}

Result<GroupKey> parse_group_key(std::string_view key) {
  const std::size_t end = key.find(kEndOfReceiver);
  if (!key.starts_with(kGroupPrefix) || end == std::string_view::npos)
    return damaged("key of a group");
  return GroupKey{std::string(key.substr(1, end - 1)), std::string(key.substr(end + 1))};
}

std::string load_key(std::string_view receiver) {
  return std::string(kLoadPrefix) + std::string(receiver);
}

std::string silence_key(std::string_view id) {
  return std::string(kSilencePrefix) + std::string(id);
}

TimeUs Head::reached_us() const {
  TimeUs reached = kMinTime;
  for (const auto& [name, source] : sources) reached = std::max(reached, source.time_us);
  return reached;
}

std::string encode_head(const Head& head) {
  std::string out;
  put_fixed(out, kVersion);
  put_fixed(out, head.append_time_us);
  put_fixed(out, head.behind_since_us);
  put_fixed(out, head.was_behind);
  put_fixed(out, head.told_again_us);
  put_fixed(out, head.rules_hash);
  put_varint(out, head.sources.size());
  for (const auto& [name, source] : head.sources) {
    put_bytes(out, name.first);
    put_fixed(out, name.second);
    put_fixed(out, source.time_us);
    put_fixed(out, source.append_time_us);
    put_fixed(out, source.complete);
  }
  return out;
}

Result<Head> decode_head(std::string_view bytes) {
  ByteReader reader(bytes);
  const auto version = reader.fixed<std::uint8_t>();
  if (!reader.ok()) return damaged("head");
  if (version == 0 || version > kVersion)
    return fail(ErrorCode::version, "state of alert: version {}, this binary reads 1 to {}",
                version, kVersion);
  Head head;
  bool whole = true;
  head.append_time_us = reader.fixed<TimeUs>();
  head.behind_since_us = reader.fixed<TimeUs>();
  head.was_behind = read_flag(reader, whole);
  if (version > 1) {
    head.told_again_us = reader.fixed<TimeUs>();
    head.rules_hash = reader.fixed<std::uint64_t>();
  }
  constexpr std::size_t kLeast = 1 + sizeof(std::int32_t) + 2 * sizeof(TimeUs) + 1;
  for (std::uint64_t left = read_count(reader, kLeast); left > 0; --left) {
    SourceName name;
    name.first = read_text(reader);
    name.second = reader.fixed<std::int32_t>();
    whole = whole && (head.sources.empty() || head.sources.rbegin()->first < name);
    Source& source = head.sources[name];
    source.time_us = reader.fixed<TimeUs>();
    source.append_time_us = reader.fixed<TimeUs>();
    source.complete = read_flag(reader, whole);
  }
  if (!reader.ok() || !reader.at_end() || !whole) return damaged("head");
  return head;
}

std::string encode_entry(const Entry& entry) {
  std::string out;
  put_bytes(out, entry.source.first);
  put_fixed(out, entry.source.second);
  put_fixed(out, entry.fires_at_us);
  put_fixed(out, entry.quiet_since_us);
  put_fixed(out, entry.resolved_append_us);
  put_fixed(out, entry.grouped_life);
  put_fixed(out, entry.changed);
  put_times(out, entry.onsets);
  entry.alert.AppendToString(&out);
  return out;
}

Result<Entry> decode_entry(std::string_view bytes) {
  ByteReader reader(bytes);
  Entry entry;
  bool whole = true;
  entry.source.first = read_text(reader);
  entry.source.second = reader.fixed<std::int32_t>();
  entry.fires_at_us = reader.fixed<TimeUs>();
  entry.quiet_since_us = reader.fixed<TimeUs>();
  entry.resolved_append_us = reader.fixed<TimeUs>();
  entry.grouped_life = reader.fixed<std::uint32_t>();
  entry.changed = read_flag(reader, whole);
  entry.onsets = read_times(reader);
  const std::string_view message = reader.view(reader.remaining());
  if (!reader.ok() || !whole ||
      !entry.alert.ParseFromArray(message.data(), static_cast<int>(message.size())))
    return damaged("alert");
  return entry;
}

std::string encode_group(const Group& group) {
  std::string out;
  put_bytes(out, group.route);
  put_varint(out, group.labels.size());
  for (const auto& [name, value] : group.labels) {
    put_bytes(out, name);
    put_bytes(out, value);
  }
  put_fixed(out, group.sequence);
  put_fixed(out, group.dirty_since_us);
  put_fixed(out, group.dirty_time_us);
  put_fixed(out, group.last_told_us);
  put_fixed(out, group.throttled);
  put_varint(out, group.members.size());
  for (const auto& [fingerprint, member] : group.members) {
    put_bytes(out, fingerprint);
    put_fixed(out, member.life);
    put_fixed(out, member.acknowledged);
  }
  return out;
}

Result<Group> decode_group(std::string_view bytes) {
  ByteReader reader(bytes);
  Group group;
  bool whole = true;
  group.route = read_text(reader);
  for (std::uint64_t left = read_count(reader, 2); left > 0; --left) {
    std::string name = read_text(reader);
    whole = whole && (group.labels.empty() || group.labels.rbegin()->first < name);
    group.labels[std::move(name)] = read_text(reader);
  }
  group.sequence = reader.fixed<std::uint32_t>();
  group.dirty_since_us = reader.fixed<TimeUs>();
  group.dirty_time_us = reader.fixed<TimeUs>();
  group.last_told_us = reader.fixed<TimeUs>();
  group.throttled = read_flag(reader, whole);
  for (std::uint64_t left = read_count(reader, 2 + sizeof(std::uint32_t)); left > 0; --left) {
    std::string fingerprint = read_text(reader);
    whole = whole && (group.members.empty() || group.members.rbegin()->first < fingerprint);
    Member& member = group.members[std::move(fingerprint)];
    member.life = reader.fixed<std::uint32_t>();
    member.acknowledged = read_flag(reader, whole);
  }
  if (!reader.ok() || !reader.at_end() || !whole) return damaged("group");
  return group;
}

std::string encode_load(const Load& load) {
  std::string out;
  put_fixed(out, load.last_digest_us);
  put_times(out, load.told);
  return out;
}

Result<Load> decode_load(std::string_view bytes) {
  ByteReader reader(bytes);
  Load load;
  load.last_digest_us = reader.fixed<TimeUs>();
  load.told = read_times(reader);
  if (!reader.ok() || !reader.at_end()) return damaged("load of a receiver");
  return load;
}

Result<v1::Silence> decode_silence(std::string_view bytes) {
  v1::Silence silence;
  if (!silence.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return damaged("silence");
  return silence;
}

}  // namespace weir::alert
