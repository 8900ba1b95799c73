#include "processors/fold/dedup.h"

#include <gtest/gtest.h>

#include "processors/state/memory_store.h"

namespace weir::fold {
namespace {

class DedupTest : public testing::Test {
 protected:
  DedupTest() { restart(); }

  void restart() {
    ASSERT_TRUE(base_.write(store_->take_changes(), state::Durability::synced));
    dedup_ = std::make_unique<Dedup>(10, *store_);
    ASSERT_TRUE(dedup_->open());
  }
  std::string see(std::uint8_t id, std::string_view content, TimeUs append_time_us) {
    switch (dedup_->see({id}, content, append_time_us).value()) {
      case Dedup::Verdict::first:
        return "first";
      case Dedup::Verdict::repeated:
        return "repeated";
      case Dedup::Verdict::conflicting:
        return "conflicting";
    }
    return "?";
  }
  std::size_t remembered() {
    std::size_t count = 0;
    EXPECT_TRUE(store_->scan("I", "", [&](auto, auto) { return ++count > 0; }));
    return count;
  }

  state::MemoryStore base_;
  std::unique_ptr<state::WriteBack> store_ = std::make_unique<state::WriteBack>(base_, 1 << 20);
  std::unique_ptr<Dedup> dedup_;
};

TEST_F(DedupTest, TellsTheSameFromAnother) {
  EXPECT_EQ(see(1, "a", 0), "first");
  EXPECT_EQ(see(2, "a", 1), "first");
  EXPECT_EQ(see(1, "a", 2), "repeated");
  EXPECT_EQ(see(1, "b", 3), "conflicting");
  EXPECT_EQ(see(1, "a", 4), "repeated");  // the first one stands
}

TEST_F(DedupTest, RemembersForTheHorizon) {
  see(1, "a", 0);
  see(2, "a", 5);
  EXPECT_EQ(see(1, "a", 10), "repeated");
  EXPECT_EQ(see(1, "b", 11), "first");
  EXPECT_EQ(see(2, "a", 15), "repeated");
  EXPECT_EQ(remembered(), 2U);
  EXPECT_EQ(see(3, "a", 100), "first");
  EXPECT_EQ(remembered(), 1U);
}

TEST_F(DedupTest, RemembersAcrossARestart) {
  see(2, "a", 3);
  see(1, "a", 5);
  restart();
  EXPECT_EQ(see(1, "a", 6), "repeated");
  EXPECT_EQ(see(2, "a", 14), "first");  // the oldest went, and only that
  EXPECT_EQ(see(1, "a", 15), "repeated");
}

}  // namespace
}  // namespace weir::fold
