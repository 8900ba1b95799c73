#!/usr/bin/env python3
"""`memory:` is what the process takes as the system counts it, with 20,000 series of two scopes, of
which one is derived from the other; their state is a third of it and their results are two."""

import os
import subprocess
import unittest

from weir_cli import WEIR, WeirTest, run

TENANTS = 10_000
BUDGET_MIB = 128
# The binary, its libraries, the stacks of its threads, and what the allocator keeps. With `memory:
# 1GiB` the same replay takes some 260 MiB.
BESIDE_MIB = 64
CONFIG = f"""
memory: {BUDGET_MIB}MiB
fold:
  scopes:
    - {{dimensions: [tenant, business_line], windows: [1m/1m, 1h/1m], sketches: [latency, ttft]}}
    - {{dimensions: [tenant], windows: [1m/1m, 1h/1m], sketches: [latency, ttft]}}
"""


class Memory(WeirTest):
    def test_a_replay_of_many_series_stays_within_the_budget(self):
        config = self.write("weir.yaml", CONFIG)
        raw, out = self.dir / "raw", self.dir / "out"
        run("simulate", "--events", 20 * TENANTS, "--rate", TENANTS / 30, "--lean", "--tenants",
            TENANTS, "--tenant-skew", 0, "--no-incidents", "--out", raw)
        with open(self.dir / "log", "w+", encoding="utf-8") as log:
            replay = subprocess.Popen([WEIR, "replay", raw, "--out", out, "--config", config],
                                      stdout=log, stderr=log)
            _, status, usage = os.wait4(replay.pid, 0)
            replay.returncode = os.waitstatus_to_exitcode(status)
            log.seek(0)
            self.assertEqual(replay.returncode, 0, log.read())
        resident_mib = usage.ru_maxrss / 1024
        print(f"{resident_mib:.0f} MiB resident of {BUDGET_MIB} + {BESIDE_MIB}")
        self.assertLess(resident_mib, BUDGET_MIB + BESIDE_MIB)


if __name__ == "__main__":
    unittest.main()
