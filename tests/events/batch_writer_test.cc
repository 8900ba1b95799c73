#include "processors/events/batch_writer.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "processors/events/batch_reader.h"
#include "tests/events/reference.h"
#include "tests/events/rows.h"

namespace weir::events {
namespace {

std::vector<std::string> sorted_lines(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  std::ranges::sort(lines);
  return lines;
}

TEST(BatchWriter, WritesWhatTheReaderReads) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE(seed);
    const RandomRows made = random_rows(seed, 1 + seed * 7 % 600);
    BatchWriter writer(1'000);
    for (const EventRow& row : made.rows) writer.add(row);
    EventColumns columns;
    std::vector<Problem> problems;
    const std::string record = writer.take();
    ASSERT_TRUE(BatchReader().read(record, columns, problems));
    ASSERT_EQ(render(problems), "");
    ASSERT_EQ(sorted_lines(render(columns)), sorted_lines(render(made.rows)));
    v1::InferenceBatch batch;
    ASSERT_TRUE(batch.ParseFromString(record));
    std::size_t confidences = 0;
    for (const EventRow& row : made.rows) confidences += row.confidence.has_value();
    for (const float value : batch.confidence()) confidences -= value == value;
    for (const auto& other : batch.other()) confidences -= other.has_confidence();
    ASSERT_EQ(confidences, 0u);
  }
}

TEST(BatchWriter, WritesTheSmallestColumns) {
  BatchWriter writer;
  EventRow row;
  row.text(Text::service) = "code";
  row.status = 1;
  for (const char* tenant : {"a", "b", "a"}) {
    row.event_time_us += 10;
    row.text(Text::tenant) = tenant;
    writer.add(row);
  }
  row.set(Number::latency, 1'000'000'000'000);
  writer.add(row);

  v1::InferenceBatch batch;
  ASSERT_TRUE(batch.ParseFromString(writer.take()));

  EXPECT_EQ(
      batch.ShortDebugString(),
      "count: 3 base_time_us: 10 time_offset_us: 0 time_offset_us: 10 time_offset_us: 20 "
      "service { value: \"code\" } tenant { value: \"a\" value: \"b\" code: \"\\000\\001\\000\" "
      "} status: \"\\001\\001\\001\" other { event_time_us: 30 service: \"code\" tenant: \"a\" "
      "status: INFERENCE_STATUS_OK latency_us: 1000000000000 }");
  EXPECT_TRUE(writer.empty());
}

TEST(BatchWriter, PutsTimesThatAreFarApartIntoOther) {
  BatchWriter writer;
  for (const TimeUs time : {TimeUs{10} * kHourUs, TimeUs{9} * kHourUs, TimeUs{12} * kHourUs,
                            TimeUs{10} * kHourUs + kMinuteUs}) {
    EventRow row;
    row.event_time_us = time;
    writer.add(row);
  }
  v1::InferenceBatch batch;
  ASSERT_TRUE(batch.ParseFromString(writer.take()));
  EXPECT_EQ(batch.count(), 3u);
  EXPECT_EQ(batch.base_time_us(), 9 * kHourUs);
  ASSERT_EQ(batch.other_size(), 1);
  EXPECT_EQ(batch.other(0).event_time_us(), 12 * kHourUs);
}

TEST(BatchWriter, IsFullByEventsAndByBytes) {
  BatchWriter few(2);
  BatchWriter many(kMaxEvents);
  EventRow row;
  row.event_time_us = 1;
  few.add(row);
  EXPECT_FALSE(few.full());
  few.add(row);
  EXPECT_TRUE(few.full());

  std::string detail(2'000, 'x');
  detail.replace(1'023, 2, "\u00e9");  // the cut must not fall into it
  row.text(Text::error_detail) = detail;
  while (!many.full()) {
    detail.replace(0, 8, fmt::format("{:08}", many.count()));
    many.add(row);
  }
  const std::string record = many.take();
  EXPECT_GT(record.size(), BatchWriter::kTargetBytes / 2);
  EXPECT_LT(record.size(), kMaxRecordBytes);
  v1::InferenceBatch batch;
  ASSERT_TRUE(batch.ParseFromString(record));
  EXPECT_EQ(batch.error_detail().value(0).size(), kMaxErrorDetailBytes - 1);
}

}  // namespace
}  // namespace weir::events
