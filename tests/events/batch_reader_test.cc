#include "processors/events/batch_reader.h"

#include <random>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "processors/events/batch_writer.h"
#include "tests/events/reference.h"
#include "tests/events/rows.h"

namespace weir::events {
namespace {

std::string read(const std::string& record) {
  EventColumns columns;
  std::vector<Problem> problems;
  const ReadResult result = BatchReader().read(record, columns, problems);
  if (!result) return render({result.error()});
  return fmt::format("{}{}", render(columns), render(problems));
}

/// Three events with one column of each kind.
v1::InferenceBatch three_events() {
  v1::InferenceBatch batch;
  batch.set_count(3);
  batch.set_base_time_us(1'000);
  for (const std::uint32_t offset : {0u, 5u, 2u}) batch.add_time_offset_us(offset);
  batch.mutable_service()->add_value("code");
  for (const char* tenant : {"a", "", "c"}) batch.mutable_tenant()->add_value(tenant);
  batch.mutable_tenant()->set_code(std::string("\2\1\0", 3));
  batch.set_status("\1\3\1");
  for (const std::uint32_t latency : {10u, kAbsent, 30u}) batch.add_latency_us(latency);
  return batch;
}

constexpr std::string_view kThreeEvents =
    "1000 service=code tenant=c latency_us=10 status=1\n"
    "1005 service=code status=3\n"
    "1002 service=code tenant=a latency_us=30 status=1\n";

TEST(BatchReader, ReadsEveryKindOfColumn) {
  EXPECT_EQ(read(three_events().SerializeAsString()), kThreeEvents);
}

TEST(BatchReader, AppendsOthersAfterTheColumns) {
  v1::InferenceBatch batch = three_events();
  v1::InferenceEvent& other = *batch.add_other();
  other.set_event_time_us(7);
  other.set_service("chat");
  other.set_latency_us(5'000'000'000);
  other.set_ttft_us(6);
  EXPECT_EQ(read(batch.SerializeAsString()),
            fmt::format("{}7 service=chat latency_us=5000000000 ttft_us=6\n", kThreeEvents));
}

TEST(BatchReader, JoinsOccurrencesAndTakesUnpackedNumbers) {
  v1::InferenceBatch head = three_events();
  head.mutable_latency_us()->Truncate(1);
  head.mutable_tenant()->clear_code();
  std::string record = head.SerializeAsString();
  // 21 fixed32, unpacked, then a tenant column with only a code, then an unknown group.
  record.append("\xad\x01\xff\xff\xff\xff\xad\x01\x1e\x00\x00\x00", 12);
  record.append("\x42\x05\x12\x03\x02\x01\x00", 7);
  record.append("\xc3\x3e\x08\x01\xc4\x3e", 6);
  EXPECT_EQ(read(record), kThreeEvents);
}

TEST(BatchReader, RefusesRecordsThatDoNotAddUp) {
  const auto with = [](auto change) {
    v1::InferenceBatch batch = three_events();
    change(batch);
    return read(batch.SerializeAsString());
  };
  EXPECT_EQ(with([](auto& b) { b.add_latency_us(1); }),
            "0 MALFORMED: latency_us has 16 bytes; 3 events take 12\n");
  EXPECT_EQ(with([](auto& b) { b.clear_time_offset_us(); }),
            "0 MALFORMED: time_offset_us has 0 bytes; 3 events take 12\n");
  EXPECT_EQ(with([](auto& b) { b.set_status("\1"); }),
            "0 MALFORMED: status has 1 bytes; 3 events take 3\n");
  EXPECT_EQ(with([](auto& b) { b.mutable_tenant()->set_code("\2\3\1"); }),
            "0 MALFORMED: tenant.code 3 has no value; there are 3\n");
  EXPECT_EQ(with([](auto& b) { b.mutable_tenant()->set_code("\2\1"); }),
            "0 MALFORMED: tenant.code has 2 bytes; 3 events take 3, 6 or 12\n");
  EXPECT_EQ(with([](auto& b) { b.mutable_service()->add_value("x"); }),
            "0 MALFORMED: service has 2 values and no code\n");
  EXPECT_EQ(with([](auto& b) { b.set_count(70'000); }),
            "0 MALFORMED: the batch has 70000 events; at most 65536 are taken\n");
  EXPECT_EQ(read("\x08"), "0 MALFORMED: the record is not a serialised weir.v1.InferenceBatch\n");
  EXPECT_EQ(read(std::string(kMaxRecordBytes + 1, '\0')),
            "0 TOO_LARGE: the record has 1048577 bytes; at most 1048576 are taken\n");
}

TEST(BatchReader, KeepsGoodEventsBesideBadOnes) {
  v1::InferenceBatch batch = three_events();
  batch.set_base_time_us(-2);
  batch.mutable_tenant()->set_value(2, std::string(257, 'x'));
  for (const float confidence : {0.5f, 2.0f, 0.5f}) batch.add_confidence(confidence);
  v1::InferenceEvent& other = *batch.add_other();
  other.set_event_time_us(1);
  other.set_latency_us(-1);
  EventColumns columns;
  std::vector<Problem> problems;
  const std::string record = batch.SerializeAsString();

  ASSERT_TRUE(BatchReader().read(record, columns, problems));

  EXPECT_EQ(columns.count, 4u);
  EXPECT_EQ(render(problems),
            "0 MISSING_TIME: event_time_us is -2; it must be above 0\n"
            "1 OUT_OF_RANGE: confidence is 2; it must be 0 to 1\n"
            "2 MISSING_TIME: event_time_us is missing or 0; it must be above 0\n"
            "3 NEGATIVE_DURATION: latency_us is -1; it must be 0 to 1000000000000000\n");
}

TEST(BatchReader, KeepsGoodEventsBesideOnesOfNoYear) {
  v1::InferenceBatch batch = three_events();
  batch.set_base_time_us(kMaxEventTimeUs - 3);
  EventColumns columns;
  std::vector<Problem> problems;
  const std::string record = batch.SerializeAsString();
  ASSERT_TRUE(BatchReader().read(record, columns, problems));
  EXPECT_EQ(render(problems),
            "1 OUT_OF_RANGE: event_time_us is 253402300800000001, after the year 9999; are these "
            "microseconds?\n");
}

TEST(BatchReader, JudgesTextsByTheEventsThatUseThem) {
  v1::InferenceBatch batch = three_events();
  batch.mutable_tenant()->set_value(2, std::string(257, 'x'));  // event 0
  batch.mutable_tenant()->add_value(std::string(300, 'y'));     // nobody
  std::string record = batch.SerializeAsString();
  record.replace(record.find("code"), 1, "\xff");  // not UTF-8, events 0 to 2
  EventColumns columns;
  std::vector<Problem> problems;
  ASSERT_TRUE(BatchReader().read(record, columns, problems));
  EXPECT_EQ(render(problems),
            "0 INVALID_TEXT: service is not UTF-8\n"
            "1 INVALID_TEXT: service is not UTF-8\n"
            "2 INVALID_TEXT: service is not UTF-8\n");
}

TEST(BatchReader, ForgetsTheRecordBefore) {
  EventColumns columns;
  std::vector<Problem> problems;
  BatchReader reader;
  v1::InferenceBatch large = three_events();
  large.mutable_service()->add_value("second");
  large.mutable_service()->set_code(std::string("\0\1\0", 3));
  const std::string first = large.SerializeAsString();
  const std::string second = three_events().SerializeAsString();
  ASSERT_TRUE(reader.read(first, columns, problems));
  ASSERT_TRUE(reader.read(second, columns, problems));
  EXPECT_EQ(render(columns), kThreeEvents);
  EXPECT_FALSE(reader.read("\x08", columns, problems));
  EXPECT_EQ(columns.count, 0u);
}

TEST(BatchReader, AgreesWithTheGeneratedClassOnDamagedRecords) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE(seed);
    const RandomRows made = random_rows(seed, seed % 40);
    BatchWriter writer;
    for (const EventRow& row : made.rows) writer.add(row);
    const std::string record = writer.take();
    ASSERT_EQ(compare_batch(record), "");
    std::mt19937_64 random(seed);
    for (int damage = 0; damage < 20 && !record.empty(); ++damage) {
      std::string damaged = record;
      const std::size_t at = random() % damaged.size();
      switch (random() % 4) {
        case 0:
          damaged[at] = static_cast<char>(random());
          break;
        case 1:
          damaged.resize(at);
          break;
        case 2:
          damaged.erase(at, random() % 8);
          break;
        default:
          damaged.insert(at, damaged.substr(random() % damaged.size(), random() % 9));
      }
      ASSERT_EQ(compare_batch(damaged), "");
    }
  }
}

}  // namespace
}  // namespace weir::events
