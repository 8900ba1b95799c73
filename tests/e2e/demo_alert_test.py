#!/usr/bin/env python3
"""What the alerts of `weir up --demo` promise, at its first start and at a later one on the same
data: the incident fires a page within a minute of its begin; the first is seen to resolve after its
end. Nine minutes, nearly all of it waiting."""

import time
import unittest
from datetime import datetime

from weir_cli import WeirTest
from weir_up import PATIENCE_S, Up, wait_until

INCIDENT_AFTER_S, INCIDENT_S = 60, 240  # tools/weir/demo.h
PAGES_WITHIN_S = 60
# The short window is a minute, `keep_firing_for` another one; and time is known by panes.
RESOLVES_WITHIN_S = 60 + 60 + 30


def seconds_of(time_text):
    return datetime.fromisoformat(time_text).timestamp()


class DemoAlertTest(WeirTest):
    def test_each_start_pages_for_its_incident_which_resolves_after_it(self):
        up, begin = self.start()
        self.await_page(up, begin)
        end = begin + INCIDENT_S
        wait_until(lambda: not self.pages(up, "firing"), "the end of the pages",
                   end + RESOLVES_WITHIN_S + PATIENCE_S - time.time())
        ended = [seconds_of(each["ends_at"]) for each in self.pages(up, "resolved")
                 if seconds_of(each["fired_at"]) > begin - 1]
        self.assertGreater(min(ended), end)
        self.assertLess(max(ended), end + RESOLVES_WITHIN_S)
        self.assertEqual(up.stop(), 0)

        up, begin = self.start()
        self.await_page(up, begin)
        self.assertEqual(up.stop(), 0)

    def start(self):
        """On the same data; and when its incident begins."""
        up = Up(self, self.dir / "data", "http: {listen: '127.0.0.1:0'}\n", arguments=["--demo"])
        self.assertEqual(self.pages(up, "firing"), [])
        return up, time.time() + INCIDENT_AFTER_S

    def await_page(self, up, begin):
        page = wait_until(lambda: self.pages(up, "firing"), "a page",
                          INCIDENT_AFTER_S + PAGES_WITHIN_S)[0]
        self.assertGreater(seconds_of(page["fired_at"]), begin - 1)
        self.assertLess(seconds_of(page["fired_at"]), begin + PAGES_WITHIN_S)

    def pages(self, up, state):
        return [alert for alert in up.get("/api/v1/alerts", all="true")["alerts"]
                if alert["severity"] == "page" and alert["state"] == state]


if __name__ == "__main__":
    unittest.main()
