#include "processors/runtime/segment_format.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace weir::runtime {
namespace {

std::string render(const Frame& frame) {
  const Record& record = frame.record;
  return fmt::format("{}@{} witness {} more {} id {} type {} {}={}", record.offset,
                     record.append_time_us, frame.witness, frame.more,
                     record.id ? format_id(*record.id) : "-", record.content_type,
                     to_hex(record.key), to_hex(record.value));
}

const NewRecord kRecord{
    .key = "key", .content_type = std::string(kJsonType), .value = "{}", .id = Id{0x11, 0x22}};
const FrameStamp kStamp{.offset = 7, .append_time_us = -5, .witness = 3, .more = true};

// Bytes of version 1 as they were first written: they stay readable.
TEST(SegmentFormat, Golden) {
  std::string frame;
  append_frame(kStamp, kRecord, frame);

  EXPECT_EQ(to_hex(encode_segment_header({"weir.kpi", 2}, 42)),
            "776569726c6f670a010000002c000000e619b929d13803a22a0000000000000002000000"
            "776569722e6b7069");
  EXPECT_EQ(to_hex(frame),
            "85b820423f45e8a35100000003001000030000000700000000000000fbffffffffffffff"
            "0300000000000000112200000000000000000000000000006170706c69636174696f6e2f"
            "6a736f6e6b65797b7d");
  Frame read;
  ASSERT_EQ(decode_frame(frame, read), FrameState::whole);
  EXPECT_EQ(render(read),
            "7@-5 witness 3 more true id 11220000000000000000000000000000 type application/json "
            "6b6579=7b7d");
}

TEST(SegmentFormat, EveryCutAndEveryFlippedBitShows) {
  std::string bytes;
  append_frame(kStamp, kRecord, bytes);
  Frame frame;

  for (std::size_t size = 0; size < bytes.size(); ++size)
    ASSERT_EQ(decode_frame(bytes.substr(0, size), frame), FrameState::cut) << size;
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
    ASSERT_NE(decode_frame(flipped, frame), FrameState::whole) << bit;
  }
}

RC_GTEST_PROP(SegmentFormat, RoundTrip, ()) {
  NewRecord record;
  record.key = *rc::gen::arbitrary<std::string>();
  record.value = *rc::gen::arbitrary<std::string>();
  record.content_type =
      *rc::gen::element<std::string>("", std::string(kProtobufType), std::string(kJsonType));
  if (*rc::gen::arbitrary<bool>()) record.id = *rc::gen::arbitrary<Id>();
  const FrameStamp stamp{.offset = *rc::gen::arbitrary<std::int64_t>(),
                         .append_time_us = *rc::gen::arbitrary<std::int64_t>(),
                         .witness = *rc::gen::arbitrary<std::uint64_t>(),
                         .more = *rc::gen::arbitrary<bool>()};
  std::string bytes = "before";
  append_frame(stamp, record, bytes);
  bytes += "behind";

  Frame frame;
  RC_ASSERT(decode_frame(std::string_view(bytes).substr(6), frame) == FrameState::whole);

  RC_ASSERT(frame.size == frame_bytes(record));
  RC_ASSERT(bytes.size() == frame.size + 12);
  RC_ASSERT(frame.record.offset == stamp.offset);
  RC_ASSERT(frame.record.append_time_us == stamp.append_time_us);
  RC_ASSERT(frame.witness == stamp.witness);
  RC_ASSERT(frame.more == stamp.more);
  RC_ASSERT(frame.record.key == record.key);
  RC_ASSERT(frame.record.value == record.value);
  RC_ASSERT(frame.record.id == record.id);
  RC_ASSERT(frame.record.content_type ==
            (record.content_type.empty() ? kProtobufType : std::string_view(record.content_type)));
}

TEST(SegmentFormat, AHeaderIsOfOneSegmentAndOneVersion) {
  const TopicPartition where{"weir.kpi", 2};
  const std::string header = encode_segment_header(where, 42);
  const auto code = [&](std::string_view bytes, const TopicPartition& expected, std::int64_t base) {
    const auto checked = check_segment_header(bytes, "FILE", expected, base);
    return checked ? ErrorCode::stopped : checked.error().code;
  };

  EXPECT_EQ(check_segment_header(header + "frames", "FILE", where, 42).value(), header.size());
  EXPECT_EQ(code(header, {"weir.kpi", 1}, 42), ErrorCode::corrupt);
  EXPECT_EQ(code(header, {"weir.kp", 2}, 42), ErrorCode::corrupt);
  EXPECT_EQ(code(header, where, 41), ErrorCode::corrupt);
  EXPECT_EQ(code(header.substr(0, header.size() - 1), where, 42), ErrorCode::corrupt);
  EXPECT_EQ(code("", where, 42), ErrorCode::corrupt);
  std::string newer = header;
  newer[8] = 2;
  EXPECT_EQ(code(newer, where, 42), ErrorCode::version);
}

}  // namespace
}  // namespace weir::runtime
