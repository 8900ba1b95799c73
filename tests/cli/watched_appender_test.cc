#include "tools/weir/watched_appender.h"

#include <gtest/gtest.h>

#include "processors/graph.h"

namespace weir::cli {
namespace {

/// A log whose room is what the test says.
class SmallLog final : public runtime::Appender {
 public:
  std::size_t room_bytes = 1'000;

  Result<std::int64_t> append(const runtime::TopicPartition& where,
                              std::span<const runtime::NewRecord> records) override {
    std::size_t bytes = 1;
    for (const runtime::NewRecord& record : records) {
      WEIR_TRY(validate(where, record));
      bytes += record_bytes(record);
    }
    if (bytes > room_bytes) return fail(ErrorCode::exhausted, "no room for {} bytes", bytes);
    return 0;
  }
};

struct WatchedAppenderTest : testing::Test {
  SmallLog log;
  TimeUs now = 1'000 * kSecondUs;
  WatchedAppender watched{log, [this] { return now; }};

  bool append(std::size_t bytes) {
    const runtime::NewRecord record{.value = std::string(bytes, 'x')};
    return watched.append({std::string(topics::kInference), 0}, {&record, 1}).has_value();
  }
};

TEST_F(WatchedAppenderTest, ARefusalIsToldUntilAnAppendPasses) {
  EXPECT_EQ(watched.why_refused(), "");
  EXPECT_FALSE(append(2'000));

  EXPECT_EQ(watched.why_refused(), "no room for 2001 bytes");
  EXPECT_TRUE(append(10));
  EXPECT_EQ(watched.why_refused(), "");
}

TEST_F(WatchedAppenderTest, WhereNobodyTriesAgainTheLogIsAsked) {
  log.room_bytes = 0;
  EXPECT_EQ(watched.why_refused(), "no room for 1 bytes");
  EXPECT_FALSE(append(10));
  now += WatchedAppender::kToldForUs;

  EXPECT_EQ(watched.why_refused(), "no room for 1 bytes");
  log.room_bytes = 1'000;
  EXPECT_EQ(watched.why_refused(), "");
}

TEST_F(WatchedAppenderTest, AWrongRecordIsNoRefusal) {
  EXPECT_FALSE(append(runtime::kMaxRecordBytes + 1));
  EXPECT_EQ(watched.why_refused(), "");
}

}  // namespace
}  // namespace weir::cli
