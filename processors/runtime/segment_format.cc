#include "processors/runtime/segment_format.h"

#include <cassert>
#include <cstring>

#include "processors/core/bytes.h"
#include "processors/core/hash.h"

namespace weir::runtime {
namespace {

constexpr std::string_view kMagic = "weirlog\n";
constexpr std::size_t kHeaderChecked = 24;  // where the checksummed part of the file header begins
constexpr std::uint8_t kHasId = 1;
constexpr std::uint8_t kMore = 2;

template <class T>
T load(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

std::string_view stored_content_type(const NewRecord& record) {
  return record.content_type == kProtobufType ? std::string_view() : record.content_type;
}

}  // namespace

std::string encode_segment_header(const TopicPartition& where, std::int64_t base) {
  std::string checked;
  put_fixed(checked, base);
  put_fixed(checked, where.partition);
  checked += where.topic;
  std::string header(kMagic);
  put_fixed(header, kSegmentFormatVersion);
  put_fixed(header, static_cast<std::uint32_t>(kHeaderChecked + checked.size()));
  put_fixed(header, hash64(checked));
  return header + checked;
}

Result<std::size_t> check_segment_header(std::string_view bytes, const std::string& file,
                                         const TopicPartition& where, std::int64_t base) {
  const std::string expected = encode_segment_header(where, base);
  ByteReader reader(bytes);
  const bool magic = reader.view(kMagic.size()) == kMagic;
  const auto version = reader.fixed<std::uint32_t>();
  if (magic && reader.ok() && version > kSegmentFormatVersion)
    return fail(ErrorCode::version,
                "{}: segment format {}, and this weir reads up to {}; use a newer weir", file,
                version, kSegmentFormatVersion);
  if (!bytes.starts_with(expected))
    return fail(
        ErrorCode::corrupt,
        "{}: byte 0: this is not the segment of {} from offset {} on; restore the file from "
        "a copy, or import into a new directory",
        file, to_string(where), base);
  return expected.size();
}

std::size_t frame_bytes(const NewRecord& record) {
  return kFrameHeaderBytes + (record.id ? sizeof(Id) : 0) + stored_content_type(record).size() +
         record.key.size() + record.value.size();
}

void append_frame(const FrameStamp& stamp, const NewRecord& record, std::string& out) {
  const std::string_view content_type = stored_content_type(record);
  const std::size_t begin = out.size();
  const std::size_t size = frame_bytes(record);
  assert(size <= kMaxFrameBytes);
  const std::uint8_t flags =
      static_cast<std::uint8_t>((record.id ? kHasId : 0) | (stamp.more ? kMore : 0));
  put_fixed(out, std::uint64_t{0});
  put_fixed(out, static_cast<std::uint32_t>(size));
  put_fixed(out, flags);
  put_fixed(out, std::uint8_t{0});
  put_fixed(out, static_cast<std::uint16_t>(content_type.size()));
  put_fixed(out, static_cast<std::uint32_t>(record.key.size()));
  put_fixed(out, stamp.offset);
  put_fixed(out, stamp.append_time_us);
  put_fixed(out, stamp.witness);
  if (record.id) put_fixed(out, *record.id);
  out.append(content_type).append(record.key).append(record.value);
  const std::uint64_t checksum =
      hash64(std::string_view(out).substr(begin + sizeof(std::uint64_t)));
  std::memcpy(out.data() + begin, &checksum, sizeof checksum);
}

FrameState decode_frame(std::string_view bytes, Frame& frame) {
  frame.size = 0;
  if (bytes.size() < kFrameHeaderBytes) return FrameState::cut;
  const char* at = bytes.data();
  const std::size_t size = load<std::uint32_t>(at + 8);
  const auto flags = load<std::uint8_t>(at + 12);
  const std::size_t id_size = (flags & kHasId) != 0 ? sizeof(Id) : 0;
  const std::size_t content_type_size = load<std::uint16_t>(at + 14);
  const std::size_t key_size = load<std::uint32_t>(at + 16);
  const std::size_t fixed = kFrameHeaderBytes + id_size + content_type_size;
  const bool known = (flags & ~(kHasId | kMore)) == 0 && load<std::uint8_t>(at + 13) == 0;
  if (!known || size > kMaxFrameBytes || size < fixed || size - fixed < key_size)
    return FrameState::bad;
  frame.size = size;
  if (bytes.size() < size) return FrameState::cut;
  if (load<std::uint64_t>(at) != hash64(bytes.substr(8, size - 8))) return FrameState::bad;

  frame.record.offset = load<std::int64_t>(at + kFrameOffsetAt);
  frame.record.append_time_us = load<std::int64_t>(at + 28);
  frame.witness = load<std::uint64_t>(at + 36);
  frame.more = (flags & kMore) != 0;
  frame.record.id.reset();
  if (id_size != 0) frame.record.id = load<Id>(at + kFrameHeaderBytes);
  const std::string_view content_type =
      bytes.substr(kFrameHeaderBytes + id_size, content_type_size);
  frame.record.content_type = content_type.empty() ? kProtobufType : content_type;
  frame.record.key = bytes.substr(fixed, key_size);
  frame.record.value = bytes.substr(fixed + key_size, size - fixed - key_size);
  return FrameState::whole;
}

}  // namespace weir::runtime
