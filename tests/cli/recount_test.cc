// Which slices of time are kept of a recount, and what is said of the others.
#include "tools/weir/recount.h"

#include <gtest/gtest.h>

#include "processors/aggregates/definitions.h"
#include "processors/graph.h"
#include "processors/objectives/objective.h"
#include "tests/fakes/memory_log.h"

namespace weir::cli {
namespace {

constexpr std::int64_t kPanesOfSlice = kMinuteUs / objectives::kPaneUs;
constexpr auto kRows = static_cast<std::int64_t>(Recount::kMaxRows);

/// An objective in slices of a minute over 30 days, which has one event in each of them.
class RecountTest : public testing::Test {
 protected:
  RecountTest() {
    v1::ObjectiveDefinition& objective = *definitions_.add_objective();
    objective.set_name("chat");
    objective.set_service("chat");
    objective.set_good("status == ok");
    objective.set_target_ppb(990'000'000);
    objective.set_method(v1::BUDGETING_METHOD_TIMESLICES);
    objective.set_slice_us(kMinuteUs);
    objective.set_slice_target_ppb(950'000'000);
    objective.set_window_us(30 * kDayUs);
  }

  void SetUp() override {
    const auto made = objectives::Objectives::make(definitions_);
    ASSERT_TRUE(made.has_value()) << made.error().message;
    told_.set_objective("chat");
    told_.set_objective_id((*made)->all()[0].id);
    told_.set_method(v1::BUDGETING_METHOD_TIMESLICES);
    told_.set_end_time_us(30 * kDayUs);
    ASSERT_TRUE(log_.create_topic({.name = where_.topic}).has_value());
  }

  /// Slices [from, to), an event in each: one batch.
  void tell(std::int64_t from, std::int64_t to, bool good) {
    v1::SliBatch batch;
    batch.set_version(1);
    batch.set_raw_topic(std::string(topics::kInference));
    batch.set_begin_offset(from);
    batch.set_end_offset(to);
    *batch.mutable_definitions() = definitions_;
    for (std::int64_t slice = from; slice < to; ++slice) {
      v1::SliDelta& delta = *batch.add_delta();
      delta.set_objective_id(told_.objective_id());
      delta.set_series(aggregates::encode_series({}));
      delta.set_pane(slice * kPanesOfSlice);
      delta.set_good(good ? 1 : 0);
      delta.set_bad(good ? 0 : 1);
      delta.set_total(1);
    }
    const runtime::NewRecord record{.value = batch.SerializeAsString()};
    const auto offset = log_.append(where_, {&record, 1});
    ASSERT_TRUE(offset.has_value());
    told_.set_as_of_offset(*offset);
  }

  /// "0..4 of 1 with events 0/1 by @[0, 1) from [0, 5)": the first slice kept and the last, and the
  /// first one's own; then what is not kept, and the window.
  std::string counted(Kept kept) const {
    v1::BurnWindow window;
    window.set_length_us(30 * kDayUs);
    Recount recount(log_, told_, {{.told = window}}, kept);
    if (const auto done = recount.run(); !done) return done.error().message;
    std::string text = fmt::format("{} kept", recount.slices().size());
    if (!recount.slices().empty()) {
      const auto& [start_us, slice] = *recount.slices().begin();
      text += fmt::format(" of {}..{}, first {}/{} by @[{}, {})", start_us / kMinuteUs,
                          recount.slices().rbegin()->first / kMinuteUs, slice.events.good,
                          slice.events.total, slice.offsets.begin, slice.offsets.end);
      for (const auto& [partition, range] : slice.raw_records)
        text += fmt::format(" {}@[{}, {})", partition, range.begin, range.end);
    }
    const slo::Counts& found = recount.windows()[0].found;
    return text + fmt::format("; {} left out, {} spared of {} events; {}/{}", recount.left_out(),
                              recount.spared().rows, recount.spared().events, found.good,
                              found.total);
  }

 private:
  const runtime::TopicPartition where_{std::string(topics::kSli), 0};
  v1::Objectives definitions_;
  v1::BurnResult told_;
  fakes::MemoryLog log_;
};

TEST_F(RecountTest, GoodSlicesTakeNoRoomFromBadOnes) {
  tell(0, 3, false);
  tell(3, kRows + 10, true);

  EXPECT_EQ(counted(Kept::bad),
            "3 kept of 0..2, first 0/1 by @[0, 1) weir.inference/0@[0, 3); 0 left out, 10007 "
            "spared of 10007 events; 10007/10010");
  EXPECT_EQ(counted(Kept::all),
            "10000 kept of 10..10009, first 1/1 by @[1, 2) weir.inference/0@[3, 10010); 10 left "
            "out, 0 spared of 0 events; 10007/10010");
}

TEST_F(RecountTest, OfMoreBadSlicesThanThereIsRoomForTheOlderAreLeftOut) {
  tell(0, kRows + 2, false);
  tell(kRows + 2, kRows + 3, true);

  EXPECT_EQ(counted(Kept::bad),
            "10000 kept of 2..10001, first 0/1 by @[0, 1) weir.inference/0@[0, 10002); 2 left "
            "out, 1 spared of 1 events; 1/10003");
}

TEST_F(RecountTest, ASliceIsJudgedByAllItsEvents) {
  tell(0, 1, true);
  tell(0, 1, false);

  EXPECT_EQ(counted(Kept::bad),
            "1 kept of 0..0, first 1/2 by @[0, 2) weir.inference/0@[0, 1); 0 left out, 0 spared "
            "of 0 events; 0/1");
}

}  // namespace
}  // namespace weir::cli
