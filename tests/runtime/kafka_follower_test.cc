#include "processors/runtime/kafka_follower.h"

#include <gtest/gtest.h>

#include "tests/fakes/model_clients.h"
#include "tests/runtime/log_contract.h"

namespace weir::runtime {
namespace {

const TopicPartition kInput{"alerts", 0};
const TopicPartition kOutput{"decisions", 0};

class KafkaFollowerTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const TopicPartition& each : {kInput, kOutput})
      ASSERT_TRUE(kafka_.create_topic({.name = each.topic}));
  }

  std::unique_ptr<KafkaFollower> follower(const std::string& instance) {
    return std::make_unique<KafkaFollower>(KafkaFollowerSetup{.name = "webhook.chat",
                                                              .input = kInput,
                                                              .instance = instance,
                                                              .clients = &clients_,
                                                              .reader = &kafka_});
  }
  // Whether it follows, once time has passed for it to find out.
  bool takes(KafkaFollower& follower) {
    bool ours = false;
    for (int i = 0; i < 50 && !ours; ++i) {
      now_ += kSecondUs;
      ours = follower.take().value_or(false);
    }
    return ours;
  }
  static std::string place(KafkaFollower& follower) {
    const auto found = follower.place().value();
    return found ? std::to_string(found->position) : "none";
  }

  TimeUs now_ = 0;
  fakes::ModelKafka kafka_{{.clock = [this] { return now_; }}};
  fakes::ModelClients clients_{kafka_};
};

TEST_F(KafkaFollowerTest, PlaceAndOutcomesAreOneTransaction) {
  auto first = follower("a");
  ASSERT_TRUE(takes(*first));
  EXPECT_EQ(place(*first), "none");
  ASSERT_TRUE(first->commit({.position = 3}, {{kOutput, record("k", "sent")}}));
  first.reset();
  auto next = follower("a");
  ASSERT_TRUE(takes(*next));
  EXPECT_EQ(place(*next), "3");
  EXPECT_EQ(contents(kafka_, kOutput), "k=sent");
}

TEST_F(KafkaFollowerTest, OneFollowsAtATimeAndAnotherGoesOnWhenItIsGone) {
  auto first = follower("a");
  ASSERT_TRUE(takes(*first));
  auto second = follower("b");
  const auto one_of = [&] {
    for (int i = 0; i < 20; ++i) {
      now_ += kSecondUs;
      const int both = static_cast<int>(first->take().value_or(false)) +
                       static_cast<int>(second->take().value_or(false));
      EXPECT_LE(both, 1);
      if (i == 19) return both;
    }
    return 0;
  };
  EXPECT_EQ(one_of(), 1);
  KafkaFollower& owner = first->take().value_or(false) ? *first : *second;
  ASSERT_TRUE(owner.commit({.position = 5}, {}));
  (&owner == first.get() ? first : second).reset();
  auto& left = first ? first : second;
  ASSERT_TRUE(takes(*left));
  EXPECT_EQ(place(*left), "5");
}

TEST_F(KafkaFollowerTest, WhoFollowsGivesUpToWhomTheGroupPrefers) {
  auto first = follower("b");
  ASSERT_TRUE(takes(*first));
  auto preferred = follower("a");
  bool took_over = false;
  for (int i = 0; i < 20 && !took_over; ++i) {
    now_ += kSecondUs;
    (void)first->take();
    took_over = preferred->take().value_or(false);
  }
  EXPECT_TRUE(took_over);
  EXPECT_FALSE(first->take().value_or(true));
}

TEST_F(KafkaFollowerTest, JoinsAgainAfterAnError) {
  auto first = follower("a");
  ASSERT_TRUE(takes(*first));
  kafka_.disturb(100);
  EXPECT_FALSE(first->commit({.position = 3}, {{kOutput, record("k", "sent")}}));
  kafka_.disturb(0);
  ASSERT_TRUE(takes(*first));
  ASSERT_TRUE(first->commit({.position = 4}, {}));
}

}  // namespace
}  // namespace weir::runtime
