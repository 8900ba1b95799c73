#!/usr/bin/env python3
"""The page's objectives in Chromium: budgets, how they went down, when they will be spent. The
server's figures are made up (page_server.py)."""

import re
import unittest

from page_server import HOSTILE
from page_test import OBJECTIVES, BrowserTest


class PageObjectivesTest(BrowserTest):

    def test_the_objectives(self):
        page = self.open(OBJECTIVES)
        self.until_text(page, "h1", "1 of 2 budgets burn too fast")
        self.assertTrue(page.text_content("table.plain tbody th").endswith(HOSTILE))
        for said in ("99.8", "page-1h", "model=llama-70b"):
            self.assertIn(said, page.text_content("main"))
        page.wait_for_selector("figure canvas")
        self.assertEqual(page.locator(".charts .item b").all_text_contents()[:2],
                         ["66.96 %", "-18.00 %"])
        self.fleet.objectives = lambda: {"rows": []}
        self.until_text(page, "h1", "No objectives")
        self.assertIn("Write some with `weir slo init`", page.text_content(".detail"))

    def test_when_a_budget_is_spent_is_only_told_where_it_will_be(self):
        told = self.fleet.objectives()["rows"]
        for ledger, spent, burn in zip(told, (0.4, 1.2), (3, 0.5)):
            ledger["budget"] |= {"spent_ratio": spent, "exhausted_at_us": 1_767_582_720_000_000}
            ledger["window"][1]["burn_rate"] = burn
        slow = self.fleet.objectives()["rows"][0]
        slow["series"], slow["budget"]["exhausted_at_us"] = ["slow"], None
        new = self.fleet.objectives()["rows"][0]
        new["series"], new["budget"]["spent_ratio"] = ["new"], None
        self.fleet.objectives = lambda: {"rows": [*told, slow, new]}
        page = self.open(OBJECTIVES)
        self.assertEqual(page.locator("td[data-name='All spent at']").all_text_contents(),
                         ["spent already", "Jan 5 03:12", "not at this pace", "–"])

    def burn_down(self, lefts, **window):
        """(the axis of the burn-down of an objective with these points, the page)."""
        ledger = self.fleet.objectives()["rows"][0]
        ledger["budget"] |= window
        begin_us = ledger["end_time_us"] - 60_000_000 * len(lefts)
        self.fleet.objectives = lambda: {"rows": [ledger]}
        self.fleet.burndown = lambda: {"rows": [
            {"objective": ledger["objective"], "scope": ledger["scope"], "series": ledger["series"],
             "window_us": ledger["budget"]["length_us"],
             "points": [[begin_us + 60_000_000 * i, left, 1] for i, left in enumerate(lefts)]}]}
        page = self.open(OBJECTIVES, wait="figure canvas")
        self.until(page, "document.querySelector('.plot').ariaLabel.includes('axis')")
        axis = re.search(r"its axis goes from (\S+) % to (\S+) %;",
                         page.get_attribute(".plot", "aria-label"))
        return [float(end) / 100 for end in axis.groups()], page

    def test_the_axis_of_a_burn_down_holds_all_of_it_and_zero(self):
        for lefts, low in (([0.999, 0.998], 0), ([-0.41, 0.2, -0.6], -1), ([0.1, -41.3], -60),
                           ([-999, -998.5], -1000), ([None, 0.5, None], 0), ([-3], -3)):
            with self.subTest(lefts=lefts):
                axis, page = self.burn_down(lefts)
                self.assertEqual(axis[0], low)
                self.assertGreaterEqual(axis[1], 1)
                self.assertIn("0 %: all of it is spent", page.text_content(".legend"))
                page.close()

    def test_a_burn_down_says_of_what_it_is(self):
        _, page = self.burn_down([-0.41, 0.2])
        self.assertEqual(page.text_content(".chart .unit"),
                         "of the rolling window that ends then · window 1 d")
        self.assertIn("the line may begin anywhere", page.text_content(".panel > .detail"))
        start_us = 1_767_582_720_000_000
        _, page = self.burn_down([1, 0.4], start_us=start_us, length_us=10 ** 15)
        self.assertEqual(page.text_content(".chart .unit"),
                         "of the window since Jan 5 03:12 · window 11574 d 1 h")
        self.assertIn("if all of the window goes as it has", page.text_content(".panel > .detail"))


if __name__ == "__main__":
    unittest.main()
