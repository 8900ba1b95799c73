#include "processors/fold/partials.h"

#include <gtest/gtest.h>

#include "processors/runtime/io.h"
#include "tests/fold/fold_task.h"

namespace weir::fold {
namespace {

constexpr BatchCommon kCommon{.raw_topic = "raw", .raw_partitions = 3, .position = 10};

/// One line a batch: "0: [0,10) part 0 deltas=1 last defined end".
std::string render(const std::vector<OutgoingBatch>& batches) {
  std::string text;
  for (const auto& [partition, bytes] : batches) {
    EXPECT_LT(bytes.size(), runtime::kMaxRecordBytes);
    v1::PartialBatch batch;
    EXPECT_TRUE(batch.ParseFromString(bytes));
    text += fmt::format("{}: [{},{}) part {} deltas={}{}{}{}\n", partition, batch.begin_offset(),
                        batch.end_offset(), batch.part(), batch.delta_size(),
                        batch.last_part() ? " last" : "", batch.has_definitions() ? " defined" : "",
                        batch.end_of_history() ? " end" : "");
  }
  return text;
}

class PartialBuilderTest : public testing::Test {
 protected:
  void add(std::string_view service, std::size_t bytes = 10) {
    const std::string series = aggregates::encode_series({&service, 1});
    const std::string aggregate(bytes, 'x');
    builder_.add({.scope = 0, .series = series, .tier = 0, .pane = 7, .aggregate = aggregate});
  }
  std::string take(std::int64_t position, std::int64_t watermark, bool end = false) {
    head_.watermark_us = at(watermark);
    BatchCommon common = kCommon;
    common.position = position;
    common.end_of_history = end;
    return render(builder_.take(common, head_));
  }

  std::shared_ptr<const aggregates::Definitions> definitions_ =
      aggregates::Definitions::make(small_definitions()).value();
  PartialBuilder builder_{definitions_, 2};
  Head head_;
};

TEST_F(PartialBuilderTest, SaysSomethingWhereThereAreDeltasOrTimeMovedASecond) {
  add("a");
  EXPECT_EQ(take(10, 0),
            "0: [0,10) part 0 deltas=0 last defined\n"
            "1: [0,10) part 0 deltas=1 last defined\n");
  EXPECT_EQ(take(20, 0), "");
  add("a");
  EXPECT_EQ(take(30, 0), "1: [10,30) part 0 deltas=1 last\n");
  EXPECT_EQ(take(40, 1),
            "0: [10,40) part 0 deltas=0 last\n"
            "1: [30,40) part 0 deltas=0 last\n");
  EXPECT_EQ(head_.destinations,
            (std::vector<Destination>{{.end_offset = 40, .watermark_us = at(1)},
                                      {.end_offset = 40, .watermark_us = at(1)}}));
}

TEST_F(PartialBuilderTest, SaysTheRulesFirstAndEachHour) {
  const std::string rest = "0: [10,10) part 0 deltas=0 last\n1: [10,10) part 0 deltas=0 last\n";
  EXPECT_THAT(take(10, 0), testing::HasSubstr("defined"));
  EXPECT_EQ(take(10, 3'599), rest);
  EXPECT_EQ(take(10, 3'600),
            "0: [10,10) part 0 deltas=0 last defined\n"
            "1: [10,10) part 0 deltas=0 last defined\n");
  EXPECT_EQ(take(10, 3'700), rest);
}

TEST_F(PartialBuilderTest, SaysTheEndWhateverElseThereIs) {
  take(10, 0);
  EXPECT_EQ(take(10, 0, true),
            "0: [10,10) part 0 deltas=0 last end\n"
            "1: [10,10) part 0 deltas=0 last end\n");
}

TEST_F(PartialBuilderTest, CutsABatchBelowTheLimitOfARecord) {
  for (int i = 0; i < 7; ++i) add("a", 400'000);
  EXPECT_EQ(take(10, 0),
            "0: [0,10) part 0 deltas=0 last defined\n"
            "1: [0,10) part 0 deltas=2 defined\n"
            "1: [0,10) part 1 deltas=2\n"
            "1: [0,10) part 2 deltas=2\n"
            "1: [0,10) part 3 deltas=1 last\n");
}

TEST_F(PartialBuilderTest, GivesASeriesToOneOwner) {
  for (const std::string_view service : {"a", "b", "c", "d", "a", "b", "c", "d"}) {
    add(service);
    add(service);
  }
  const auto batches = builder_.take(kCommon, head_);
  ASSERT_EQ(batches.size(), 2U);
  for (const auto& [partition, bytes] : batches) {
    v1::PartialBatch batch;
    ASSERT_TRUE(batch.ParseFromString(bytes));
    EXPECT_GT(batch.delta_size(), 0);
    for (const v1::PaneDelta& delta : batch.delta())
      EXPECT_EQ(aggregates::series_partition("service", delta.series(), 2), partition);
  }
}

}  // namespace
}  // namespace weir::fold
