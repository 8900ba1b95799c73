#!/usr/bin/env python3
"""What check predicts of the state is within 30 % of what inspect finds after a replay."""

import re
import resource
import unittest
from dataclasses import dataclass

from weir_cli import WeirTest, run
from weir_up import LATENCY_OBJECTIVE

SECONDS = {"1h": 3600, "3d": 3 * 86400, "30d": 30 * 86400}


@dataclass
class Case:
    """A scope and the simulated fleet whose `series` it has."""
    dimensions: str
    fleet: tuple
    series: int
    windows: str = "1m/10s, 1h/1m"
    more: str = "sketches: [latency, ttft]"
    skew: int = 1  # of tenants
    age: str = "1h"
    events: int = 120_000


class Forecast(WeirTest):
    def check(self, case):
        config = self.write("weir.yaml", (
            f"fold:\n  scopes:\n    - dimensions: [{case.dimensions}]\n"
            f"      windows: [{case.windows}]\n      {case.more}\n"))
        raw, results = self.dir / "raw", self.dir / "results"
        rate = case.events / SECONDS[case.age]
        # Around 08:00 the simulated load is the mean of its day.
        run("simulate", "--for", case.age, "--start", "2026-01-05T07:30:00Z", "--rate", rate,
            *case.fleet, "--tenant-skew", case.skew, "--no-incidents", "--out", raw)
        run("replay", raw, "--out", results, "--config", config)
        found = sum(map(int, re.findall(r"kpi/\d+ .* (\d+)$", run("inspect", results).stdout,
                                        re.M)))
        shown = run("check", config, "--series", case.series, "--rate", rate / case.series, "--for",
                    case.age, "--tenant-skew", case.skew).stdout
        predicted = int(re.search(rf"all scopes after {case.age}: .* \((\d+) bytes\)", shown)[1])
        print(f"{case.dimensions} ({case.windows}; {case.more}) after {case.age}: {predicted} "
              f"predicted, {found} found, {predicted / found - 1:+.1%}")
        self.assertLess(abs(predicted / found - 1), 0.3, (predicted, found))

    def test_services_and_models(self):
        self.check(Case("service, model", ("--services", 10, "--models", 4, "--tenants", 5), 40))

    def test_services(self):
        self.check(Case("service", ("--services", 8, "--models", 2, "--tenants", 5), 8))

    def test_few_busy_tenants_and_many_quiet_ones(self):
        self.check(Case("tenant", ("--services", 2, "--models", 2, "--tenants", 60), 60))

    def test_tenants_that_are_all_alike(self):
        self.check(Case("tenant", ("--services", 2, "--models", 2, "--tenants", 1000), 1000, skew=0,
                        events=15_000))

    def test_quiet_series_keep_panes_of_long_ago(self):
        self.check(Case("tenant", ("--services", 2, "--models", 2, "--tenants", 60), 60, age="3d",
                        events=30_000))

    def test_a_sketch_of_every_duration(self):
        self.check(Case("service, model", ("--services", 10, "--models", 4, "--tenants", 5), 40,
                        more="sketches: [latency, ttft, tpot, queue, compute, network]"))

    def test_distinct_users(self):
        self.check(Case("service", ("--services", 8, "--models", 2, "--tenants", 5), 8,
                        more="distinct: [users]"))

    def test_a_month_of_windows_of_a_month(self):
        self.check(Case("service, model", ("--services", 4, "--models", 2, "--tenants", 5), 8,
                        windows="1m/10s, 1d/10m, 30d/1h", age="30d", events=100_000))

    def cost(self, config):
        """What check predicts, and the seconds of CPU that it took."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        shown = run("check", config).stdout
        spent = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
        return shown[shown.index("\nstate of kpi"):], spent

    def test_many_objectives_cost_no_more(self):
        """No pane depends on them, so no simulated event is judged by them."""
        self.write("slo.yaml", "---\n".join(LATENCY_OBJECTIVE.replace("chat", f"chat{number}")
                                            for number in range(1000)))
        plain, plain_s = self.cost(self.write("plain.yaml", "partitions: 1\n"))
        full, full_s = self.cost(self.write("full.yaml",
                                            "partitions: 1\nslo: {objectives: [slo.yaml]}\n"))
        self.assertEqual(full, plain)
        self.assertLess(full_s, 2 * plain_s + 1)


if __name__ == "__main__":
    unittest.main()
