#include "processors/fold/state.h"

#include <gtest/gtest.h>

namespace weir::fold {
namespace {

Head some_head() {
  return {.greatest_event_time_us = 1,
          .append_time_us = 2,
          .watermark_us = -3,
          .ended = true,
          .definitions_hash = 4,
          .destinations = {{.end_offset = 5, .watermark_us = 6}, {}},
          .objectives_hash = 7,
          .sli_destinations = {{.end_offset = 8, .watermark_us = 9}},
          .forgotten_us = 10,
          .lost_until_us = 11};
}
/// As version 3 had it.
std::string encode_third(Head head) {
  head.lost_until_us = kMinTime;
  std::string bytes = encode_head(head);
  bytes[0] = 3;
  bytes.resize(bytes.size() - sizeof(TimeUs));
  return bytes;
}
/// As version 2 had it.
std::string encode_second(Head head) {
  head.forgotten_us = kMinTime;
  std::string bytes = encode_third(head);
  bytes[0] = 2;
  bytes.resize(bytes.size() - sizeof(TimeUs));
  return bytes;
}

TEST(FoldState, TheHeadIsReadAsItWasWritten) {
  EXPECT_EQ(decode_head(encode_head(some_head())).value(), some_head());
  EXPECT_EQ(decode_head(encode_head({})).value(), Head{});
}

TEST(FoldState, VersionFourStaysAsItIs) {
  EXPECT_EQ(to_hex(encode_head(some_head())),
            "04"
            "0100000000000000"
            "0200000000000000"
            "fdffffffffffffff"
            "01"
            "0400000000000000"
            "02"
            "05000000000000000600000000000000"
            "00000000000000000000000000000080"
            "0700000000000000"
            "01"
            "08000000000000000900000000000000"
            "0a00000000000000"
            "0b00000000000000");
  const SeenRecord seen{.content_hash = 7, .append_time_us = 8};
  EXPECT_EQ(to_hex(encode_seen(seen)), "07000000000000000800000000000000");
  EXPECT_EQ(to_hex(seen_key({0xab})), "49ab000000000000000000000000000000");
  EXPECT_EQ(to_hex(seen_time_key({9, {0xab}})),
            "548000000000000009ab000000000000000000000000000000");
}

TEST(FoldState, VersionThreeKnewOfNoLosses) {
  Head head = some_head();
  head.lost_until_us = kMinTime;
  EXPECT_EQ(decode_head(encode_third(head)).value(), head);
}

TEST(FoldState, VersionTwoDidNotSayWhatIsForgotten) {
  Head head = some_head();
  head.lost_until_us = kMinTime;
  head.forgotten_us = kMinTime;
  EXPECT_EQ(decode_head(encode_second(head)).value(), head);
}

TEST(FoldState, VersionOneKnewNoObjectives) {
  Head head = some_head();
  head.objectives_hash = 0;
  head.sli_destinations.clear();
  head.forgotten_us = head.lost_until_us = kMinTime;
  std::string bytes = encode_second(head);
  bytes[0] = 1;
  bytes.resize(bytes.size() - 9);
  EXPECT_EQ(decode_head(bytes).value(), head);
}

TEST(FoldState, AnotherVersionAndDamageAreRefused) {
  std::string bytes = encode_head(some_head());
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(decode_head(std::string_view(bytes).substr(0, size))) << size;
  EXPECT_EQ(decode_head(bytes + "x").error().code, ErrorCode::corrupt);
  bytes[0] = 0;
  EXPECT_EQ(decode_head(bytes).error().code, ErrorCode::version);
  bytes[0] = 5;
  EXPECT_EQ(decode_head(bytes).error().message,
            "state of fold has version 5, this binary reads 4; use the binary that wrote it, or "
            "replay into a new directory");
}

TEST(FoldState, SeenRecordsAreReadAsTheyWereWritten) {
  const SeenRecord seen{.content_hash = 7, .append_time_us = 8};
  EXPECT_EQ(decode_seen(encode_seen(seen)).value(), seen);
  EXPECT_EQ(parse_seen_key(seen_key({1, 2})).value(), (Id{1, 2}));
  EXPECT_EQ(decode_seen("x").error().message, "state of fold: damaged id record");
  EXPECT_EQ(parse_seen_key("Ix").error().message, "state of fold: key 4978 is not one of ours");
}

TEST(FoldState, TimesOfIdsAreReadAsTheyWereWrittenAndSortAsTimes) {
  const SeenTime seen{.append_time_us = -5, .id = {1, 2}};
  EXPECT_EQ(parse_seen_time_key(seen_time_key(seen)).value(), seen);
  EXPECT_LT(seen_time_key({-5, {9}}), seen_time_key({0, {1}}));
  EXPECT_LT(seen_time_key({255, {9}}), seen_time_key({256, {1}}));
  EXPECT_EQ(parse_seen_time_key("Tx").error().message,
            "state of fold: key 5478 is not one of ours");
}

}  // namespace
}  // namespace weir::fold
