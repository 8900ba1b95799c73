#include "processors/runtime/append_time.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace weir::runtime {
namespace {

// Records at some offsets of [0, end), with gaps between and behind them, as Kafka has them.
struct Partition {
  std::vector<std::pair<std::int64_t, TimeUs>> records;  // offset and time, both ascending
  Bounds bounds;
  int reads = 0;

  Result<void> read(std::int64_t from, RecordBatch& batch) {
    ++reads;
    batch.records.clear();
    for (const auto& [offset, time] : records)
      if (offset >= from) {
        batch.records.push_back({.offset = offset, .append_time_us = time});
        break;
      }
    return {};
  }
  std::int64_t find(DurationUs length_us) {
    const auto found =
        last_offsets(bounds, length_us,
                     [this](std::int64_t from, RecordBatch& batch) { return read(from, batch); });
    EXPECT_TRUE(found);
    return found.value_or(-1);
  }
};

TEST(AppendTime, OfNothingIsTheEnd) {
  EXPECT_EQ((Partition{.records = {}, .bounds = {7, 7}}.find(kDayUs)), 7);
  EXPECT_EQ((Partition{.records = {}, .bounds = {7, 9}}.find(kDayUs)), 9);
}

TEST(AppendTime, IsFoundInFewReads) {
  Partition partition{.records = {}, .bounds = {0, 100'000}};
  for (std::int64_t at = 0; at < 100'000; ++at) partition.records.emplace_back(at, at * kSecondUs);
  EXPECT_EQ(partition.find(kMinuteUs), 99'939);
  EXPECT_LE(partition.reads, 40);
  EXPECT_EQ(partition.find(kDayUs * 100), 0);
}

RC_GTEST_PROP(AppendTime, NoRecordOfTheTimeIsMissed, ()) {
  Partition partition;
  TimeUs time = 0;
  std::int64_t offset = *rc::gen::inRange(0, 5);
  partition.bounds.start = offset;
  for (const int gap : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 4))) {
    offset += gap;
    time += *rc::gen::inRange(0, 3);
    partition.records.emplace_back(offset++, time);
  }
  partition.bounds.end = offset + *rc::gen::inRange(0, 4);
  const DurationUs length = *rc::gen::inRange(0, 10);

  const std::int64_t from = partition.find(length);

  for (const auto& [at, when] : partition.records)
    RC_ASSERT((at >= from) == (when >= time - length));
}

}  // namespace
}  // namespace weir::runtime
