#!/usr/bin/env python3
"""What check predicts of the state is within 30 % of what inspect finds after a replay."""

import re
import unittest

from weir_cli import WeirTest, run

# scope, sizes of the simulated fleet, how many series they make
CASES = (
    ("service, model", ("--services", "10", "--models", "4", "--tenants", "5"), 40),
    ("service", ("--services", "8", "--models", "2", "--tenants", "5"), 8),
    ("tenant", ("--services", "2", "--models", "2", "--tenants", "60"), 60),
)
SECONDS = 3600
EVENTS = 120_000


class Forecast(WeirTest):
    def test_the_state_is_as_large_as_predicted(self):
        for scope, sizes, series in CASES:
            for sketches in "latency, ttft", "latency, ttft, tpot, queue, compute, network":
                with self.subTest(scope=scope, sketches=sketches):
                    name = f"{series}-{len(sketches)}"
                    config = self.write(f"{name}.yaml", (
                        f"fold:\n  scopes:\n    - dimensions: [{scope}]\n"
                        f"      windows: [1m/10s, 1h/1m]\n      sketches: [{sketches}]\n"))
                    # Around 08:00 the simulated load is the mean of its day.
                    raw, results = self.dir / f"{name}-raw", self.dir / f"{name}-results"
                    run("simulate", "--for", "1h", "--start", "2026-01-05T07:30:00Z", "--rate",
                        EVENTS / SECONDS, *sizes, "--no-incidents", "--out", raw)
                    run("replay", raw, "--out", results, "--config", config)
                    found = sum(map(int, re.findall(r"kpi/\d+ .* (\d+)$",
                                                    run("inspect", results).stdout, re.M)))
                    shown = run("check", config, "--series", series, "--rate",
                                EVENTS / SECONDS / series, "--for", "1h").stdout
                    predicted = int(re.search(r"all scopes after 1h: .* \((\d+) bytes\)",
                                              shown)[1])
                    self.assertLess(abs(predicted / found - 1), 0.3, (predicted, found))
                    print(f"{scope} ({sketches}): {predicted} predicted, {found} found, "
                          f"{predicted / found - 1:+.1%}")


if __name__ == "__main__":
    unittest.main()
