#include "sinks/webhook/firing.h"

#include <gtest/gtest.h>

#include "tests/webhook/told.h"

namespace weir::webhook {
namespace {

std::string due(const Firing& firing, TimeUs now) {
  std::string text;
  for (const v1::Alert* alert : firing.due(now, 10)) text += alert->fingerprint() + " ";
  return text;
}

v1::Alert alert(const std::string& fingerprint, v1::AlertState state, std::uint32_t life = 1) {
  return make_alert({.fingerprint = fingerprint, .state = state, .life = life});
}

TEST(WebhookFiring, TellsOfALifeWhenItBeginsAndWhenItEnds) {
  Firing firing(kMinuteUs);
  EXPECT_FALSE(firing.see(alert("a", v1::ALERT_STATE_PENDING)));
  EXPECT_TRUE(firing.see(alert("a", v1::ALERT_STATE_FIRING)));
  EXPECT_FALSE(firing.see(alert("a", v1::ALERT_STATE_FIRING)));
  EXPECT_TRUE(firing.see(alert("a", v1::ALERT_STATE_FIRING, 2)));
  EXPECT_TRUE(firing.see(alert("a", v1::ALERT_STATE_RESOLVED, 2)));
  EXPECT_EQ(firing.size(), 0U);
}

TEST(WebhookFiring, WhatFiresIsToldAgainAfterTheInterval) {
  Firing firing(kMinuteUs);
  firing.see(alert("a", v1::ALERT_STATE_FIRING));
  firing.see(alert("b", v1::ALERT_STATE_FIRING));
  EXPECT_EQ(due(firing, 0), "a b ");  // nobody knows who was told before a start
  firing.told("a", 10);
  firing.told("b", 5);
  EXPECT_EQ(due(firing, kMinuteUs), "");
  EXPECT_EQ(due(firing, kMinuteUs + 10), "b a ");
  firing.see(alert("b", v1::ALERT_STATE_RESOLVED));
  EXPECT_EQ(due(firing, kMinuteUs + 10), "a ");
}

// The log has let go of its beginning, and Weir has been started anew since.
TEST(WebhookFiring, TheEndOfOneThatWasNeverSeenIsToldUnlessItIsHidden) {
  Firing firing(kMinuteUs);
  v1::Alert ended = alert("a", v1::ALERT_STATE_RESOLVED);
  ended.set_fired_at_us(0);
  EXPECT_FALSE(firing.see(ended)) << "it never fired";
  ended.set_fired_at_us(kStart);
  EXPECT_TRUE(firing.see(ended));
  ended.add_silenced_by("s1");
  EXPECT_FALSE(firing.see(ended));
}

v1::Alert silenced(v1::Alert alert) {
  alert.add_silenced_by("s1");
  return alert;
}

TEST(WebhookFiring, WhatIsHiddenEndsUntilItIsShownAgain) {
  Firing firing(kMinuteUs);
  const v1::Alert fires = alert("a", v1::ALERT_STATE_FIRING);
  const v1::Alert ended = alert("a", v1::ALERT_STATE_RESOLVED);
  EXPECT_TRUE(firing.see(fires));
  EXPECT_TRUE(firing.see(silenced(fires)));
  EXPECT_FALSE(firing.see(silenced(fires)));
  EXPECT_EQ(due(firing, kHourUs), "");
  EXPECT_TRUE(firing.see(fires));
  EXPECT_EQ(due(firing, kHourUs), "a ");
  EXPECT_TRUE(firing.see(silenced(fires)));
  EXPECT_FALSE(firing.see(silenced(ended))) << "its end was told";
}

// Also after a restart, when nobody knows whether it had been told.
TEST(WebhookFiring, WhatIsHiddenFromTheBeginningIsNotTold) {
  Firing firing(kMinuteUs);
  EXPECT_FALSE(firing.see(silenced(alert("a", v1::ALERT_STATE_FIRING))));
  EXPECT_FALSE(firing.see(silenced(alert("a", v1::ALERT_STATE_RESOLVED))));
  EXPECT_EQ(due(firing, kHourUs), "");
}

}  // namespace
}  // namespace weir::webhook
