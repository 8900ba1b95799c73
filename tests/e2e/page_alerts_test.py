#!/usr/bin/env python3
"""The page's alerts in Chromium: what fires and why, acknowledging, silencing. The server's figures
are made up (page_alerts.py)."""

import unittest

from page_alerts import FIRST, THIRD
from page_server import HOSTILE
from page_test import BrowserTest

ALERTS = "#/alerts"


class PageAlertsTest(BrowserTest):

    def setUp(self):
        super().setUp()
        self.alerts = self.fleet.alerts

    def open(self, place=ALERTS, wait=".alert", **options):
        return super().open(place, wait=wait, **options)

    def card(self, page, fingerprint=FIRST):
        return page.locator(f"#alert-{fingerprint}")

    def press(self, page, name):
        self.card(page).get_by_role("button", name=name, exact=True).click()

    def test_what_fires_is_told_with_its_numbers(self):
        page = self.open()

        self.until_text(page, "h1", "2 alerts fire")
        self.until_text(page, "#link", "Live, read")
        self.assertEqual(
            page.locator(".alert").evaluate_all("cards => cards.map(card => card.dataset.level)"),
            ["bad", "watch"])
        for said in ("page", "chat-latency page-1h", "model=llama-70b", "it burns 14.9 times",
                     "130 of 1,000", "15×", "42.00 %", "oncall"):
            self.assertIn(said, self.card(page).text_content())
        self.assertIn(HOSTILE, page.text_content("main"))
        self.assertFalse(page.evaluate("'hostile' in window"))

    def test_who_was_told_and_what_they_answered(self):
        page = self.open()
        self.until_text(page, f"#alert-{FIRST} .told", "oncall told")
        self.assertIn("attempt 1: status 202", self.card(page).locator(".told").text_content())
        self.alerts.known[0]["told"][0].update(what="grouped")
        self.until_text(page, f"#alert-{FIRST} .told", "has not taken the latest since")
        rows = page.locator(".receivers tbody tr")
        self.assertEqual(rows.count(), 2)
        self.assertEqual(rows.evaluate_all("rows => rows.map(row => row.dataset.level ?? '')"),
                         ["bad", ""])
        for said in ("chat", "slack", "3, the oldest for 2 min", HOSTILE):
            self.assertIn(said, rows.nth(0).text_content())
        self.assertIn("12 told, 1 as digests, 7 alerts held back", rows.nth(1).text_content())
        self.alerts.receivers = []
        self.until(page, "!document.querySelector('.receivers table').checkVisibility()")
        self.assertIn("told to nobody. Name some in weir.yaml",
                      page.locator(".receivers").inner_text())

    def test_nothing_fires(self):
        self.alerts.known = []
        page = self.open(wait=".panel")
        self.until_text(page, "h1", "Nothing fires")
        self.until_text(page, ".head .detail", "Without objectives there are no alerts")
        self.until_text(page, ".silences", "None holds. A silence keeps what it matches from")

    def test_the_figures_of_an_alert_say_of_when_they_are(self):
        page = self.open(f"{ALERTS}?alert={THIRD}")
        as_of = "dl.facts div:has(dt:text-is('As of')) dd"
        self.card(page, THIRD).wait_for()
        told = [self.card(page, each).locator(as_of).inner_text() for each in (FIRST, THIRD)]
        self.assertRegex(told[0], r"^\w+ \d+ \d\d:\d\d, or a later change$")
        self.assertRegex(told[1], r"^\w+ \d+ \d\d:\d\d$")
        self.assertIn("those of now are in Objectives", page.text_content(".head .detail"))

    def test_all_that_keeps_an_alert_quiet_is_said(self):
        self.alerts.known[0] |= {"acknowledged": {"by": "ann", "at": None, "note": None},
                                 "silenced_by": ["5c"], "inhibited_by": ["x"], "flapping": True}
        self.alerts.known[0]["told"][0] |= {"what": "failed", "because": "given up: 404"}
        page = self.open()
        self.assertEqual(self.card(page).locator(".tag").all_text_contents(),
                         ["acknowledged by ann", "silenced", "hidden by a louder alert",
                          "comes and goes"])
        self.assertRegex(self.card(page).locator(".told").text_content(),
                         r"^oncall told .*; not told the latest, .*: given up: 404$")

    def test_why_is_told_newest_first(self):
        page = self.open()
        self.press(page, "Why")
        self.until(page, "document.querySelectorAll('.story li').length === 3")
        told = page.locator(".story li").all_text_contents()
        self.assertIn("sent to oncall: 202 after 31 ms", told[0])
        self.assertIn("fired: it held for 0s", told[2])

    def test_a_link_to_an_alert_shows_it_though_it_has_ended(self):
        page = self.open(f"{ALERTS}?alert={THIRD}")
        self.until(page, "document.querySelectorAll('.story li').length === 3")
        self.assertIn("resolved", self.card(page, THIRD).text_content())

    def test_a_link_followed_on_the_view_shows_what_has_ended_too(self):
        page = self.open()
        page.evaluate(f"location.hash = '{ALERTS}?alert={THIRD}'")
        self.until(page, "document.querySelectorAll('.story li').length === 3")
        self.assertIn("resolved", self.card(page, THIRD).text_content())

    def test_ended_ones_are_shown_on_request(self):
        page = self.open()
        self.assertEqual(page.locator(".alert").count(), 2)
        page.check("input[type=checkbox]")
        self.until(page, "document.querySelectorAll('.alert').length === 3")

    def test_an_alert_is_acknowledged_with_keys_alone(self):
        page = self.open()
        self.card(page).get_by_role("button", name="Acknowledge").focus()
        page.keyboard.press("Enter")
        page.keyboard.type("ann")
        page.keyboard.press("Tab")
        page.keyboard.type("on it")
        page.keyboard.press("Enter")
        self.until_text(page, f"#alert-{FIRST}", "acknowledged by ann")
        self.assertEqual(self.alerts.said,
                         [("POST", f"alerts/{FIRST}/ack", {"by": "ann", "note": "on it"})])

        # When who has it takes it over, then the form says that it is theirs already.
        self.press(page, "Take over")
        page.keyboard.press("Enter")
        self.until_text(page, f"#alert-{FIRST} .wrong", "is already yours, ann")

        # When somebody else takes it over, then it is theirs.
        page.fill("[name=by]", "bob")
        page.keyboard.press("Enter")
        self.until_text(page, f"#alert-{FIRST}", "acknowledged by bob")
        self.assertEqual(self.alerts.said[-1],
                         ("POST", f"alerts/{FIRST}/ack", {"by": "bob", "note": ""}))

    def test_an_alert_is_silenced_and_the_silence_ended(self):
        page = self.open()
        self.press(page, "Silence")
        page.fill("[name=by]", "ann")
        page.fill("[name=reason]", "we know")
        page.fill("[name=for]", "soon")
        page.keyboard.press("Enter")
        self.until_text(page, ".wrong", "is no length of time")
        self.browser.forgive("400")
        page.fill("[name=for]", "2h")
        page.keyboard.press("Enter")
        self.until_text(page, f"#alert-{FIRST} .tags", "silenced")
        self.until_text(page, "h1", "2 alerts fire, 1 of them held back")
        self.assertEqual(self.alerts.said[-1], ("POST", "silences", {
            "matchers": ['objective="chat-latency"', 'service="chat"', 'condition="page-1h"'],
            "for": "2h", "by": "ann", "reason": "we know"}))

        page.get_by_role("button", name="Expire the silence").click()
        self.until_text(page, ".silences", "None holds.")
        self.assertEqual(self.alerts.said[-1][:2], ("DELETE", "silences/5c"))

    def test_a_silence_may_begin_later(self):
        page = self.open()
        page.get_by_role("button", name="Add a silence").click()
        for name, value in (("matchers", "service=chat"), ("from", "2026-01-05T23:30"),
                            ("for", "1h"), ("by", "ann"), ("reason", "roll-out")):
            page.fill(f"[name={name}]", value)
        page.keyboard.press("Enter")
        self.until_text(page, ".silences", "service=chat from Jan 5 23:30 until")
        self.assertEqual(self.alerts.said, [("POST", "silences", {
            "matchers": ["service=chat"], "from": "2026-01-05T23:30:00Z", "for": "1h",
            "by": "ann", "reason": "roll-out"})])

    def test_how_good_the_alerting_was_is_told(self):
        page = self.open()
        page.wait_for_selector(".statistics .facts > div")
        self.assertEqual(
            page.locator(".statistics .facts > div").all_inner_texts(),
            [f"{name}\n{value}" for name, value in (
                ("Fired", "1,200, 3 of them hidden"), ("Incidents", "9"),
                ("Signal to noise", "0.50 %"), ("Precision", "80.00 %"),
                ("Mean time to acknowledge", "3 min 5 s"), ("Mean time to resolve", "25 min"),
                ("Mean time between incidents", "–"))])

    def test_statistics_that_cannot_be_read_hide_nothing_else(self):
        self.alerts.statistics = None
        page = self.open()
        self.until_text(page, ".statistics", "Cannot read the statistics: there is no such thing")
        self.browser.forgive("404")
        self.assertEqual(page.locator(".alert").count(), 2)

    def test_a_write_token_is_asked_for_where_it_is_wanted(self):
        self.alerts.write_token = "open sesame"
        page = self.open()
        self.press(page, "Acknowledge")
        page.fill("[name=by]", "ann")
        page.keyboard.press("Enter")
        self.until_text(page, ".wrong", "a write token is wanted")
        page.keyboard.type("open sesame")
        page.keyboard.press("Enter")
        self.until_text(page, f"#alert-{FIRST}", "acknowledged by ann")
        self.browser.forgive("401")

    def test_what_is_typed_stays_while_news_come(self):
        page = self.open()
        self.press(page, "Silence")
        page.fill("[name=reason]", "we kn")
        self.alerts.known[0]["annotations"]["summary"] = "it burns faster"
        self.until_text(page, f"#alert-{FIRST}", "it burns faster")
        self.assertEqual(page.input_value("[name=reason]"), "we kn")


if __name__ == "__main__":
    unittest.main()
