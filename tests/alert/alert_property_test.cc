// Random signals, straight and killed after every record, beside a small account of what must fire
// and who must know.
#include <random>

#include <gtest/gtest.h>

#include "processors/alert/life.h"
#include "tests/alert/alert_task.h"

namespace weir::alert {
namespace {

constexpr std::int64_t kTick = 10;

/// What one condition did, tick by tick, in words of its own: since when it holds or is quiet, and
/// what its alert therefore is.
struct Account {
  bool holds = false;
  std::int64_t since = 0;  // of holding, or of being quiet
  bool fires = false;
  std::int64_t lives = 0;  // that fired
};

/// One run: signals that the seed chooses.
class Play {
 public:
  Play(unsigned seed, bool restarts) : random_(seed), task_(config(seed)) {
    if (restarts) task_.restart_always();
    for (int i = 0; i < 6; ++i) {
      v1::ConditionChange change = alert::change(fmt::format("s{}-o{}", i % 3, i));
      if (i == 1) change.set_for_us(30 * kSecondUs);
      changes_.push_back(std::move(change));
    }
    accounts_.resize(changes_.size());
  }

  void run(int ticks) {
    for (int i = 0; i < ticks; ++i) tick((i + 1) * kTick);
    // Long enough for every wait, and for a digest.
    for (int i = 0; i < 60; ++i) pass((ticks + 1 + i) * kTick, true);
  }

  void check() const {
    for (std::size_t i = 0; i < changes_.size(); ++i) {
      const std::string fingerprint = fingerprint_of(changes_[i]);
      const auto alert = task_.alerts().find(fingerprint);
      const bool fires =
          alert != task_.alerts().end() && alert->second.state() == v1::ALERT_STATE_FIRING;
      EXPECT_EQ(fires, accounts_[i].fires) << changes_[i].objective();
      EXPECT_EQ(lives_of(fingerprint), accounts_[i].lives) << changes_[i].objective();
      check_told(fingerprint, fires);
    }
    check_ids();
  }

  const std::string& bytes() const { return task_.bytes(); }

 private:
  static Config config(unsigned seed) {
    Config config = config_for({"chat", "oncall"});
    config.flapping.changes = 0;
    config.storm.per_hour = seed % 3 == 0 ? 3 : 60;
    config.storm.groups_at_once = seed % 2 == 0 ? 1 : 5;
    config.grouping.wait_us = (seed % 4) * 10 * kSecondUs;
    return config;
  }

  bool chance(int percent) { return std::uniform_int_distribution<int>(0, 99)(random_) < percent; }

  void tick(std::int64_t at) {
    for (std::size_t i = 0; i < changes_.size(); ++i) {
      if (!chance(15)) continue;
      Account& account = accounts_[i];
      account.holds = !account.holds;
      account.since = at;
      task_.say(account.holds ? changes_[i] : quiet(changes_[i]), at);
      if (account.holds && changes_[i].for_us() == 0) fire(account);
    }
    pass(at, !chance(20));
  }

  void fire(Account& account) {
    if (!account.fires) ++account.lives;
    account.fires = true;
  }

  void pass(std::int64_t at, bool complete) {
    for (std::size_t i = 0; i < changes_.size(); ++i) {
      Account& account = accounts_[i];
      const std::int64_t lasted = at - account.since;
      if (account.holds && lasted * kSecondUs >= changes_[i].for_us()) fire(account);
      if (!account.holds && complete && lasted >= 60) account.fires = false;
    }
    task_.pass(at, complete);
  }

  std::int64_t lives_of(const std::string& fingerprint) const {
    return std::ranges::count_if(task_.decisions(), [&](const v1::Decision& decision) {
      return decision.fingerprint() == fingerprint && decision.kind() == v1::DECISION_KIND_FIRED;
    });
  }

  /// What each receiver heard last is how it is.
  void check_told(const std::string& fingerprint, bool fires) const {
    std::map<std::string, v1::AlertState> heard;
    for (const v1::Notification& notification : task_.notifications()) {
      for (const v1::Alert& alert : notification.alert())
        if (alert.fingerprint() == fingerprint) heard[notification.receiver()] = alert.state();
    }
    const bool ever = lives_of(fingerprint) > 0;
    for (const char* receiver : {"chat", "oncall"}) {
      ASSERT_EQ(heard.contains(receiver), ever) << receiver;
      if (!ever) continue;
      EXPECT_EQ(heard[receiver], fires ? v1::ALERT_STATE_FIRING : v1::ALERT_STATE_RESOLVED)
          << receiver;
    }
  }

  void check_ids() const {
    std::set<std::string> ids;
    for (const v1::Notification& each : task_.notifications())
      EXPECT_TRUE(ids.insert(each.id()).second);
  }

  std::mt19937 random_;
  AlertTask task_;
  std::vector<v1::ConditionChange> changes_;
  std::vector<Account> accounts_;
};

TEST(AlertProperty, FiresWhatMustAndNothingIsLost) {
  for (unsigned seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    Play play(seed, false);
    play.run(100);
    play.check();
    if (testing::Test::HasFailure()) return;
  }
}

TEST(AlertProperty, KilledAfterEveryRecordTheBytesAreTheSame) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    Play straight(seed, false);
    Play killed(seed, true);
    straight.run(50);
    killed.run(50);
    ASSERT_EQ(straight.bytes(), killed.bytes()) << seed;
  }
}

}  // namespace
}  // namespace weir::alert
