#!/usr/bin/env python3
"""Simulated traffic: the same seed gives the same bytes, and its labels are true."""

import json
import unittest
from datetime import datetime

from weir_cli import WeirTest, query, run


def files_of(directory):
    return {file.relative_to(directory): file.read_bytes()
            for file in sorted((directory / "topics").rglob("*")) if file.is_file()}


class Simulate(WeirTest):
    def simulated(self, name, *arguments):
        directory = self.dir / name
        return directory, run("simulate", *arguments, "--out", directory).stdout

    def test_the_same_seed_gives_the_same_bytes(self):
        one, _ = self.simulated("one", "--events", "50000", "--seed", "4")
        same, _ = self.simulated("same", "--events", "50000", "--seed", "4")
        other, _ = self.simulated("other", "--events", "50000", "--seed", "5")
        self.assertTrue(files_of(one))
        self.assertEqual(files_of(one), files_of(same))
        self.assertNotEqual(files_of(one), files_of(other))
        self.assertEqual((one / "labels.ndjson").read_text(), (same / "labels.ndjson").read_text())

    def test_as_many_events_as_asked_for(self):
        raw, summary = self.simulated("raw", "--events", "12345", "--partitions", "3")
        self.assertIn("12345 events", summary)
        results = self.dir / "results"
        run("replay", raw, "--out", results)
        rows = query(results, "service", "1h")
        last = {row["series"]["service"]: row["requests"] for row in rows}
        self.assertEqual(sum(last.values()), 12345)

    def test_without_incidents(self):
        raw, summary = self.simulated("raw", "--events", "1000", "--no-incidents")
        self.assertIn("0 incidents", summary)
        self.assertEqual((raw / "labels.ndjson").read_text(), "")

    def test_an_incident_shows_where_its_label_says(self):
        raw, _ = self.simulated("raw", "--for", "4h", "--rate", "20", "--seed", "2", "--tenants",
                                "5")
        results = self.dir / "results"
        run("replay", raw, "--out", results)
        labels = [json.loads(line) for line in (raw / "labels.ndjson").read_text().splitlines()]
        burst, = [label for label in labels if label["kind"] == "error_burst"]
        begin, end = (datetime.fromisoformat(burst[key]) for key in ("start_time", "end_time"))

        rows = query(results, "service", "1m", "--where", f"service={burst['service']}")
        worst = min((row for row in rows if row["requests"] >= 50),
                    key=lambda row: row["success_ratio"])
        self.assertTrue(begin < datetime.fromisoformat(worst["end_time"]) <= end, worst)


if __name__ == "__main__":
    unittest.main()
