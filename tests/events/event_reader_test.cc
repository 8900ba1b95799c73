#include "processors/events/event_reader.h"

#include <random>

#include <gtest/gtest.h>

#include "tests/events/reference.h"
#include "tests/events/rows.h"

namespace weir::events {
namespace {

TEST(EventReader, GathersEventsWithDifferentFields) {
  v1::InferenceEvent first;
  first.set_event_time_us(1);
  first.set_service("code");
  first.set_latency_us(5);
  v1::InferenceEvent second;
  second.set_event_time_us(2);
  second.set_tenant("acme");
  second.set_status(static_cast<v1::InferenceStatus>(-3));
  second.set_output_tokens(5'000'000'000);
  second.set_low_confidence(false);
  second.set_user_hash(0xabc);
  const std::vector<std::string> records = {first.SerializeAsString(), second.SerializeAsString(),
                                            first.SerializeAsString()};
  EventColumns columns;
  for (const std::string& record : records) ASSERT_TRUE(read_event(record, columns));
  EXPECT_EQ(render(columns),
            "1 service=code latency_us=5\n"
            "2 tenant=acme output_tokens=5000000000 status=255 flags=2 user_hash=abc\n"
            "1 service=code latency_us=5\n");
  EXPECT_EQ(columns.min_time_us, 1);
  EXPECT_EQ(columns.max_time_us, 2);
}

TEST(EventReader, KeepsThePlaceOfBadRecords) {
  v1::InferenceEvent bad;
  bad.set_event_time_us(1);
  bad.set_confidence(std::numeric_limits<float>::infinity());
  const std::string record = bad.SerializeAsString();
  EventColumns columns;
  std::vector<Problem> problems;
  for (const std::string_view bytes : {std::string_view(record), std::string_view("\x0f")})
    if (const auto result = read_event(bytes, columns); !result) problems.push_back(result.error());
  EXPECT_EQ(columns.count, 2u);
  EXPECT_EQ(render(problems),
            "0 NOT_A_NUMBER: confidence is inf; it must be 0 to 1\n"
            "0 MALFORMED: the record is not a serialised weir.v1.InferenceEvent\n");
}

TEST(EventReader, AgreesWithTheGeneratedClassOnDamagedRecords) {
  for (std::uint64_t seed = 0; seed < 2'000; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    std::string record = to_event(random_rows(seed, 1).rows[0]).SerializeAsString();
    for (std::uint64_t damage = seed % 4; damage > 0; --damage) {
      const std::size_t at = random() % record.size();
      switch (random() % 3) {
        case 0:
          record[at] = static_cast<char>(random());
          break;
        case 1:
          record.erase(at, random() % 4);
          break;
        default:
          record.insert(at, record.substr(random() % record.size(), random() % 9));
      }
      if (record.empty()) break;
    }
    ASSERT_EQ(compare_event(record), "");
  }
}

}  // namespace
}  // namespace weir::events
