#!/usr/bin/env python3
"""What query shows: restatements, values carried forward, series above the cap, filters."""

import csv
import json
import unittest
from datetime import datetime, timedelta, timezone

from weir_cli import WeirTest, query, run

def event(at_s, **fields):
    time = datetime(2026, 1, 5, tzinfo=timezone.utc) + timedelta(seconds=at_s)
    return json.dumps({"event_time": time.isoformat(), "service": "chat", "status": "ok",
                       **fields}) + "\n"


class Results(WeirTest):
    def replayed(self, events, config="", partitions=1):
        raw, results = self.dir / "raw", self.dir / "results"
        file = self.write("events.ndjson", "".join(events))
        run("import", "ndjson", file, "--out", raw, "--partitions", partitions)
        run("replay", raw, "--out", results, "--config", self.write("weir.yaml", config))
        return results

    def test_a_quiet_series_keeps_its_value(self):
        """Nothing enters or leaves a window for half an hour: it still has an end each minute."""
        results = self.replayed([event(0), event(0), *(event(s, service="busy")
                                                       for s in range(0, 1800, 5))],
                                config="partitions: 1\n")
        rows = query(results, "service", "1h", "--where", "service=chat")
        self.assertEqual([row["end_time"] for row in rows],
                         [f"2026-01-05T00:{minute:02}:00Z" for minute in range(1, 31)])
        self.assertEqual({row["requests"] for row in rows}, {2})

    def test_an_emptied_window_is_told_once(self):
        results = self.replayed([event(0), event(600)])
        rows = query(results, "service", "1m")
        self.assertEqual(
            [(row["end_time"][14:19], row["requests"]) for row in rows],
            [*((f"00:{s}0", 1) for s in range(1, 6)), ("01:00", 1), ("01:10", 0), ("10:10", 1)])
        self.assertEqual((rows[-2]["status"], rows[-2]["success_ratio"]), (None, None))

    def test_series_above_the_cap_are_added_up(self):
        config = ("partitions: 3\nkpi:\n  max_series: 1\nfold:\n  scopes:\n"
                  "    - dimensions: [tenant]\n      windows: [1m/1m]\n      distinct: [users]\n")
        results = self.replayed([event(i % 50, tenant=f"tenant-{i % 40}", latency_us=1000 * i,
                                       input_tokens=i, user_hash=f"{i + 1:x}")
                                 for i in range(1, 401)], config)
        rows = query(results, "tenant", "1m")
        other, = [row for row in rows if row["overflow"]]
        kept = [row for row in rows if not row["overflow"]]
        self.assertEqual(other["series"], {"tenant": "__other__"})
        self.assertEqual(sum(row["requests"] for row in rows), 400)
        self.assertEqual(sum(row["input_tokens"] for row in rows), sum(range(1, 401)))
        self.assertEqual(len(kept), 3)  # one of each partition
        self.assertEqual(sum(row["latency_us"]["mean"] * row["requests"] for row in rows),
                         1000 * sum(range(1, 401)))
        self.assertEqual((other["latency_us"]["p50"], other["distinct_users"],
                          other["peak_requests_per_second"], other["success_ratio"]),
                         (None, None, None, 1.0))
        apart = [row for row in query(results, "tenant", "1m", "--all") if row["overflow"]]
        self.assertEqual(len({row["as_of"]["partition"] for row in apart}), 3)
        self.assertEqual(sum(row["requests"] for row in apart), other["requests"])

    def test_filters_and_formats(self):
        results = self.replayed([event(s, service=service, model="m,1", latency_us=2000)
                                 for s in range(30) for service in ("chat", "code")])
        rows = query(results, "service,model", "1m/10s", "--where", "service=code", "--where",
                     "model=m,1")
        self.assertEqual([row["requests"] for row in rows], [10, 20, 30])
        self.assertEqual(rows[0]["scope"], ["service", "model"])
        self.assertEqual(rows[0]["series"], {"service": "code", "model": "m,1"})
        self.assertEqual(rows[0]["window"], "1m/10s")
        self.assertEqual(rows[0]["complete"], True)
        self.assertEqual(rows[0]["unrated_status"], ["client_error", "cancelled"])
        self.assertEqual(query(results, "service", "1m", "--where", "service=none"), [])
        nothing = run("query", results, "kpi", "--scope", "service", "--window", "1m", "--where",
                      "service=none")
        self.assertIn("weir: no window of 1m/10s matches", nothing.stderr)
        self.assertEqual(len(nothing.stdout.splitlines()), 1)  # the titles
        self.assertEqual(run("query", results, "deadletter").stderr, "weir: nothing was refused\n")

        lines = run("query", results, "kpi", "--scope", "service,model", "--window", "1m",
                    "--format", "csv").stdout.splitlines()
        header, first, *_ = csv.reader(lines)
        row = dict(zip(header, first))
        self.assertEqual((row["model"], row["requests"], row["latency_us.max"],
                          row["ttft_us.max"], row["success_ratio"]),
                         ("m,1", "10", "2000", "", "1.0"))
        table = run("query", results, "kpi", "--scope", "service,model", "--window", "1m").stdout
        self.assertIn("not rated: client_error, cancelled", table.splitlines()[0])
        self.assertRegex(table, r"2026-01-05T00:00:10Z +chat +m,1 +10 +100\.00% +2\.0ms ")

    def test_what_no_event_told_is_absent_and_a_zero_is_a_value(self):
        told = {"quiet": {}, "warm": {"cold_start_us": 0, "retry_count": 0},
                "cold": {"cold_start_us": 90_000}}
        results = self.replayed([event(1, service=service, **more)
                                 for service, more in told.items()] + [event(1, service="cold")])
        first = ("--to", "2026-01-05T00:00:10Z")
        rows = {row["series"]["service"]: row for row in query(results, "service", "1m", *first)}
        self.assertEqual({name: (row["cold_starts"], row["cold_start_us"] and
                                 row["cold_start_us"]["count"], row["retries"])
                          for name, row in rows.items()},
                         {"quiet": (None, None, None), "warm": (0, None, 0), "cold": (1, 1, None)})
        lines = csv.DictReader(run("query", results, "kpi", "--scope", "service", "--window", "1m",
                                   *first, "--format", "csv").stdout.splitlines())
        self.assertEqual({row["service"]: row["cold_starts"] for row in lines},
                         {"quiet": "", "warm": "0", "cold": "1"})

    def test_dead_letters_of_a_replay(self):
        """An event that is too old is refused where it was folded, and says so."""
        results = self.replayed([event(200_000 + s // 64) for s in range(1024)] + [event(5)])
        letter = json.loads(run("query", results, "deadletter", "--format", "json").stdout)
        self.assertEqual((letter["topic"], letter["partition"], letter["reason"]),
                         ("weir.inference", 0, "too_old"))
        self.assertIn("too_old", run("query", results, "deadletter", "--format", "csv").stdout)

    def test_refused_rows_go_with_a_replay(self):
        """Each once, however often it is continued."""
        results = self.replayed([event(1), "{not json\n", event(2), "[]\n"])
        run("replay", self.dir / "raw", "--out", results, "--config", self.dir / "weir.yaml")
        letters = [json.loads(line) for line in run("query", results, "deadletter", "--format",
                                                    "json").stdout.splitlines()]
        self.assertEqual([(letter["source"].rpartition(":")[2], letter["original"])
                          for letter in letters], [("2", "{not json"), ("4", "[]")])


if __name__ == "__main__":
    unittest.main()
