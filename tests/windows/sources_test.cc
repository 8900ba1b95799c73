#include "processors/windows/sources.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "processors/core/id.h"

namespace weir::windows {
namespace {

constexpr TimeUs kNow = 1'000 * kSecondUs;

std::string at(TimeUs time) {
  if (time == kMinTime) return "-";
  if (time == kMaxTime) return "end";
  return format_duration(time - kNow);
}

/// Raw partitions of one topic and what they say, in seconds after kNow.
class Feed {
 public:
  explicit Feed(std::int32_t partitions, Sources::Options options = {})
      : partitions_(partitions), ends_(8), sources_(options) {}

  struct Say {
    std::int64_t watermark = 0;
    std::int64_t batch = 0;  // its append time
    std::int64_t read = 0;   // append time of what it read
    bool end = false;
  };

  Result<void> say(std::int32_t partition, Say say) {
    const auto index = static_cast<std::size_t>(partition);
    const std::int64_t begin = ends_[index];
    ends_[index] += 10;
    return sources_.advance({.partition = partition,
                             .partitions = partitions_,
                             .begin_offset = begin,
                             .end_offset = ends_[index],
                             .watermark_us = kNow + say.watermark * kSecondUs,
                             .append_time_us = kNow + say.read * kSecondUs,
                             .batch_append_time_us = kNow + say.batch * kSecondUs,
                             .greatest_event_time_us = kNow + (say.watermark + 5) * kSecondUs,
                             .end_of_history = say.end});
  }
  /// A batch of a partition that is up to date.
  Result<void> tell(std::int32_t partition, std::int64_t seconds) {
    return say(partition, {.watermark = seconds, .batch = seconds, .read = seconds});
  }
  /// All that tasks ask.
  std::string render() {
    const auto caught_up = sources_.take_caught_up();
    return fmt::format(
        "{} stalled={} {}", at(sources_.watermark()), sources_.stalled(),
        caught_up ? fmt::format("caught up ({}, {}]", at(caught_up->from_us), at(caught_up->to_us))
                  : "");
  }

  std::int32_t partitions_;
  std::vector<std::int64_t> ends_;
  Sources sources_;
};

TEST(Sources, TimeIsTheLowestOfAllAndWaitsForEverybody) {
  Feed feed(2);
  ASSERT_TRUE(feed.tell(0, 10));
  EXPECT_EQ(feed.render(), "- stalled=0 ");
  ASSERT_TRUE(feed.tell(1, 7));
  EXPECT_EQ(feed.render(), "7s stalled=0 ");
  ASSERT_TRUE(feed.tell(1, 20));
  EXPECT_EQ(feed.render(), "10s stalled=0 ");
  ASSERT_TRUE(feed.say(0, {.watermark = 3, .batch = 21, .read = 21}));  // never back
  EXPECT_EQ(feed.render(), "10s stalled=0 ");
  EXPECT_EQ(at(feed.sources_.greatest_event_time()), "25s");
}

TEST(Sources, ASilentPartitionStallsAndIsToldAgainWhenItCatchesUp) {
  Feed feed(2);
  ASSERT_TRUE(feed.tell(0, 0));
  ASSERT_TRUE(feed.tell(1, 0));
  ASSERT_TRUE(feed.tell(0, 120));
  EXPECT_EQ(feed.render(), "0s stalled=0 ");
  ASSERT_TRUE(feed.tell(0, 121));
  EXPECT_EQ(feed.render(), "121s stalled=1 ");
  EXPECT_TRUE(feed.sources_.complete_at(kNow));
  EXPECT_FALSE(feed.sources_.complete_at(kNow + 1));

  // It reads its backlog, and is back where it stands beside the task.
  ASSERT_TRUE(feed.say(1, {.watermark = 60, .batch = 130, .read = 65}));
  EXPECT_EQ(feed.render(), "121s stalled=1 ");
  EXPECT_TRUE(feed.sources_.complete_at(kNow + kMinuteUs));
  ASSERT_TRUE(feed.say(1, {.watermark = 125, .batch = 131, .read = 130}));
  EXPECT_EQ(feed.render(), "121s stalled=0 caught up (0s, 121s]");
  EXPECT_TRUE(feed.sources_.complete_at(kNow + kHourUs));
  ASSERT_TRUE(feed.tell(0, 140));
  EXPECT_EQ(feed.render(), "125s stalled=0 ");
}

TEST(Sources, AWatermarkFarBehindWhatWasReadStallsAndABacklogDoesNot) {
  Feed backlog(2);
  ASSERT_TRUE(backlog.say(0, {.watermark = -5'000, .batch = 0, .read = -4'990}));
  ASSERT_TRUE(backlog.tell(1, 0));
  EXPECT_EQ(backlog.render(), "-5000s stalled=0 ");

  Feed stuck(2);
  ASSERT_TRUE(stuck.say(0, {.watermark = -500, .batch = 0, .read = 0}));
  EXPECT_EQ(stuck.render(), "- stalled=0 ");  // who was never heard leads nobody
  ASSERT_TRUE(stuck.tell(1, 0));
  EXPECT_EQ(stuck.render(), "0s stalled=1 ");
}

TEST(Sources, APartitionThatWasNeverHeardStalls) {
  Feed feed(2);
  ASSERT_TRUE(feed.tell(0, 0));
  ASSERT_TRUE(feed.tell(0, 121));
  EXPECT_EQ(feed.render(), "121s stalled=1 ");
}

TEST(Sources, WhereAllAreLateAlikeNobodyIsLeftOut) {
  Feed feed(2);
  ASSERT_TRUE(feed.say(0, {.watermark = -500, .batch = 0, .read = 0}));
  ASSERT_TRUE(feed.say(1, {.watermark = -400, .batch = 0, .read = 0}));
  EXPECT_EQ(feed.render(), "-500s stalled=0 ");
}

TEST(Sources, AHistoryHasNoStallsAndEnds) {
  Feed feed(2, {.history = true});
  ASSERT_TRUE(feed.tell(0, 0));
  ASSERT_TRUE(feed.tell(1, 9'000));
  EXPECT_EQ(feed.render(), "0s stalled=0 ");
  ASSERT_TRUE(feed.say(0, {.watermark = 4, .end = true}));
  EXPECT_EQ(feed.render(), "150m stalled=0 ");
  ASSERT_TRUE(feed.say(1, {.watermark = 9'001, .end = true}));
  EXPECT_EQ(feed.render(), "end stalled=0 ");
  EXPECT_TRUE(feed.sources_.ended());
  EXPECT_EQ(at(feed.sources_.greatest_event_time()), "9006s");
}

TEST(Sources, ANewPartitionJoinsAtTheCurrentLowest) {
  Feed feed(1);
  ASSERT_TRUE(feed.tell(0, 50));
  feed.partitions_ = 2;
  ASSERT_TRUE(feed.tell(0, 60));
  EXPECT_EQ(feed.render(), "50s stalled=0 ");
  ASSERT_TRUE(feed.tell(1, 55));
  EXPECT_EQ(feed.render(), "55s stalled=0 ");
}

TEST(Sources, AGapADoubleAndALostPartitionStopTheTask) {
  Feed feed(2);
  ASSERT_TRUE(feed.tell(0, 0));
  feed.ends_[0] = 15;
  EXPECT_EQ(feed.tell(0, 1).error().message,
            "raw partition 0: a batch covers offsets 15 to 25, but the last one ended at 10; "
            "something was lost between fold and here. Replay the raw records into a new "
            "directory; on Kafka, `weir run --accept-loss` goes on without it");
  feed.ends_[0] = 5;
  EXPECT_EQ(feed.tell(0, 1).error().message,
            "raw partition 0: a batch covers offsets 5 to 15, but the last one ended at 10; "
            "something was doubled between fold and here");
  feed.partitions_ = 1;
  EXPECT_EQ(feed.tell(0, 1).error().message,
            "raw partition 0 of 1, after 2 were seen: the number of partitions cannot shrink under "
            "existing state; replay into a new directory");
}

/// "0: [10, 40)", of a loss that was jumped over; empty: none.
std::string loss_of(Feed& feed) {
  const auto loss = feed.sources_.take_loss();
  if (!loss) return "";
  return fmt::format("{}: [{}, {})", loss->raw_partition, loss->from_offset, loss->to_offset);
}

TEST(Sources, ALossThatIsAcceptedIsJumpedOverAndNoWindowThatMayLackItIsComplete) {
  Feed feed(2, {.accept_loss = true});
  ASSERT_TRUE(feed.tell(0, 0));
  ASSERT_TRUE(feed.tell(1, 0));
  EXPECT_EQ(loss_of(feed), "");
  EXPECT_TRUE(feed.sources_.complete(kNow - kMinuteUs, kNow));
  feed.ends_[0] = 40;
  ASSERT_TRUE(feed.tell(0, 100));  // its newest event, of all that were read: 105
  EXPECT_EQ(loss_of(feed), "0: [10, 40)");
  EXPECT_EQ(loss_of(feed), "");
  EXPECT_EQ(feed.render(), "0s stalled=0 ");
  ASSERT_TRUE(feed.tell(1, 100));
  EXPECT_EQ(loss_of(feed), "");
  EXPECT_EQ(feed.render(), "100s stalled=0 ");

  const auto complete = [](const Sources& sources, std::int64_t from, std::int64_t to) {
    return sources.complete(kNow + from * kSecondUs, kNow + to * kSecondUs);
  };
  EXPECT_FALSE(complete(feed.sources_, 90, 100));
  EXPECT_FALSE(complete(feed.sources_, 105, 9'000));
  EXPECT_TRUE(complete(feed.sources_, 106, 9'000));
  feed.ends_[0] = 45;
  EXPECT_EQ(feed.tell(0, 101).error().code, ErrorCode::protocol) << "doubled";

  std::string bytes;
  feed.sources_.encode(bytes);
  Sources read({});
  ASSERT_TRUE(read.decode(bytes));
  EXPECT_FALSE(complete(read, 105, 9'000));
  EXPECT_TRUE(complete(read, 106, 9'000));
}

// Counts of objectives begin where the first objectives came.
TEST(Sources, TheFirstBatchOfAPartitionMayBeginAnywhere) {
  Feed feed(1, {.accept_loss = true});
  feed.ends_[0] = 30;
  ASSERT_TRUE(feed.tell(0, 0));
  EXPECT_EQ(loss_of(feed), "");
}

/// A part of the batch [begin, begin + 10) of raw partition 0 of one; what came of it.
std::string take_part(Sources& sources, std::int64_t begin, std::uint32_t part, bool last = false) {
  const auto taken = sources.advance({.partition = 0,
                                      .partitions = 1,
                                      .begin_offset = begin,
                                      .end_offset = begin + 10,
                                      .part = part,
                                      .last_part = last,
                                      .watermark_us = kNow,
                                      .greatest_event_time_us = kNow});
  if (!taken) return taken.error().message;
  const auto loss = sources.take_loss();
  return loss ? fmt::format("lost [{}, {})", loss->from_offset, loss->to_offset) : "ok";
}

TEST(Sources, OnlyTheLastPartOfABatchMovesItsRangeAndTime) {
  Sources sources({});
  EXPECT_EQ(take_part(sources, 0, 0), "ok");
  EXPECT_EQ(at(sources.watermark()), "-");
  EXPECT_EQ(take_part(sources, 0, 1), "ok");
  EXPECT_EQ(take_part(sources, 0, 2, true), "ok");
  EXPECT_EQ(at(sources.watermark()), "0s");
  EXPECT_EQ(take_part(sources, 10, 0, true), "ok");
}

TEST(Sources, APartThatIsLostOrDoubledStopsTheTask) {
  const auto after_two_parts = [](std::int64_t begin, std::uint32_t part, bool accepts = false) {
    Sources sources({.accept_loss = accepts});
    EXPECT_EQ(take_part(sources, 0, 0), "ok");
    EXPECT_EQ(take_part(sources, 0, 1), "ok");
    return take_part(sources, begin, part, true);
  };
  EXPECT_EQ(after_two_parts(0, 2), "ok");
  EXPECT_EQ(after_two_parts(0, 4),
            "raw partition 0: part 4 came of the batch of offsets 0 to 10, where part 2 was due; "
            "something was lost between fold and here. Replay the raw records into a new "
            "directory; on Kafka, `weir run --accept-loss` goes on without it");
  EXPECT_THAT(after_two_parts(10, 0), testing::HasSubstr("something was lost"));
  EXPECT_EQ(after_two_parts(0, 1, true),
            "raw partition 0: part 1 came of the batch of offsets 0 to 10, where part 2 was due; "
            "something was doubled between fold and here");
}

TEST(Sources, PartsThatAreLostAreALossLikeAnyOther) {
  Sources sources({.accept_loss = true});
  EXPECT_EQ(take_part(sources, 0, 0, true), "ok");
  EXPECT_EQ(take_part(sources, 10, 2), "lost [10, 20)") << "the first of a batch";
  EXPECT_FALSE(sources.complete(kNow, kNow + 1));
  EXPECT_TRUE(sources.complete(kNow + 1, kNow + 2));
  EXPECT_EQ(take_part(sources, 10, 4, true), "lost [10, 20)") << "one between";
  EXPECT_EQ(take_part(sources, 20, 0), "ok");
  EXPECT_EQ(take_part(sources, 30, 0, true), "lost [20, 30)") << "the last";
  EXPECT_EQ(take_part(sources, 50, 1, true), "lost [40, 60)") << "one more, and the first";
  EXPECT_EQ(take_part(sources, 60, 0, true), "ok");
}

TEST(Sources, KnowBetweenPartsWhichOneIsDueWhenReadBack) {
  Sources sources({});
  EXPECT_EQ(take_part(sources, 0, 0), "ok");
  std::string bytes;
  sources.encode(bytes);
  for (const std::uint32_t part : {1U, 2U}) {
    Sources read({});
    ASSERT_TRUE(read.decode(bytes));
    EXPECT_EQ(take_part(read, 0, part, true) == "ok", part == 1) << part;
  }
}

TEST(Sources, WhatFoldLostItselfMakesWindowsIncomplete) {
  Sources sources({});
  SourceUpdate update{.partitions = 1, .end_offset = 10, .watermark_us = kNow};
  ASSERT_TRUE(sources.advance(update));
  EXPECT_TRUE(sources.complete(kNow - 1, kNow));
  update.begin_offset = update.end_offset;
  update.lost_until_us = kNow + kMinuteUs;
  ASSERT_TRUE(sources.advance(update));
  EXPECT_EQ(sources.take_loss(), std::nullopt) << "its range tells of none";
  EXPECT_FALSE(sources.complete(kNow + kMinuteUs - 1, kNow + kHourUs));
  EXPECT_TRUE(sources.complete(kNow + kMinuteUs, kNow + kHourUs));
}

/// As versions 1 and 2 had it, where no batch is begun.
std::string encode_old(const Sources& sources, char version) {
  std::string bytes;
  sources.encode(bytes);
  bytes[0] = version;
  bytes.pop_back();
  if (version == 1) bytes.erase(1 + 2 * sizeof(TimeUs), sizeof(TimeUs));  // behind two times
  return bytes;
}

TEST(Sources, OlderVersionsAreReadAndDoNotSayWhichPartIsDue) {
  Feed feed(2);
  ASSERT_TRUE(feed.tell(0, 0));
  for (const char version : {'\1', '\2'}) {
    Feed read(2);
    read.ends_ = feed.ends_;
    ASSERT_TRUE(read.sources_.decode(encode_old(feed.sources_, version)));
    EXPECT_EQ(read.sources_.lost_until(), kMinTime);
    // It was written between two parts.
    ASSERT_TRUE(read.sources_.advance({.partition = 0,
                                       .partitions = 2,
                                       .begin_offset = 10,
                                       .end_offset = 20,
                                       .part = 3,
                                       .last_part = false}));
    EXPECT_FALSE(read.tell(0, 1)) << "part 4 is due";
  }
}

TEST(Sources, OlderVersionsAreWrittenAsThisOneOnceABatchCame) {
  Feed feed(2);
  ASSERT_TRUE(feed.tell(0, 0));
  Feed read(2);
  read.ends_ = feed.ends_;
  ASSERT_TRUE(read.sources_.decode(encode_old(feed.sources_, 1)));
  ASSERT_TRUE(feed.tell(0, 1));
  ASSERT_TRUE(read.tell(0, 1));
  std::string bytes;
  feed.sources_.encode(bytes);
  std::string again;
  read.sources_.encode(again);
  EXPECT_EQ(to_hex(again), to_hex(bytes));
}

TEST(Sources, GoOnAsIfNothingHadHappenedWhenReadBack) {
  Feed feed(3);
  ASSERT_TRUE(feed.tell(0, 0));
  ASSERT_TRUE(feed.tell(1, 0));
  ASSERT_TRUE(feed.tell(2, 0));
  ASSERT_TRUE(feed.tell(0, 121));
  ASSERT_TRUE(feed.tell(1, 121));  // 2 is stalled
  ASSERT_TRUE(feed.say(2, {.watermark = 125, .batch = 125, .read = 130}));
  std::string bytes;
  feed.sources_.encode(bytes);

  Feed copy(3);
  ASSERT_TRUE(copy.sources_.decode(bytes));
  std::string again;
  copy.sources_.encode(again);
  EXPECT_EQ(to_hex(again), to_hex(bytes));
  copy.ends_ = feed.ends_;
  EXPECT_EQ(copy.render(), "121s stalled=0 caught up (0s, 121s]");
  ASSERT_TRUE(copy.tell(0, 140));
  EXPECT_EQ(copy.render(), "121s stalled=0 ");
}

TEST(Sources, RefuseDamagedBytesAndOtherVersions) {
  Feed feed(2);
  ASSERT_TRUE(feed.tell(0, 0));
  for (const std::int32_t partition : {0, 1})
    ASSERT_TRUE(
        feed.sources_.advance({.partition = partition,
                               .partitions = 2,
                               .begin_offset = feed.ends_[static_cast<std::size_t>(partition)],
                               .last_part = false}));
  std::string bytes;
  feed.sources_.encode(bytes);
  Sources read({});
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(read.decode(std::string_view(bytes).substr(0, size))) << size;
  EXPECT_EQ(read.decode(bytes + "x").error().code, ErrorCode::corrupt);
  bytes[0] = 9;
  EXPECT_EQ(read.decode(bytes).error().message, "sources: version 9 is not read by this binary");
}

}  // namespace
}  // namespace weir::windows
