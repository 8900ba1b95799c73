#!/usr/bin/env python3
"""`weir up --demo` in Chromium: the page shows the scripted incident, which begins a minute after
the start, within another minute, and so does its objective."""

import re
import signal
import subprocess
import time
import unittest

from browser import Browser
from weir_cli import WEIR, WeirTest

WITHIN_S = 130  # a minute, another one, and a slow machine
BAD_GROUND = (253, 236, 234)


class DemoTest(WeirTest):
    def setUp(self):
        super().setUp()
        config = self.write("up.yaml", "http: {listen: '127.0.0.1:0'}\n")
        self.weir = subprocess.Popen([WEIR, "up", "--demo", "--data", self.dir / "data", "--config",
                                      config], stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.weir.stdout.close)
        self.addCleanup(self.weir.wait)
        self.addCleanup(self.weir.kill)
        self.started = time.monotonic()
        line = self.weir.stdout.readline()
        self.url = re.search(r"http://\S+?/", line).group()
        self.browser = Browser()
        self.addCleanup(self.browser.close)

    def test_the_incident_is_seen(self):
        page = self.browser.page(self.url, 1280, "light")
        page.goto(self.url)
        page.wait_for_selector("main[aria-busy=false] table.fleet tbody tr", timeout=60_000)
        page.wait_for_selector("table.fleet tr[data-level=bad]",
                               timeout=1000 * (WITHIN_S - time.monotonic() + self.started))
        self.assertRegex(page.text_content("h1"), r"^\d of \d services needs? attention$")
        self.assertIn(BAD_GROUND, self.browser.colours(page.screenshot()))
        page.goto(self.url + "#/objectives")
        page.wait_for_selector("table.plain tr[data-level=bad]",
                               timeout=1000 * (WITHIN_S - time.monotonic() + self.started))
        self.assertRegex(page.text_content("h1"), r"^\d of \d budgets burn too fast$")
        for place in ("#/fleet?scope=tenant", "#/series?scope=service&at.service=chat",
                      "#/pipeline"):
            page.goto(self.url + place)
            page.wait_for_selector("main[aria-busy=false] .chart canvas")
            self.assertEqual(page.evaluate("document.documentElement.scrollWidth - innerWidth"), 0)
        self.assertEqual(self.browser.complaints, [])
        self.weir.send_signal(signal.SIGINT)
        self.assertEqual(self.weir.wait(30), 0)


if __name__ == "__main__":
    unittest.main()
