#!/usr/bin/env python3
"""Objectives as a user has them: a document, events, and budgets that recount the events."""

import json
import re
import shutil
import unittest
from datetime import datetime, timedelta, timezone

from weir_cli import ROOT, WeirTest, run

START = datetime(2026, 1, 5, tzinfo=timezone.utc)
OBJECTIVE = """apiVersion: openslo/v1
kind: SLO
metadata: {name: chat-goodput}
spec:
  service: chat
  indicator:
    metadata: {name: goodput}
    spec:
      ratioMetric:
        counter: true
        good: {metricSource: {type: weir, spec: {query: status == ok && latency <= 800ms}}}
        total: {metricSource: {type: weir, spec: {query: service == chat, per: [model]}}}
  timeWindow: [{duration: 1d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{target: 0.9}]
"""


def event(at_s, **fields):
    time = START + timedelta(seconds=at_s)
    return json.dumps({"event_time": time.isoformat(), "service": "chat", "status": "ok",
                       "model": "a", "latency_us": 500_000, **fields}) + "\n"


class Slo(WeirTest):
    def replayed(self, events, objective=OBJECTIVE):
        raw, results = self.dir / "raw", self.dir / "results"
        file = self.write("events.ndjson", "".join(events))
        self.write("slo.yaml", objective)
        config = self.write("weir.yaml", "slo: {objectives: [slo.yaml]}\n")
        run("import", "ndjson", file, "--out", raw, "--partitions", 2)
        run("replay", raw, "--out", results, "--config", config)
        return results

    def burn(self, results, *options):
        shown = run("query", results, "burn", "--format", "json", *options).stdout
        return [json.loads(line) for line in shown.splitlines()]

    def changes(self, results, condition):
        shown = run("inspect", results, "weir.signal", "--limit", 10_000).stdout
        told = [json.loads(line)["message"].get("condition") for line in shown.splitlines()]
        return [change for change in told if change and change["condition"] == condition]

    def test_a_budget_is_a_recount_of_its_events(self):
        events = [event(s, model="ab"[s % 2],
                        latency_us=900_000 if s % 7 == 0 else 800_000,
                        status="timeout" if s % 50 == 0 else "ok",
                        service="chat" if s % 3 else "rank") for s in range(3600)]
        results = self.replayed(events)
        counted = {}
        for s in range(3600):
            if s % 3 == 0:
                continue
            good, total = counted.get("ab"[s % 2], (0, 0))
            counted["ab"[s % 2]] = (good + (s % 7 != 0 and s % 50 != 0), total + 1)
        last = self.burn(results, "--last")
        self.assertEqual({row["series"][0]: (row["budget"]["good"], row["budget"]["total"])
                          for row in last}, counted)
        self.assertEqual({row["end_time_us"] for row in last},
                         {int((START.timestamp() + 3600) * 1e6)})
        row = last[0]
        bad, total = row["total"] - row["good"], row["total"]
        self.assertAlmostEqual(row["budget"]["burn_rate"], bad / total / 0.1)
        self.assertEqual(row["budget"]["budget_us"], 8_640_000_000)
        self.assertEqual(row["condition"][0]["name"], "page-1h")
        status = run("slo", "status", results).stdout
        self.assertRegex(status, r"chat-goodput +model=a +\d+ +\d+ ")
        self.assertIn("left is of 1h so far", status)

    def test_slices_are_explained_by_their_events(self):
        # Given a minute in every ten with one slow request in three.
        for method, bad, left, slices in (
                ("Timeslices", "6 bad of 60 slices", "95.8%",  # of 144 minutes
                 ("good where at least 0.95 of their events are", r"0\.95 +bad", r"0\.95 +good")),
                ("RatioTimeslices", "2 bad of 60 slices", "98.6%",
                 ("each as the ratio of its good events", r"- +0\.666667 good", r"- +1 good"))):
            with self.subTest(method):
                shutil.rmtree(self.dir)
                self.dir.mkdir()
                results = self.replayed(
                    [event(s, latency_us=900_000 if s % 600 < 60 and s % 3 == 0 else 1)
                     for s in range(3600)],
                    objective=OBJECTIVE.replace("Occurrences", method).replace(
                        "{target: 0.9}", "{target: 0.9, timeSliceWindow: 1m"
                        + (", timeSliceTarget: 0.95}" if method == "Timeslices" else "}")))
                # When the last hour is explained, then its slices are judged again.
                explained = run("explain", results, "--objective", "chat-goodput", "--series",
                                "model=a", "--all").stdout
                self.assertIn(f"\n  1h: {bad}, burn rate = (", explained)
                self.assertIn("; counted again from the log: the same\n", explained)
                how, first, second = slices
                self.assertIn(f"\n  counted in slices of 1m, {how}\n", explained)
                where = r" +weir\.sli/\d+@\[\d+, \d+\) +weir\.inference/\d@\[\d+, \d+\)"
                self.assertRegex(explained, r"\n2026-01-05T00:00:00Z +40 +60 +0\.666667 +"
                                 + first + where)
                self.assertRegex(explained, r"\n2026-01-05T00:01:00Z +60 +60 +1 +"
                                 + second + where)
                self.assertEqual(explained.count("\n2026-01-05T00:"), 60)
                # Of those that count as good only how many there are, where nobody asks for all.
                shortly = run("explain", results, "--objective", "chat-goodput", "--series",
                              "model=a").stdout
                self.assertIn("\n  not listed without --all: 54 slices that count as good, of 3240 "
                              "events\n", shortly)
                self.assertEqual(re.findall(r"(?m)^2026-01-05T00:(\d\d):00Z ", shortly),
                                 ["00", "10", "20", "30", "40", "50"])
                # They spend of the whole day, however young the ledger is.
                status = run("slo", "status", results).stdout
                self.assertRegex(status, rf"model=a +5[48] +60 .* {left} ")
                self.assertNotIn("so far", status)

    def test_an_incident_changes_a_condition_and_its_end_does_too(self):
        results = self.replayed((event(s / 10, latency_us=5_000_000 if 600 <= s / 10 < 800 else 1)
                                for s in range(20_000)),
                                objective=OBJECTIVE.replace("target: 0.9", "target: 0.99"))
        self.assertEqual([change["state"] for change in self.changes(results, "page-1h")],
                         ["CONDITION_STATE_FIRING", "CONDITION_STATE_QUIET"])

    def test_a_service_that_falls_silent_is_told_until_it_is_heard_again(self):
        results = self.replayed([event(s) for s in [*range(1200), *range(3000, 3060)]])
        began, ended = self.changes(results, "silent")
        self.assertEqual((began["state"], began["severity"], began["series"]),
                         ("CONDITION_STATE_FIRING", "ticket", ["a"]))
        self.assertTrue(began["reason"].startswith("nothing came since 2026-01-05T00:20:00Z; "))
        self.assertEqual((ended["state"], ended["reason"]),
                         ("CONDITION_STATE_QUIET", "events come again"))

    def test_init_writes_documents_that_can_run(self):
        written = run("slo", "init", "--service", "chat").stdout
        self.assertEqual(written, (ROOT / "deploy/slo.yaml").read_text())
        file = self.write("slo.yaml", written)
        listed = run("slo", "list", file).stdout
        self.assertRegex(listed, r"chat-availability +chat +0\.999 +30d +Occurrences +4 ")
        self.assertNotIn("cannot run", listed)
        checked = run("check", self.write("weir.yaml", "slo: {objectives: [slo.yaml]}\n")).stdout
        self.assertIn("objective chat-goodput of chat: target 0.95, 4 conditions\n", checked)

    def test_what_is_wrong_has_its_line_and_a_caret(self):
        self.write("slo.yaml", OBJECTIVE.replace("<= 800ms", "<= 800"))
        config = self.write("weir.yaml", "slo: {objectives: [slo.yaml]}\n")
        error = run("check", config, code=1).stderr
        self.assertIn("slo.yaml:11: key 'spec.indicator.spec.ratioMetric.good.metricSource.spec."
                      "query': '800' is not a duration", error)
        self.assertIn("  status == ok && latency <= 800\n", error)
        self.assertRegex(error, r"\n[^\n]* {29}\^\n")

    def test_another_source_is_refused_when_it_is_to_run(self):
        file = self.write("slo.yaml", OBJECTIVE.replace("type: weir", "type: prometheus"))
        config = self.write("weir.yaml", "slo: {objectives: [slo.yaml]}\n")
        listed = run("slo", "list", file, code=1)
        self.assertIn("cannot run: ", listed.stdout)
        self.assertIn("1 of 1 objectives cannot run", listed.stderr)
        self.assertIn("is not one that Weir reads", run("check", config, code=1).stderr)


if __name__ == "__main__":
    unittest.main()
