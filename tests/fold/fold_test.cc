#include "processors/fold/fold.h"

#include <limits>

#include <gtest/gtest.h>

#include "tests/fold/fold_task.h"

namespace weir::fold {
namespace {

TEST(Fold, TellsWhatWasReadSinceTheLastCommit) {
  FoldTask task;
  task.take(4, request(3));
  task.take(5, request(4));
  task.take(12, request(11));
  EXPECT_EQ(task.commit(),
            "partial/0 [0,3) w=6s: a@0s=2 a@10s=1 defined\n"
            "config from 0\n");
  task.take(12, request(2));
  EXPECT_EQ(task.commit(), "partial/0 [3,4) w=6s: a@0s=1\n");
  EXPECT_EQ(task.commit(), "");
  EXPECT_EQ(task.partial().raw_topic(), "weir.inference");
  EXPECT_EQ(task.partial().append_time_us(), at(12));
  EXPECT_EQ(task.partial().greatest_event_time_us(), at(11));
  EXPECT_EQ(task.output_time(), std::nullopt);  // the log's clock stamps it
}

TEST(Fold, WhereRecordsWereGoneUnreadTellsFromThenOnUntilWhenEventsMayLack) {
  FoldTask task;
  task.take(4, request(3));
  EXPECT_EQ(task.commit(), "partial/0 [0,1) w=-2s: a@0s=1 defined\nconfig from 0\n");
  task.lose(5);
  task.take(20, request(12));  // what was lost is no newer, and at most a minute ahead
  EXPECT_EQ(task.commit(), "partial/0 [1,7) w=7s: a@10s=1 defined lost until 80s\n");
  EXPECT_EQ(task.probe.lost_offsets.value(), 5U);
  task.restart();
  task.take(30, request(18));
  EXPECT_EQ(task.commit(), "partial/0 [7,8) w=13s: a@10s=1 defined lost until 80s\n");
  task.lose(1);
  task.tick(40, 8);
  EXPECT_EQ(task.commit(), "partial/0 [8,10) w=35s: defined lost until 100s\n");
}

TEST(Fold, WhereNothingComesBehindALossAllOfAHistoryMayLackIt) {
  FoldTask task({.history = true});
  task.take(4, request(3));
  task.commit();
  task.lose(5);
  ASSERT_TRUE(task.processor().end_of_input(task.context()));
  EXPECT_EQ(task.commit(), "partial/0 [1,6) w=-2s: defined end lost until the end\n");
}

TEST(Fold, ReadsBatchesEventsAndJson) {
  FoldTask task;
  task.take(5, batch({1, 2, 12}));
  task.take(5, request(3));
  task.take({.append = 5,
             .value = R"({"event_time":"2023-11-14T22:00:04Z","service":"a","colour":"red"})"});
  task.take({.append = 5,
             .value = R"({"event_time":"2023-11-14T22:00:05Z","service":"b"})",
             .content_type = std::string(runtime::kJsonType)});
  EXPECT_EQ(task.commit(),
            "partial/0 [0,4) w=0s: a@0s=4 a@10s=1 b@0s=1 defined\n"
            "config from 0\n");
  EXPECT_EQ(task.probe.unknown_fields.value(), 1U);
  EXPECT_EQ(task.probe.events.value(), 6U);
}

TEST(Fold, IdsOlderThanTheHorizonGoWithACommit) {
  Config config;
  config.dedup_horizon_us = 10 * kSecondUs;
  FoldTask task(config);
  task.take({.append = 0, .value = request(0).SerializeAsString(), .id = Id{1}});
  task.commit();
  task.take({.append = 11, .value = request(11).SerializeAsString(), .id = Id{2}});
  task.commit();

  std::vector<Id> ids;
  EXPECT_TRUE(task.context().store().scan(kSeenPrefix, "", [&ids](auto key, auto) {
    ids.push_back(parse_seen_key(key).value());
    return true;
  }));
  EXPECT_EQ(ids, std::vector{Id{2}});
}

TEST(Fold, WhatIsForgottenStaysSoWhenTheHorizonIsRaised) {
  Config config;
  config.dedup_horizon_us = 10 * kSecondUs;
  FoldTask task(config);
  const std::string old = request(0).SerializeAsString();
  // More than one commit lets go.
  constexpr std::size_t kMany = Dedup::kMostForgotten + 100;
  const auto id = [](std::size_t i) {
    return Id{static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)};
  };
  for (std::size_t i = 0; i < kMany; ++i) task.take({.append = 0, .value = old, .id = id(i)});
  task.commit();
  task.take(11, request(11));
  task.commit();

  task.restart(kHourUs);
  task.take({.append = 12, .value = old, .id = id(0)});          // gone
  task.take({.append = 12, .value = old, .id = id(kMany - 1)});  // yet to go

  EXPECT_EQ(task.probe.repeated_records.value(), 0U);
}

TEST(Fold, TimeIsTheSmallerOfEventsAndTheLogAndNeverGoesBack) {
  FoldTask task;
  EXPECT_EQ(task.processor().watermark(), kMinTime);
  task.take(30, request(12));
  EXPECT_EQ(task.processor().watermark(), at(7));  // events are behind
  task.take(20, request(50));                      // a log whose clock went back: still 30
  EXPECT_EQ(task.processor().watermark(), at(25));
  task.take(31, request(2));
  EXPECT_EQ(task.processor().watermark(), at(26));
}

TEST(Fold, ACommitIsUrgentWhenTimeCrossesATick) {
  FoldTask task;
  task.take(14, request(14));
  task.commit();
  task.take(14, request(14));
  EXPECT_FALSE(task.processor().commit_urgent());
  task.take(15, request(15));
  EXPECT_TRUE(task.processor().commit_urgent());
  task.commit();
  EXPECT_FALSE(task.processor().commit_urgent());
}

TEST(Fold, ATickMovesTimeOnlyDirectlyAfterWhatItsAuthorRead) {
  FoldTask task;
  task.take(4, request(3));
  task.tick(40, 0);
  EXPECT_EQ(task.processor().watermark(), at(35));
  task.take(41, request(40));
  task.tick(70, 1);  // something came between
  EXPECT_EQ(task.processor().watermark(), at(35));
  task.take({.append = 71, .value = "\xff", .content_type = std::string(runtime::kTickType)});
  EXPECT_EQ(task.processor().watermark(), at(35));
  EXPECT_EQ(task.probe.ticks.value(), 1U);
  EXPECT_EQ(task.commit(),
            "partial/0 [0,5) w=35s: a@0s=1 a@40s=1 defined\n"
            "config from 0\n");
}

TEST(Fold, WhatIsLateEntersTheTierThatStillTakesIt) {
  FoldTask task;
  task.take(1'005, request(1'005));  // watermark 1,000 s
  task.take(1'005, request(940));    // a minute late
  task.take(1'005, request(939));
  task.take(1'005, request(400));
  task.take(1'005, request(399));
  EXPECT_EQ(task.commit(),
            "dead 4@1005s: 0 too_old\n"
            "partial/0 [0,5) w=1000s: a@1000s=1 a@940s=1 a@900s/1m=1 a@360s/1m=1 defined\n"
            "config from 0\n");
  EXPECT_EQ(task.probe.late_events.value(), 2U);
  EXPECT_EQ(task.probe.events.value(), 4U);
  EXPECT_EQ(task.dead_letter().entry(0).text(),
            "event time 2023-11-14T22:06:39Z is older than any tier keeps at watermark "
            "2023-11-14T22:16:40Z");
}

TEST(Fold, WhateverARecordQuotesItsDeadLetterIsARecord) {
  FoldTask task;
  const std::string much(1'000'000, 'A');
  task.take({.append = 10, .value = R"({"event_time_us":1,"status":")" + much + R"("})"});
  EXPECT_THAT(task.commit(), testing::StartsWith("dead 0@10s: 0 malformed\n"));
  EXPECT_LT(task.dead_letter().ByteSizeLong(), events::kMaxRecordBytes);
  EXPECT_EQ(task.dead_letter().original().size(), much.size() + 31);
  task.take({.append = 10, .value = much, .content_type = much});
  EXPECT_THAT(task.commit(), testing::StartsWith("dead 1@10s: 0 content_type\n"));
  EXPECT_LT(task.dead_letter().ByteSizeLong(), events::kMaxRecordBytes);
  EXPECT_EQ(task.dead_letter().content_type().size(), 1'024u);
}

TEST(Fold, AnEventOfNoYearMovesNoTime) {
  FoldTask task;
  task.take(10, request(9));
  v1::InferenceEvent absurd = request(9);
  absurd.set_event_time_us(absurd.event_time_us() * 1'000);  // nanoseconds
  task.take(10, absurd);
  task.take(10, request(9));
  EXPECT_EQ(task.commit(),
            "dead 1@10s: 0 out_of_range\n"
            "partial/0 [0,3) w=4s: a@0s=2 defined\n"
            "config from 0\n");
}

TEST(Fold, EventsOfABatchAreJudgedByTheTimeBeforeIt) {
  FoldTask task;
  task.take(2'000, batch({0, 1'000, 1'100}));
  EXPECT_EQ(task.processor().watermark(), at(1'095));
  task.take(2'000, batch({1'096, 100, 1'050, 1'000}));
  EXPECT_EQ(task.commit(),
            "dead 1@2000s: 1 too_old\n"
            "partial/0 [0,2) w=1095s: a@0s=1 a@1000s=1 a@1100s=1 a@960s/1m=1 "
            "a@1090s=1 a@1050s=1 defined\n"
            "config from 0\n");
}

TEST(Fold, WhatIsFromTheFutureMovesNothing) {
  FoldTask task;
  task.take(10, request(70));
  task.take(10, request(71));
  task.take(10, batch({71, 9, 200}));
  EXPECT_EQ(task.processor().watermark(), at(5));
  EXPECT_EQ(task.commit(),
            "dead 1@10s: 0 from_the_future\n"
            "dead 2@10s: 0 from_the_future, 2 from_the_future\n"
            "partial/0 [0,3) w=5s: a@70s=1 a@0s=1 defined\n"
            "config from 0\n");
  EXPECT_EQ(task.partial().greatest_event_time_us(), at(70));
}

TEST(Fold, ARecordWithAnIdCountsOnce) {
  constexpr Id kId = {1, 2, 3};
  const std::string first = request(3).SerializeAsString();
  FoldTask task;
  task.take({.append = 4, .value = first, .id = kId});
  task.take({.append = 5, .value = first, .id = kId});
  task.take({.append = 5, .value = request(4).SerializeAsString(), .id = kId});
  EXPECT_EQ(task.commit(),
            "dead 2@5s: 0 id_conflict\n"
            "partial/0 [0,3) w=-2s: a@0s=1 defined\n"
            "config from 0\n");
  task.restart();
  task.take({.append = 6, .value = first, .id = kId});
  EXPECT_EQ(task.probe.repeated_records.value(), 2U);
  EXPECT_EQ(task.commit(), "");
}

TEST(Fold, GoesOnAsIfItHadNotBeenRestarted) {
  FoldTask task;
  task.take(12, request(12));
  task.commit();
  task.restart();
  EXPECT_EQ(task.processor().watermark(), at(7));
  EXPECT_FALSE(task.processor().commit_urgent());
  task.take(13, request(13));
  EXPECT_EQ(task.commit(), "partial/0 [1,2) w=8s: a@10s=1 defined\n");
}

TEST(Fold, WhatIsNotCommittedIsForgotten) {
  FoldTask task;
  task.take(12, request(12));
  task.commit();
  task.take(60, request(60));
  task.restart();
  EXPECT_EQ(task.processor().watermark(), at(7));
}

TEST(Fold, TellsTheEndOfAHistoryOnce) {
  FoldTask task({.history = true}, 2);
  task.take(12, request(12));
  ASSERT_TRUE(task.processor().end_of_input(task.context()));
  EXPECT_EQ(task.commit(),
            "partial/0 [0,1) w=7s: defined end\n"
            "partial/1 [0,1) w=7s: a@10s=1 defined end\n"
            "config from 0\n");
  EXPECT_EQ(task.output_time(), at(12));  // histories stamp what they have read
  task.restart();
  ASSERT_TRUE(task.processor().end_of_input(task.context()));
  EXPECT_EQ(task.commit(), "");
}

TEST(Fold, AsksForACommitWhenItsMemoryIsUsedUp) {
  FoldTask task({.open_delta_bytes = 1});
  EXPECT_FALSE(task.processor().commit_required());
  task.take(4, request(3));
  EXPECT_TRUE(task.processor().commit_required());
  const runtime::Record more{.offset = 1};
  EXPECT_EQ(task.processor().process({&more, 1}, task.context()), 0U);
  EXPECT_EQ(task.commit(), "partial/0 [0,1) w=-2s: a@0s=1 defined\nconfig from 0\n");
  EXPECT_FALSE(task.processor().commit_required());
}

// Bad input.

/// What becomes of a record between two good ones: its dead letter, whose reason must have been
/// counted, or how many requests there were.
std::string fate_of(const std::string& value, const std::string& content_type = {}) {
  FoldTask task;
  task.take(5, request(1));
  task.take({.append = 5, .value = value, .content_type = content_type});
  task.take(5, request(2));
  const std::string text = task.commit();
  if (!text.starts_with("dead ")) return text.substr(0, text.find(" defined"));
  EXPECT_THAT(text, testing::EndsWith("partial/0 [0,3) w=-3s: a@0s=2 defined\nconfig from 0\n"));
  EXPECT_EQ(task.dead_letter().topic(), "weir.inference");
  EXPECT_EQ(task.dead_letter().content_type(), content_type);
  const auto& original = task.dead_letter().original();
  EXPECT_EQ(original, value.substr(0, original.size()));
  EXPECT_GE(original.size() + 4'200, std::min<std::size_t>(value.size(), 1 << 20));
  for (const v1::DeadLetterEntry& entry : task.dead_letter().entry()) {
    EXPECT_EQ(task.probe.dead(entry.reason()).value(), 1U);
    EXPECT_NE(entry.text(), "");
  }
  EXPECT_EQ(task.probe.events.value(), 2U);
  return text.substr(0, text.find('\n'));
}

template <class Change>
std::string fate_of_request(Change change) {
  v1::InferenceEvent event = request(3);
  change(event);
  return fate_of(event.SerializeAsString());
}

TEST(FoldBadInput, WhatCannotBeReadIsBuriedWhole) {
  const std::string batch_type(runtime::kInferenceBatchType);
  const std::string good = batch({3, 4}).SerializeAsString();
  EXPECT_EQ(fate_of("\xff\xff"), "dead 1@5s: 0 malformed");
  EXPECT_EQ(fate_of("{\"service\":"), "dead 1@5s: 0 malformed");
  EXPECT_EQ(fate_of(good.substr(0, good.size() - 1), batch_type), "dead 1@5s: 0 malformed");
  EXPECT_EQ(fate_of(good, "text/csv"), "dead 1@5s: 0 content_type");
  EXPECT_EQ(fate_of(std::string((1 << 20) + 1, 'x')), "dead 1@5s: 0 too_large");

  v1::InferenceBatch unequal = batch({3, 4});
  unequal.set_count(3);
  EXPECT_EQ(fate_of(unequal.SerializeAsString(), batch_type), "dead 1@5s: 0 malformed");
}

TEST(FoldBadInput, AnEventThatBreaksARuleIsBuriedWithItsReason) {
  EXPECT_EQ(fate_of_request([](auto& event) { event.set_latency_us(-1); }),
            "dead 1@5s: 0 negative_duration");
  EXPECT_EQ(fate_of_request([](auto& event) { event.set_input_tokens(-1); }),
            "dead 1@5s: 0 out_of_range");
  EXPECT_EQ(fate_of_request(
                [](auto& event) { event.set_confidence(std::numeric_limits<float>::quiet_NaN()); }),
            "dead 1@5s: 0 not_a_number");
  EXPECT_EQ(fate_of_request([](auto& event) { event.set_confidence(1.5F); }),
            "dead 1@5s: 0 out_of_range");
  EXPECT_EQ(fate_of_request([](auto& event) { event.clear_event_time_us(); }),
            "dead 1@5s: 0 missing_time");
  EXPECT_EQ(fate_of_request([](auto& event) { event.set_service(std::string(257, 's')); }),
            "dead 1@5s: 0 invalid_text");
  EXPECT_EQ(fate_of_request([](auto& event) { event.set_request_id("short"); }),
            "dead 1@5s: 0 malformed");
  EXPECT_EQ(fate_of(R"({"service":"a"})"), "dead 1@5s: 0 missing_time");
  EXPECT_EQ(fate_of(R"({"event_time":"2023-11-14T22:00:04Z","latency_us":-5})"),
            "dead 1@5s: 0 negative_duration");
}

TEST(FoldBadInput, TheGoodEventsOfABatchCount) {
  v1::InferenceBatch mixed = batch({1, 2, 3});
  mixed.set_count(3);
  for (const float confidence : {0.5F, 2.0F, 0.1F}) mixed.add_confidence(confidence);
  *mixed.add_other() = request(4);
  mixed.add_other()->set_service("no time");
  FoldTask task;
  task.take(5, mixed);
  EXPECT_EQ(task.commit(),
            "dead 0@5s: 1 out_of_range, 4 missing_time\n"
            "partial/0 [0,1) w=-1s: a@0s=3 defined\n"
            "config from 0\n");
}

TEST(FoldBadInput, AStatusFromANewerProducerIsKeptAsOther) {
  v1::InferenceEvent event = request(3);
  event.set_status(static_cast<v1::InferenceStatus>(77));
  FoldTask task;
  task.take(5, event);
  EXPECT_EQ(task.commit(), "partial/0 [0,1) w=-2s: a@0s=1 defined\nconfig from 0\n");
  const auto value =
      aggregates::InferenceAggregate::decode(task.partial().delta(0).aggregate()).value();
  EXPECT_EQ(value.counters.status[aggregates::kStatusOther], 1U);
}

}  // namespace
}  // namespace weir::fold
