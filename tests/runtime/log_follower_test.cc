#include "processors/runtime/log_follower.h"

#include <gtest/gtest.h>

#include "tests/fakes/memory_log.h"
#include "tests/runtime/log_contract.h"

namespace weir::runtime {
namespace {

const TopicPartition kInput{"alerts", 0};
const TopicPartition kOutput{"decisions", 0};

class LogFollowerTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const TopicPartition& each : {kInput, kOutput})
      ASSERT_TRUE(log_.create_topic({.name = each.topic}));
  }

  // "position 'note'", as a follower of that name finds it.
  std::string place(const std::string& name) {
    const auto found = LogFollower(log_, name, kInput).place().value();
    return found ? fmt::format("{} '{}'", found->position, found->note) : "none";
  }

  fakes::MemoryLog log_;
};

TEST_F(LogFollowerTest, HasNoPlaceUntilItCommitsOne) {
  LogFollower follower(log_, "webhook.chat", kInput);
  EXPECT_TRUE(follower.take().value());
  EXPECT_EQ(place("webhook.chat"), "none");
  ASSERT_TRUE(follower.commit({.position = 0, .note = ""}, {}));
  EXPECT_EQ(place("webhook.chat"), "0 ''");
}

TEST_F(LogFollowerTest, PlaceAndOutcomesMoveAsOneAndForEachNameApart) {
  LogFollower follower(log_, "webhook.chat", kInput);
  ASSERT_TRUE(follower.commit({.position = 3, .note = "5 7"}, {{kOutput, record("k", "sent")}}));
  EXPECT_EQ(place("webhook.chat"), "3 '5 7'");
  EXPECT_EQ(place("webhook.oncall"), "none");
  EXPECT_EQ(contents(log_, kOutput), "k=sent");
  // A commit that cannot be made changes nothing.
  ASSERT_FALSE(follower.commit({.position = 4}, {{{"nowhere", 0}, record("k", "v")}}));
  EXPECT_EQ(place("webhook.chat"), "3 '5 7'");
}

TEST_F(LogFollowerTest, ReadsItsPartition) {
  const std::vector<NewRecord> records = {record("a", "1"), record("b", "2")};
  ASSERT_TRUE(log_.append(kInput, records));
  LogFollower follower(log_, "webhook.chat", kInput);
  EXPECT_EQ(follower.bounds().value(), (Bounds{0, 2}));
  RecordBatch batch;
  ASSERT_TRUE(follower.read(1, 1 << 20, batch));
  ASSERT_EQ(batch.records.size(), 1U);
  EXPECT_EQ(batch.records[0].key, "b");
}

}  // namespace
}  // namespace weir::runtime
