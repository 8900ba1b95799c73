#include "processors/runtime/kafka_trouble.h"

#include <gtest/gtest.h>

#include "processors/runtime/kafka_client.h"

namespace weir::runtime {
namespace {

const Error kAway{ErrorCode::io, "no broker answers"};
const Error kWrong{ErrorCode::invalid_argument, "wrong"};

TEST(Trouble, ABrokerThatIsAwayIsOneLineAMinuteWhoeverNoticesIt) {
  TroubleLimit limit;
  TroubleLimit::Clock::time_point now{};
  int lines = 0;
  for (int second = 0; second < 180; ++second, now += std::chrono::seconds(1)) {
    for (const auto error :
         {RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN,
          RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__RESOLVE,
          RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION})
      lines += limit.passes(kafka_trouble_kind(error), now) ? 1 : 0;
    for (const std::string_view facility : {"FAIL", "ERROR", "REQTMOUT"})
      lines += limit.passes(kafka_trouble_kind(facility), now) ? 1 : 0;
    for (const std::string_view who :
         {"weir.fold.a.0", "weir.fold.a.1", "standby", "view", "start"})
      lines += limit.passes(trouble_kind(who, kAway), now) ? 1 : 0;
  }
  EXPECT_EQ(lines, 3);
}

TEST(Trouble, WhatIsNoBrokersAbsenceHasItsOwnLine) {
  TroubleLimit limit;
  const TroubleLimit::Clock::time_point now{};
  EXPECT_TRUE(limit.passes(trouble_kind("a", kAway), now));
  EXPECT_TRUE(limit.passes(trouble_kind("a", kWrong), now));
  EXPECT_FALSE(limit.passes(trouble_kind("a", kWrong), now));
  EXPECT_TRUE(limit.passes(trouble_kind("b", kWrong), now));
  EXPECT_TRUE(limit.passes(kafka_trouble_kind(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED), now));
  EXPECT_TRUE(limit.passes(kafka_trouble_kind("CONFWARN"), now));
}

}  // namespace
}  // namespace weir::runtime
