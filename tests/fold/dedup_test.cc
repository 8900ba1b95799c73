#include "processors/fold/dedup.h"

#include <gtest/gtest.h>

#include "processors/fold/state.h"
#include "processors/state/memory_store.h"

namespace weir::fold {
namespace {

class DedupTest : public testing::Test {
 protected:
  DedupTest() { open(); }

  void open(DurationUs horizon_us = 10) {
    store_ = std::make_unique<state::WriteBack>(base_, 1 << 20);
    dedup_ = std::make_unique<Dedup>(horizon_us, *store_);
    ASSERT_TRUE(dedup_->open(forgotten_us_));
  }
  void commit(TimeUs append_time_us) {
    ASSERT_TRUE(dedup_->forget(append_time_us));
    forgotten_us_ = dedup_->forgotten_us();
    ASSERT_TRUE(base_.write(store_->take_changes(), state::Durability::synced));
  }
  std::string see(Id id, std::string_view content, TimeUs append_time_us) {
    switch (dedup_->see(id, content, append_time_us).value()) {
      case Dedup::Verdict::first:
        return "first";
      case Dedup::Verdict::repeated:
        return "repeated";
      case Dedup::Verdict::conflicting:
        return "conflicting";
    }
    return "?";
  }
  // What is committed: "1@5 2@11" by id, then the same by age.
  std::string kept() const {
    std::string text;
    EXPECT_TRUE(base_.scan(kSeenPrefix, "", [&](auto key, auto value) {
      text += fmt::format("{}@{} ", parse_seen_key(key).value()[0],
                          decode_seen(value).value().append_time_us);
      return true;
    }));
    text += "|";
    EXPECT_TRUE(base_.scan(kSeenTimePrefix, "", [&](auto key, auto) {
      const SeenTime seen = parse_seen_time_key(key).value();
      text += fmt::format(" {}@{}", seen.id[0], seen.append_time_us);
      return true;
    }));
    return text;
  }
  std::size_t ids_kept() const {
    std::size_t count = 0;
    EXPECT_TRUE(base_.scan(kSeenPrefix, "", [&](auto, auto) { return ++count > 0; }));
    return count;
  }

  state::MemoryStore base_;
  TimeUs forgotten_us_ = kMinTime;  // as committed
  std::unique_ptr<state::WriteBack> store_;
  std::unique_ptr<Dedup> dedup_;
};

TEST_F(DedupTest, TellsTheSameFromAnother) {
  EXPECT_EQ(see({1}, "a", 0), "first");
  EXPECT_EQ(see({2}, "a", 1), "first");
  EXPECT_EQ(see({1}, "a", 2), "repeated");
  EXPECT_EQ(see({1}, "b", 3), "conflicting");
  EXPECT_EQ(see({1}, "a", 4), "repeated");  // the first one stands
}

TEST_F(DedupTest, RemembersForTheHorizon) {
  see({1}, "a", 0);
  see({2}, "a", 5);
  EXPECT_EQ(see({1}, "a", 10), "repeated");
  EXPECT_EQ(see({1}, "b", 11), "first");
  EXPECT_EQ(see({2}, "a", 15), "repeated");
  EXPECT_EQ(see({1}, "b", 21), "repeated");
}

TEST_F(DedupTest, ForgetsByAgeWithCommits) {
  see({2}, "a", 3);
  see({1}, "a", 5);
  commit(13);
  EXPECT_EQ(kept(), "1@5 2@3 | 2@3 1@5");

  commit(14);
  EXPECT_EQ(kept(), "1@5 | 1@5");

  commit(100);
  EXPECT_EQ(kept(), "|");
}

// However late the old one would be forgotten.
TEST_F(DedupTest, AnIdThatComesAgainIsKeptFromThenOn) {
  see({1}, "a", 0);
  see({2}, "a", 0);
  commit(0);

  EXPECT_EQ(see({1}, "b", 11), "first");
  commit(11);

  EXPECT_EQ(kept(), "1@11 | 1@11");
  EXPECT_EQ(see({1}, "b", 21), "repeated");
}

TEST_F(DedupTest, RemembersAcrossARestart) {
  see({2}, "a", 3);
  see({1}, "a", 5);
  commit(5);
  open();
  EXPECT_EQ(see({1}, "a", 6), "repeated");
  EXPECT_EQ(see({2}, "a", 14), "first");
  EXPECT_EQ(see({1}, "a", 15), "repeated");
  commit(15);
  EXPECT_EQ(kept(), "1@5 2@14 | 1@5 2@14");
}

TEST_F(DedupTest, AnOlderStateIsPutInOrder) {
  state::StoreBatch batch;
  batch.put(seen_key({1}), encode_seen({.content_hash = hash64("a"), .append_time_us = 5}));
  batch.put(seen_key({2}), encode_seen({.content_hash = hash64("a"), .append_time_us = 3}));
  ASSERT_TRUE(base_.write(batch, state::Durability::synced));

  open();

  EXPECT_EQ(see({1}, "a", 6), "repeated");
  commit(6);
  EXPECT_EQ(kept(), "1@5 2@3 | 2@3 1@5");
  open();
  commit(14);
  EXPECT_EQ(kept(), "1@5 | 1@5");
}

// Or it would depend on the commits there were which of them are still known.
TEST_F(DedupTest, AHorizonThatIsRaisedBringsBackNothingThatWasForgotten) {
  for (std::uint8_t id = 1; id <= 3; ++id) see({id}, "a", id);
  dedup_->see({9}, "a", 12).value();  // 1 is forgotten, and still in the store
  forgotten_us_ = dedup_->forgotten_us();
  ASSERT_TRUE(base_.write(store_->take_changes(), state::Durability::synced));
  open(100);

  EXPECT_EQ(see({1}, "a", 13), "first");
  EXPECT_EQ(see({2}, "a", 13), "repeated");
  commit(100);
  EXPECT_EQ(kept(), "1@13 2@2 3@3 9@12 | 2@2 3@3 9@12 1@13");
}

TEST_F(DedupTest, APauseDoesNotEndInOneHugeCommit) {
  const std::size_t many = 2 * Dedup::kMostForgotten + 10;
  for (std::size_t i = 0; i < many; ++i)
    see({static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i >> 8)}, "a", 0);
  commit(0);
  see({0, 0, 1}, "a", 100);

  std::vector<std::size_t> left;
  for (int i = 0; i < 3; ++i) {
    commit(100);
    left.push_back(ids_kept());
  }

  // The first one takes two more for the one that came.
  EXPECT_EQ(left, (std::vector<std::size_t>{Dedup::kMostForgotten + 9, 9, 1}));
}

}  // namespace
}  // namespace weir::fold
