// The bytes of a segment file: a header, then frames, one a record. Version 1, little-endian.
//
//   header  0  8  "weirlog\n"
//           8  4  format version
//          12  4  size of the header
//          16  8  XXH3-64 of the header's bytes behind this field
//          24  8  base offset: of the first record
//          32  4  partition
//          36  …  topic
//
//   frame   0  8  checksum: XXH3-64 of the frame's bytes behind this field
//           8  4  size of the frame
//          12  1  flags: 1 an id follows, 2 the next frame belongs to the same append
//          13  1  0
//          14  2  size of the content type; 0 is kProtobufType
//          16  4  size of the key
//          20  8  offset
//          28  8  append time, µs since the epoch
//          36  8  witness
//          44 16  id, where the flag says so
//           …     content type, key, value
//
// The witness tells, after a crash, what may be cut off and what must not. In a topic of commits it
// is the number of the commit: behind the last committed end only frames of the very next number
// may stand. In a raw topic it is the end that was durable when the frame was written: damaged
// bytes below the witness of any later frame had been acknowledged.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "processors/runtime/io.h"

namespace weir::runtime {

inline constexpr std::uint32_t kSegmentFormatVersion = 1;
inline constexpr std::size_t kFrameHeaderBytes = 44;
inline constexpr std::size_t kFrameOffsetAt = 20;
/// No frame of a record within kMaxRecordBytes is larger.
inline constexpr std::size_t kMaxFrameBytes = kFrameHeaderBytes + sizeof(Id) + kMaxRecordBytes;

/// Above the header of any topic.
inline constexpr std::size_t kMaxSegmentHeaderBytes = 256;

std::string encode_segment_header(const TopicPartition& where, std::int64_t base);
/// Checks that `bytes`, the front of `file`, begin with the header of this very segment; returns
/// its size. corrupt: they do not. version: of a newer format.
Result<std::size_t> check_segment_header(std::string_view bytes, const std::string& file,
                                         const TopicPartition& where, std::int64_t base);

struct FrameStamp {
  std::int64_t offset = 0;
  TimeUs append_time_us = 0;
  std::uint64_t witness = 0;
  bool more = false;  // the next frame belongs to the same append
};

std::size_t frame_bytes(const NewRecord& record);
/// The record is within kMaxRecordBytes.
void append_frame(const FrameStamp& stamp, const NewRecord& record, std::string& out);

enum class FrameState : std::uint8_t {
  whole,
  cut,  // the bytes end before the frame does
  bad,  // not a frame, or not what was written
};

struct Frame {
  Record record;  // views into the bytes it was decoded from
  std::uint64_t witness = 0;
  bool more = false;
  std::size_t size = 0;  // of the frame; where it is `cut`, as far as known (0: not known)
};

/// The frame at the front of `bytes`, its checksum verified.
FrameState decode_frame(std::string_view bytes, Frame& frame);

}  // namespace weir::runtime
