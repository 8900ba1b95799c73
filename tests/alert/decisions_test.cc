// What the log of decisions says of things that no alert tells.
#include <gtest/gtest.h>

#include "tests/alert/alert_task.h"

namespace weir::alert {
namespace {

v1::ConditionChange unsure(v1::ConditionState state, const std::string& reason) {
  v1::ConditionChange unsure = change();
  unsure.set_state(state);
  unsure.set_reason(reason);
  return unsure;
}

TEST(AlertDecisions, SayWhyWhatBurnsIsNoAlertAgain) {
  AlertTask task;
  task.tick(change(), -300);
  task.tick(quiet(change()), -200);
  task.pass(-100);
  ASSERT_EQ(task.state(), "alert chat page-1h resolved\n");
  EXPECT_EQ(task.tick(unsure(v1::CONDITION_STATE_TOO_FEW, "it burns, on 1 bad of 1"), 10),
            "decision chat page-1h held: it burns, on 1 bad of 1\n");
  EXPECT_EQ(task.tick(unsure(v1::CONDITION_STATE_PLAUSIBLE, "chance alone does it"), 20),
            "decision chat page-1h held: chance alone does it\n");
  EXPECT_EQ(task.decisions().back().fingerprint(), fingerprint_of(change()));
  EXPECT_EQ(task.tick(quiet(change()), 30), "");
  EXPECT_EQ(task.state(), "alert chat page-1h resolved\n");
}

TEST(AlertDecisions, OfWhatNeverWasAnAlertNoneSaysThatItBurnsOnTooFew) {
  AlertTask task;
  EXPECT_EQ(task.tick(unsure(v1::CONDITION_STATE_TOO_FEW, "it burns, on 1 bad of 1"), 10), "");
  EXPECT_EQ(task.tick(unsure(v1::CONDITION_STATE_PLAUSIBLE, "chance alone does it"), 20), "");
  EXPECT_EQ(task.state(), "");
}

/// Silence s1, from kStart on.
v1::Signal hide(const std::string& service) {
  v1::Signal hide;
  v1::Silence& silence = *hide.mutable_silence();
  silence.set_id("s1");
  *silence.add_matcher() = labels::Matcher::parse("service=" + service)->proto();
  silence.set_starts_at_us(kStart);
  silence.set_ends_at_us(kStart + kHourUs);
  silence.set_by("ann");
  silence.set_reason("roll-out");
  return hide;
}

TEST(AlertDecisions, SayWhatBecameOfWhatWaitedForADigestAndEndedHidden) {
  Config config = config_for();
  config.keep_firing_us = 0;
  config.storm.per_hour = 1;
  AlertTask task(config);
  task.tick(change("a"), 0);
  task.tick(change("b"), 10);  // by a digest: the next one is five minutes later
  EXPECT_EQ(
      task.tick(change("c"), 20),
      "decision c page-1h fired: it burns\n"
      "decision c page-1h throttled: oncall was told 1 times within an hour: it waits for the "
      "digest\n");
  task.say(hide("c"), 30);
  EXPECT_EQ(task.tick(quiet(change("c")), 40),
            "decision c page-1h resolved: it is quiet\n"
            "decision c page-1h lapsed: it resolved while it was hidden; no notification has told "
            "oncall of it\n");
  EXPECT_EQ(task.decisions().back().receiver(), "oncall");
  EXPECT_EQ(task.pass(400), "");
}

TEST(AlertDecisions, SayNothingOfAReceiverThatAnotherGroupTells) {
  Config config = config_for();
  config.keep_firing_us = 0;
  config.routes = {{.receivers = {"oncall"}, .go_on = true},
                   {.matchers = {*labels::Matcher::parse("severity=page")},
                    .receivers = {"oncall"},
                    .grouping = {.wait_us = 10 * kMinuteUs}}};
  config.routes[0].grouping.wait_us = 0;
  AlertTask task(config);
  task.tick(change(), 0);  // by the first, and the second waits
  task.say(hide("chat"), 10);
  EXPECT_EQ(task.tick(quiet(change()), 400),
            "decision chat page-1h resolved: it is quiet\n"
            "notify oncall resolved {}/{}:{service=\"chat\"} #2: -chat page-1h\n"
            "decision chat page-1h grouped: nothing of the group fires any more that is not "
            "hidden\n");
}

TEST(AlertDecisions, SayWhoEndedASilence) {
  AlertTask task;
  task.say(hide("chat"), 0);
  task.tick(change(), 10);
  v1::Signal expiry;
  expiry.mutable_silence_expiry()->set_id("s1");
  expiry.mutable_silence_expiry()->set_by("bob");
  EXPECT_EQ(task.say(expiry, 20),
            "decision chat page-1h released: bob ended silence s1; neither a silence nor another "
            "alert hides it any more\n"
            "notify oncall first {}:{service=\"chat\"} #1: +chat page-1h\n"
            "decision chat page-1h grouped: the group is new\n");
}

TEST(AlertMarks, AreDecisionsAboutTheAlert) {
  AlertTask task;
  task.tick(change(), 0);
  v1::Signal signal;
  signal.mutable_mark()->set_fingerprint(fingerprint_of(change()));
  signal.mutable_mark()->set_useful(true);
  signal.mutable_mark()->set_by("ann");
  EXPECT_EQ(task.say(signal, 10),
            "decision chat page-1h useful: ann says that it was worth being told\n");
  signal.mutable_mark()->set_fingerprint("0000000000000000");
  EXPECT_EQ(task.say(signal, 20), "");
  EXPECT_EQ(task.probe.unknown_signals.value(), 1U);
}

}  // namespace
}  // namespace weir::alert
