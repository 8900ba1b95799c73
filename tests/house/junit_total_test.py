#!/usr/bin/env python3
"""tools/junit_total.py says what failed, why as far as the test said, and how many."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "tools/junit_total.py"
REPORT = """<testsuite>
<testcase name="good" status="run"><system-out>all is well</system-out></testcase>
<testcase name="Sum.IsRight" status="fail"><failure message="Failed"/>
<system-out>[ RUN      ] Sum.IsRight
sum_test.cc:7: Failure
  2 + 2

[  FAILED  ] Sum.IsRight (0 ms)
 1 FAILED TEST
</system-out></testcase>
<testcase name="e2e.long" status="fail"><failure message="Timeout"/><system-out>%s</system-out>
</testcase>
<testcase name="absent" status="notrun"><skipped message="Unable to find executable"/></testcase>
<testcase name="no.data" status="notrun"><skipped message="SKIP_RETURN_CODE=77"/></testcase>
</testsuite>
""" % "\n".join(f"line {number}" for number in range(100))


class JunitTotal(unittest.TestCase):
    def test_what_failed_has_its_last_words(self):
        with tempfile.NamedTemporaryFile("w", suffix=".xml") as report:
            report.write(REPORT)
            report.flush()
            said = subprocess.run([sys.executable, "-B", SCRIPT, report.name], text=True,
                                  capture_output=True, check=True).stdout
        self.assertEqual(said.splitlines(), [
            "failed: Sum.IsRight", "    sum_test.cc:7: Failure", "      2 + 2",
            "failed: e2e.long", *(f"    line {number}" for number in range(85, 100)),
            "failed: absent", "1 passed, 3 failed, 1 skipped"])


if __name__ == "__main__":
    unittest.main()
