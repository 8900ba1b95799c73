#include "processors/runtime/embedded_format.h"

#include <charconv>

#include "processors/core/bytes.h"
#include "processors/core/hash.h"

namespace weir::runtime {
namespace {

constexpr std::string_view kFormatText = "weir log format ";
constexpr std::string_view kEndsMagic = "weirends";
constexpr std::uint8_t kValueVersion = 1;

void put_signed(std::string& out, std::int64_t value) { put_varint(out, zigzag(value)); }
std::int64_t get_signed(ByteReader& reader) { return unzigzag(reader.varint()); }

std::string versioned() { return {static_cast<char>(kValueVersion)}; }
bool begins(ByteReader& reader) { return reader.fixed<std::uint8_t>() == kValueVersion; }

std::string numbered(std::string_view kind, std::string_view name, std::int32_t partition) {
  std::string key = fmt::format("{}{}/", kind, name);
  put_key(key, static_cast<std::uint32_t>(partition));
  return key;
}

void put_end(std::string& out, const EndMark& mark) {
  put_signed(out, mark.end.offset);
  put_varint(out, mark.end.position);
  put_signed(out, mark.base);
  put_signed(out, mark.append_time_us);
}

EndMark get_end(ByteReader& reader) {
  EndMark mark;
  mark.end.offset = get_signed(reader);
  mark.end.position = reader.varint();
  mark.base = get_signed(reader);
  mark.append_time_us = get_signed(reader);
  return mark;
}

}  // namespace

std::string topics_path(const std::string& directory) { return directory + "/topics"; }
std::string partition_path(const std::string& directory, const TopicPartition& where) {
  return fmt::format("{}/{}/{}", topics_path(directory), where.topic, where.partition);
}
std::string state_path(const std::string& directory) { return directory + "/state"; }
std::string ends_path(const std::string& directory) { return directory + "/ends"; }
std::string format_path(const std::string& directory) { return directory + "/format"; }
std::string lock_path(const std::string& directory) { return directory + "/LOCK"; }

std::string format_text() { return fmt::format("{}{}\n", kFormatText, kLogFormatVersion); }

Result<void> check_format_text(std::string_view text, const std::string& file) {
  std::uint32_t version = 0;
  const std::string_view number =
      text.starts_with(kFormatText) ? text.substr(kFormatText.size()) : std::string_view();
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), version);
  if (error != std::errc() || version == 0)
    return fail(ErrorCode::invalid_argument, "{}: not written by weir; give a weir data directory",
                file);
  if (version > kLogFormatVersion)
    return fail(ErrorCode::version,
                "{}: log format {}, and this weir reads up to {}; use a newer weir", file, version,
                kLogFormatVersion);
  return {};
}

std::string topic_key(std::string_view topic) { return fmt::format("{}{}", kTopicKeys, topic); }
std::string end_key(const TopicPartition& where) {
  return numbered("e/", where.topic, where.partition);
}
std::string start_key(const TopicPartition& where) {
  return numbered("s/", where.topic, where.partition);
}
std::string position_key(const TaskId& task) {
  return numbered(kPositionKeys, task.processor, task.partition);
}
std::string state_prefix(const TaskId& task) {
  return numbered("k/", task.processor, task.partition);
}

std::optional<TaskId> parse_position_key(std::string_view key) {
  ByteReader reader(key);
  if (reader.view(kPositionKeys.size()) != kPositionKeys ||
      reader.remaining() < 1 + sizeof(std::uint32_t))
    return std::nullopt;
  const std::string_view name = reader.view(reader.remaining() - 1 - sizeof(std::uint32_t));
  if (reader.view(1) != "/") return std::nullopt;
  return TaskId{std::string(name), static_cast<std::int32_t>(reader.key<std::uint32_t>())};
}

std::string encode_topic(const TopicSpec& spec) {
  std::string out = versioned();
  put_varint(out, static_cast<std::uint64_t>(spec.partitions));
  put_fixed(out, spec.raw);
  put_signed(out, spec.retention.max_age_us);
  put_varint(out, spec.retention.max_bytes);
  return out;
}

std::optional<TopicSpec> decode_topic(std::string_view name, std::string_view bytes) {
  ByteReader reader(bytes);
  if (!begins(reader)) return std::nullopt;
  TopicSpec spec;
  spec.name = name;
  spec.partitions = static_cast<std::int32_t>(reader.varint());
  spec.raw = reader.fixed<std::uint8_t>() != 0;
  spec.retention.max_age_us = get_signed(reader);
  spec.retention.max_bytes = reader.varint();
  if (!reader.ok() || !reader.at_end()) return std::nullopt;
  return spec;
}

std::string encode_end(const EndMark& mark) {
  std::string out = versioned();
  put_end(out, mark);
  return out;
}

std::optional<EndMark> decode_end(std::string_view bytes) {
  ByteReader reader(bytes);
  if (!begins(reader)) return std::nullopt;
  const EndMark mark = get_end(reader);
  if (!reader.ok() || !reader.at_end()) return std::nullopt;
  return mark;
}

std::string encode_number(std::uint64_t number) {
  std::string out = versioned();
  put_varint(out, number);
  return out;
}

std::optional<std::uint64_t> decode_number(std::string_view bytes) {
  ByteReader reader(bytes);
  if (!begins(reader)) return std::nullopt;
  const std::uint64_t number = reader.varint();
  if (!reader.ok() || !reader.at_end()) return std::nullopt;
  return number;
}

std::string encode_position(const TaskPosition& position) {
  std::string out = versioned();
  put_signed(out, position.position);
  put_bytes(out, position.input.topic);
  put_varint(out, static_cast<std::uint64_t>(position.input.partition));
  return out;
}

std::optional<TaskPosition> decode_position(std::string_view bytes) {
  ByteReader reader(bytes);
  if (!begins(reader)) return std::nullopt;
  TaskPosition position;
  position.position = get_signed(reader);
  position.input.topic = reader.bytes();
  position.input.partition = static_cast<std::int32_t>(reader.varint());
  if (!reader.ok() || !reader.at_end()) return std::nullopt;
  return position;
}

std::string encode_ends(const std::vector<PublishedTopic>& topics) {
  std::string body;
  put_varint(body, topics.size());
  for (const PublishedTopic& topic : topics) {
    put_bytes(body, topic.name);
    put_fixed(body, topic.raw);
    put_varint(body, topic.partitions.size());
    for (const PublishedPartition& partition : topic.partitions) {
      put_signed(body, partition.start);
      put_end(body, partition.mark);
    }
  }
  std::string out(kEndsMagic);
  put_fixed(out, kLogFormatVersion);
  put_fixed(out, hash64(body));
  return out + body;
}

std::unexpected<Error> bad_ends(const std::string& file, std::string_view what) {
  return fail(ErrorCode::corrupt,
              "{}: the published ends are {}; open the directory once with a command that writes "
              "it (weir up, weir replay --out, weir import --append), which writes them anew",
              file, what);
}

Result<std::vector<PublishedTopic>> decode_ends(std::string_view bytes, const std::string& file) {
  const auto damaged = [&] { return bad_ends(file, "damaged"); };
  ByteReader reader(bytes);
  const bool magic = reader.view(kEndsMagic.size()) == kEndsMagic;
  const auto version = reader.fixed<std::uint32_t>();
  if (magic && reader.ok() && version > kLogFormatVersion)
    return fail(ErrorCode::version, "{}: format {}, and this weir reads up to {}; use a newer weir",
                file, version, kLogFormatVersion);
  const auto checksum = reader.fixed<std::uint64_t>();
  if (!magic || !reader.ok() || version == 0 ||
      checksum != hash64(bytes.substr(bytes.size() - reader.remaining())))
    return damaged();

  std::vector<PublishedTopic> topics;
  for (std::uint64_t left = reader.varint(); left > 0 && reader.ok(); --left) {
    PublishedTopic& topic = topics.emplace_back();
    topic.name = reader.bytes();
    topic.raw = reader.fixed<std::uint8_t>() != 0;
    for (std::uint64_t parts = reader.varint(); parts > 0 && reader.ok(); --parts) {
      PublishedPartition& partition = topic.partitions.emplace_back();
      partition.start = get_signed(reader);
      partition.mark = get_end(reader);
    }
  }
  if (!reader.ok() || !reader.at_end()) return damaged();
  return topics;
}

}  // namespace weir::runtime
