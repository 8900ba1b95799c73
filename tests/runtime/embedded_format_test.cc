#include "processors/runtime/embedded_format.h"

#include <gtest/gtest.h>

namespace weir::runtime {
namespace {

const EndMark kMark{.end = {300, 5'000}, .base = 256, .append_time_us = -1};
const TopicSpec kSpec{.name = "weir.kpi",
                      .partitions = 3,
                      .retention = {.max_age_us = 300, .max_bytes = 128},
                      .raw = true};
const TaskPosition kPosition{129, {"weir.partial", 2}};
const std::vector<PublishedTopic> kPublished = {{"weir.kpi", true, {{7, kMark}, {}}},
                                                {"weir.out", false, {}}};

// Bytes of version 1 as they were first written: they stay readable.
TEST(EmbeddedFormat, Golden) {
  EXPECT_EQ(format_text(), "weir log format 1\n");
  EXPECT_EQ(to_hex(encode_end(kMark)), "01d8048827800401");
  EXPECT_EQ(to_hex(encode_topic(kSpec)), "010301d8048001");
  EXPECT_EQ(to_hex(encode_position(kPosition)), "0182020c776569722e7061727469616c02");
  EXPECT_EQ(to_hex(encode_number(300)), "01ac02");
  EXPECT_EQ(
      to_hex(encode_ends(kPublished)),
      "77656972656e64730100000067ad42a8d660b5160208776569722e6b706901020ed804882780040100000000"
      "ffffffffffffffffff0108776569722e6f75740000");
  EXPECT_EQ(to_hex(end_key({"weir.kpi", 258})), "652f776569722e6b70692f00000102");
}

TEST(EmbeddedFormat, RoundTrips) {
  const TopicSpec spec = decode_topic("weir.kpi", encode_topic(kSpec)).value();
  EXPECT_EQ(spec.name, "weir.kpi");
  EXPECT_EQ(spec.partitions, 3);
  EXPECT_EQ(spec.retention.max_age_us, 300);
  EXPECT_EQ(spec.retention.max_bytes, 128u);
  EXPECT_TRUE(spec.raw);
  EXPECT_EQ(decode_end(encode_end(kMark)), kMark);
  EXPECT_EQ(decode_end(encode_end({})), EndMark{});
  EXPECT_EQ(decode_position(encode_position(kPosition)), kPosition);
  EXPECT_EQ(decode_number(encode_number(~std::uint64_t{0})), ~std::uint64_t{0});
  EXPECT_EQ(decode_ends(encode_ends(kPublished), "FILE").value(), kPublished);
  const TaskId task{"kpi", 258};
  EXPECT_EQ(parse_position_key(position_key(task)), task);
}

TEST(EmbeddedFormat, EveryCutIsRefused) {
  const auto cuts = [](const std::string& bytes, auto&& decodes) {
    for (std::size_t size = 0; size < bytes.size(); ++size)
      EXPECT_FALSE(decodes(bytes.substr(0, size))) << to_hex(bytes) << " cut at " << size;
    EXPECT_FALSE(decodes(bytes + "x"));
  };
  cuts(encode_end(kMark), [](const auto& bytes) { return decode_end(bytes).has_value(); });
  cuts(encode_topic(kSpec), [](const auto& bytes) { return decode_topic("t", bytes).has_value(); });
  cuts(encode_position(kPosition),
       [](const auto& bytes) { return decode_position(bytes).has_value(); });
  cuts(encode_number(300), [](const auto& bytes) { return decode_number(bytes).has_value(); });
  cuts(encode_ends(kPublished),
       [](const auto& bytes) { return decode_ends(bytes, "FILE").has_value(); });
}

TEST(EmbeddedFormat, EveryFlippedBitOfTheEndsShows) {
  const std::string bytes = encode_ends(kPublished);
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
    ASSERT_FALSE(decode_ends(flipped, "FILE")) << bit;
  }
}

TEST(EmbeddedFormat, ANewerFormatIsRefusedAsSuch) {
  EXPECT_TRUE(check_format_text("weir log format 1\n", "FILE"));
  EXPECT_EQ(check_format_text("weir log format 2\n", "FILE").error().code, ErrorCode::version);
  EXPECT_EQ(check_format_text("weir log format x", "FILE").error().code,
            ErrorCode::invalid_argument);
  std::string newer = encode_ends(kPublished);
  newer[8] = 2;
  EXPECT_EQ(decode_ends(newer, "FILE").error().code, ErrorCode::version);
}

}  // namespace
}  // namespace weir::runtime
