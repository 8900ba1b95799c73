#include "processors/kpi/state.h"

#include <gtest/gtest.h>

#include "processors/core/id.h"

namespace weir::kpi {
namespace {

Head some_head() {
  return {.closed_until_us = 10,
          .phase = Head::Phase::tick,
          .step_end_us = 20,
          .step_series = 3,
          .as_of_offset = 40,
          .append_time_us = 50,
          .restate_from_us = 60,
          .restate_to_us = 70,
          .finished = true};
}

std::string render(const Head& head) {
  return fmt::format("{} {} {} {} {} {} {} {} {}", head.closed_until_us,
                     static_cast<int>(head.phase), head.step_end_us, head.step_series,
                     head.as_of_offset, head.append_time_us, head.restate_from_us,
                     head.restate_to_us, head.finished);
}

TEST(KpiState, TheHeadIsReadAsItWasWritten) {
  windows::Sources sources({});
  ASSERT_TRUE(sources.advance({.partition = 0, .partitions = 1, .watermark_us = 7}));
  const std::string bytes = encode_head(some_head(), sources);
  Head head;
  windows::Sources read({});
  ASSERT_TRUE(decode_head(bytes, head, read));
  EXPECT_EQ(render(head), "10 2 20 3 40 50 60 70 true");
  EXPECT_EQ(encode_head(head, read), bytes);
  EXPECT_EQ(read.watermark(), 7);
}

TEST(KpiState, VersionTwoStaysReadable) {
  EXPECT_EQ(to_hex(encode_head(some_head(), windows::Sources({}))),
            "02"
            "0a00000000000000"
            "02"
            "1400000000000000"
            "03000000"
            "2800000000000000"
            "3200000000000000"
            "3c00000000000000"
            "4600000000000000"
            "01"
            "03"                // sources: version,
            "0000000000000080"  // watermark,
            "0000000000000080"  // newest batch,
            "0000000000000080"  // nothing is lost,
            "00"                // nobody caught up,
            "00"                // none,
            "00");              // and of none a batch has begun
}

TEST(KpiState, AnotherVersionAndDamageAreRefused) {
  std::string bytes = encode_head(some_head(), windows::Sources({}));
  Head head;
  windows::Sources sources({});
  for (std::size_t size = 1; size < bytes.size(); ++size)
    EXPECT_FALSE(decode_head(std::string_view(bytes).substr(0, size), head, sources)) << size;
  EXPECT_EQ(decode_head(bytes + "x", head, sources).error().code, ErrorCode::corrupt);
  bytes[0] = 3;
  const auto newer = decode_head(bytes, head, sources);
  EXPECT_EQ(newer.error().code, ErrorCode::version);
  EXPECT_EQ(newer.error().message,
            "state of kpi has version 3, this binary reads 2; use the binary that wrote it, or "
            "replay into a new directory");
}

TEST(KpiState, KeysSortAsTheirNumbersAndAreReadBack) {
  const PaneKey early{.series = 7, .tier = 1, .pane = -2};
  const PaneKey later{.series = 6, .tier = 1, .pane = 300};
  EXPECT_LT(open_key(early), open_key(later));  // by pane
  EXPECT_GT(late_key(early), late_key(later));  // by series
  EXPECT_EQ(parse_open_key(open_key(early)), early);
  EXPECT_EQ(parse_late_key(late_key(later)), later);
  EXPECT_EQ(parse_series_key(series_key(0x0102'0304)), 0x0102'0304U);
  EXPECT_TRUE(closed_key(7, 1, 9).starts_with(closed_prefix(7)));
  EXPECT_EQ(to_hex(open_key(early)), "4f017ffffffffffffffe00000007");
  EXPECT_EQ(to_hex(late_key(later)), "4c0000000601800000000000012c");
  EXPECT_EQ(to_hex(closed_key(7, 1, 9)), "50000000070100000009");
  EXPECT_EQ(to_hex(definitions_key(1)), "4400000001");
  EXPECT_EQ(parse_open_key("Ox").error().message, "state of kpi: key 4f78 is not one of ours");
  EXPECT_FALSE(parse_late_key(late_key(later) + "x"));
  EXPECT_FALSE(parse_series_key("S"));
}

}  // namespace
}  // namespace weir::kpi
