#!/usr/bin/env python3
"""Alerts as a user has them: what fires, why, who is told, and what people say about it."""

import json
import os
import re
import unittest
from datetime import datetime, timedelta, timezone

from weir_cli import WeirTest, run
from weir_up import CONFIG, LATENCY_OBJECTIVE, Up, wait_until

START = datetime(2026, 1, 5, tzinfo=timezone.utc)
# Nobody listens there: what it is told waits.
ONCALL = """webhook:
  receivers: [{name: oncall, type: generic, url: 'http://127.0.0.1:9/', allow_private: true}]
"""
RULES = ONCALL + """slo: {objectives: [slo.yaml]}
alert: {receivers: [oncall], page: 'https://weir.example'}
"""
DEMO_INCIDENT_AFTER_S, DEMO_PAGES_WITHIN_S = 60, 60  # how it ends: demo_alert_test.py


def event(at, **fields):
    return json.dumps({"event_time": at.isoformat(), "service": "chat", "status": "ok",
                       "model": "a", "latency_us": 500_000, **fields}) + "\n"


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


class Alerts(WeirTest):
    def test_the_story_of_an_incident_in_a_log(self):
        self.write("slo.yaml", LATENCY_OBJECTIVE)
        config = self.write("weir.yaml", RULES)
        events = self.write("events.ndjson", "".join(
            event(START + timedelta(seconds=s / 10),
                  latency_us=5_000_000 if 600 <= s / 10 < 800 else 1) for s in range(20_000)))
        raw, results = self.dir / "raw", self.dir / "results"
        run("import", "ndjson", events, "--out", raw, "--partitions", 2)
        run("replay", raw, "--out", results, "--config", config)

        self.assertEqual(run("alerts", results, "--format", "json").stdout.count("page-1h"), 0)
        self.assertRegex(run("alerts", results, "--all").stdout,
                         r"resolved +chat-fast page-1h model=a +2026-01-05T00:1")
        self.assertIn("there is no silence", run("silence", "list", results, "--all").stderr)
        self.assertRegex(run("alerts", results, "--stats").stdout,
                         r"(?m)^all +\d+ +\d+ +\d+ +\d+ +0 +0 +- +- +\d+(\.\d)?[smh] ")
        self.assertRegex(run("alerts", results, "--stats", "--format", "csv").stdout,
                         r"(?m),mttr_s,mtbf_s$")
        alerts = lines(run("alerts", results, "--all", "--format", "json").stdout)
        page = [alert for alert in alerts if alert["labels"]["condition"] == "page-1h"][0]
        self.assertEqual((page["state"], page["severity"], page["life"], page["receivers"]),
                         ("resolved", "page", 1, ["oncall"]))
        self.assertEqual(page["labels"], {
            "alertname": "ErrorBudgetBurn", "condition": "page-1h", "model": "a",
            "objective": "chat-fast", "service": "chat", "severity": "page"})
        self.assertLess(page["starts_at"], "2026-01-05T00:11:00Z")
        self.assertGreater(page["ends_at"], "2026-01-05T00:13:20Z")
        self.assertEqual(page["annotations"]["command"], f"weir why {page['fingerprint']}")

        why = run("why", page["fingerprint"], results).stdout
        self.assertIn("is resolved since", why)
        told = [row["kind"] for row in lines(run("why", page["fingerprint"], results, "--format",
                                                 "json").stdout)]
        # A history passes so fast that its receiver may hear of the end alone, or not of it: the
        # interval of its group is not over.
        self.assertEqual([kind for kind in told if kind != "grouped"],
                         ["fired", "held", "resolved"])
        self.assertIn("grouped", told)
        unknown = run("why", "0" * 16, results, code=1)
        self.assertIn("there is no such alert", unknown.stderr)

        # And where its numbers came from: counts of panes, and the raw records that they are of.
        self.assertEqual(page["annotations"]["explain"],
                         f"weir explain --alert {page['fingerprint']} DIR, or --kafka FILE instead "
                         "of DIR")
        explained = run("explain", results, "--alert", page["fingerprint"]).stdout
        self.assertRegex(explained, r"chat-fast model=a at 2026-01-05T00:10:\d0Z\n  2m: \d+ bad of")
        self.assertEqual(explained.count("counted again from the log: the same"), 2)  # and 10s
        # What is bad of it is listed, and how much is not.
        said = re.search(r"\n  2m: (\d+) bad of (\d+), burn", explained)
        bad, total = int(said[1]), int(said[2])
        spared = re.search(r"\n  not listed without --all: (\d+) counts of panes with nothing bad, "
                           r"of (\d+) events\n", explained)
        self.assertEqual(int(spared[2]), total - bad)
        self.assertIn("\n  from_records: all raw records that were counted at once, ", explained)
        rows = re.findall(r"(?m)^20\S+ +(\d+) +(\d+) +weir\.sli/", explained)
        self.assertEqual((len(rows) > 0, sum(int(row[1]) for row in rows)), (True, bad))
        self.assertNotIn("0", [row[1] for row in rows])
        whole = run("explain", results, "--alert", page["fingerprint"], "--all").stdout
        self.assertNotIn("not listed", whole)
        self.assertEqual(len(re.findall(r"(?m)^20\S+ +\d+ +\d+ +weir\.sli/", whole)),
                         len(rows) + int(spared[1]))
        counts = lines(run("explain", results, "--objective", "chat-fast", "--series", "model=a",
                           "--window", "1h", "--format", "json").stdout)
        self.assertEqual({row["from_records"].split("@")[0] for row in counts},
                         {"weir.inference/0", "weir.inference/1"})
        self.assertEqual(sum(row["bad"] for row in counts), 2_000)
        for arguments, expected in (
                (("--alert", "0" * 16), "there is no such alert"),
                (("--objective", "none"), "nothing was told of it"),
                (("--objective", "chat-fast"), "it has: model=a"),
                (("--objective", "chat-fast", "--series", "model=a", "--window", "7m"),
                 "has no window of 7m; it has:")):
            self.assertIn(expected, run("explain", results, *arguments, code=1).stderr)
        for arguments, expected in ((("--alert", "nonsense"), "fingerprint"),
                                    (("--alert", "0" * 16, "--at", "2026-01-05T00:00:00Z"),
                                     "--at excludes --alert")):
            self.assertIn(expected, run("explain", results, *arguments, code=2).stderr)

    def test_a_silence_is_explained_by_since_when_and_how_probable_it_is(self):
        self.write("slo.yaml", LATENCY_OBJECTIVE)
        config = self.write("weir.yaml", RULES)
        # The model a pauses from 00:29:40 to 00:50:00, and b never does.
        events = self.write("events.ndjson", "".join(
            event(START + timedelta(seconds=s), model=model, latency_us=1)
            for s in range(0, 3_600, 10) for model in "ab"
            if model == "b" or (s % 30 == 0 and not 1_780 <= s < 3_000)))
        raw, results = self.dir / "raw", self.dir / "results"
        run("import", "ndjson", events, "--out", raw, "--partitions", 1)
        run("replay", raw, "--out", results, "--config", config)
        silent, = lines(run("alerts", results, "--all", "--format", "json").stdout)
        self.assertEqual((silent["labels"]["condition"], silent["labels"]["model"],
                          silent["state"]), ("silent", "a", "resolved"))
        explained = run("explain", results, "--alert", silent["fingerprint"]).stdout
        self.assertRegex(explained, (
            r"^chat-fast model=a at 2026-01-05T00:40:00Z\n"
            r"  nothing came since 2026-01-05T00:29:40Z; after 60 in the last 1h chance alone does "
            r"that with probability \S+\n"
            r"  1h: 60 events; counted again from the log: the same\n"))

    def test_the_demonstration_pages_and_somebody_takes_it_on(self):
        up = Up(self, self.dir / "data", CONFIG + ONCALL, arguments=["--demo"])
        incident = datetime.now(timezone.utc) + timedelta(seconds=DEMO_INCIDENT_AFTER_S)

        def pages():
            return [alert for alert in up.get("/api/v1/alerts")["alerts"]
                    if alert["severity"] == "page" and alert["state"] == "firing"
                    and not alert["silenced_by"]]
        page = wait_until(pages, "a page", DEMO_INCIDENT_AFTER_S + DEMO_PAGES_WITHIN_S)[0]
        fired_at = datetime.fromisoformat(page["fired_at"])
        self.assertGreater(fired_at, incident - timedelta(seconds=1))
        self.assertLess(fired_at, incident + timedelta(seconds=DEMO_PAGES_WITHIN_S))
        alert = page["fingerprint"]
        self.assertIn(alert, run("alerts", up.directory).stdout)
        there = ("--url", up.url)
        self.assertEqual(run("alerts", *there).stdout, run("alerts", up.directory).stdout)
        budgets = [run("slo", "status", *place).stdout.splitlines()
                   for place in (there, (up.directory,))]
        self.assertEqual(*({line.split()[1] for line in lines_of} for lines_of in budgets))
        self.assertGreater(len(budgets[0]), 1)
        # Its notification waits until every task that evaluates conditions is as far.
        wait_until(lambda: re.search(r"grouped +oncall +the group",
                                     run("why", alert, up.directory).stdout), "the notification")

        asked_at = datetime.now(timezone.utc)
        taken = run("ack", alert, "--by", "ann", "--note", "looking\nat it", *there)
        self.assertIn(f"{alert} is acknowledged by ann", taken.stdout)
        wait_until(lambda: [each for each in up.get("/api/v1/alerts")["alerts"]
                            if each["acknowledged"] and each["acknowledged"]["by"] == "ann"],
                   "the acknowledgement")
        self.assertRegex(run("ack", alert, "--by", "ann", *there).stdout,
                         rf"^{alert} is already taken on by ann at 20\S+Z; nothing is changed\n$")
        wait_until(lambda: "ann took it on: looking at it" in run("why", alert, *there).stdout,
                   "the note, on one line")
        # When it was decided, and not the event time of the alert.
        decided_at = re.search(r"(?m)^(20\S+) +20\S+ +acknowledged ",
                               run("why", alert, *there).stdout)[1]
        self.assertGreaterEqual(datetime.fromisoformat(decided_at), asked_at)
        self.assertEqual(run("ack", alert, "--by", "bob", *there).stdout,
                         f"{alert} is acknowledged by bob, who takes it over from ann\n")
        wait_until(lambda: "bob took it over from ann" in run("why", alert, *there).stdout,
                   "the hand-over")
        self.assertRegex(run("alerts", *there).stdout, rf"(?m)^{alert} .*bob is on it")
        added = run("silence", "add", "service=chat", "--for", "1h", "--by", "ann", "--reason",
                    "looking", *there)
        silence = added.stdout.strip()
        self.assertRegex(silence, "^[0-9a-f]{32}$")
        self.assertRegex(added.stderr, r'^weir: silenced \{service="chat"\} until 20\S+Z; it holds '
                                       r'of [1-9] alerts? ')
        wait_until(lambda: not pages(), "the silence")
        for place in (there, (up.directory,)):
            listed, = lines(run("silence", "list", *place, "--format", "json").stdout)
            self.assertEqual((listed["id"], listed["state"], listed["matchers"], listed["by"]),
                             (silence, "active", ['service="chat"'], "ann"))
            self.assertIn(' service="chat" ', run("silence", "list", *place).stdout)
        run("silence", "expire", silence, "--author", "ann & bob", *there)
        wait_until(lambda: not up.get("/api/v1/silences")["silences"], "the silence's end")
        self.assertIn("ann & bob", run("inspect", up.directory, "weir.signal", "--limit",
                                       1_000_000).stdout)
        run("mark", alert, "--useful", "--by", "ann", *there)
        wait_until(lambda: re.search(r"useful", run("why", alert, *there).stdout), "the mark")
        self.assertRegex(run("alerts", "--stats", *there).stdout, r"all +\d+ +\d+")
        kinds = [row["kind"] for row in up.get("/api/v1/decisions", alert=alert)["decisions"]]
        for kind in ("fired", "grouped", "acknowledged", "silenced"):
            self.assertIn(kind, kinds)
        self.assertEqual(up.get("/api/v1/alerts/stats")["all"]["acknowledged"], 1)
        wait_until(lambda: 'weir_alert_acknowledged_lives{scope="*"} 1\n' in up.get("/metrics"),
                   "the statistics on /metrics")
        self.assertEqual(up.stop(), 0)

    def test_what_is_refused_says_what_to_do(self):
        secrets = {"READ": "read-token-of-a-test", "WRITE": "write-token-of-a-test"}
        up = Up(self, self.dir / "data", "raw_partitions: 1\npartitions: 1\nhttp: {listen: "
                "'127.0.0.1:0', tokens: {read: env:READ, write: env:WRITE}}\n", secrets)
        there, unknown = ("--url", up.url), "0" * 16
        nobody = {name: value for name, value in os.environ.items()
                  if not re.fullmatch("WEIR_(READ|WRITE)_TOKEN", name)}
        both = {**nobody, "WEIR_READ_TOKEN": secrets["READ"],
                "WEIR_WRITE_TOKEN": secrets["WRITE"]}
        token = self.write("token", "not-the-token-it-wants\n")

        def refused(*arguments, env):
            shown = run(*arguments, code=1, env=env).stderr
            self.assertEqual(len(shown.splitlines()), 1, shown)
            for secret in (*secrets.values(), "not-the-token-it-wants"):
                self.assertNotIn(secret, shown)
            return shown
        self.assertIn("variable WEIR_READ_TOKEN", refused("alerts", *there, env=nobody))
        self.assertIn("the write token is missing or wrong", refused(
            "ack", unknown, "--by", "ann", "--token", f"file:{token}", *there, env=both))
        self.assertIn("`weir alerts --all`", refused("ack", unknown, "--by", "ann", *there,
                                                     env=both))
        self.assertIn(f"{unknown} is a fingerprint", run(
            "ack", unknown, "f" * 16, "--by", "ann", *there, code=2, env=both).stderr)
        self.assertIn("`weir silence list`", refused(
            "silence", "expire", "0" * 32, "--by", "ann", *there, env=both))
        for everything in ('service=~".+"', 'nope='):
            self.assertIn("matchers: each of them holds of", refused(
                "silence", "add", everything, "--for", "1h", "--by", "ann", "--reason", "r", *there,
                env=both))
        unheard = run("silence", "add", "severity=critical", "--for", "1h", "--by", "ann",
                      "--reason", "r", *there, env=both)
        self.assertRegex(unheard.stdout, "^[0-9a-f]{32}\n$")
        self.assertIn('weir: warning: severity="critical" holds of no alert: a severity is page, '
                      'ticket or info\n', unheard.stderr)
        self.assertIn("for: must be at most 366d", refused(
            "silence", "add", "a=b", "--for", "400d", "--by", "ann", "--reason", "r", *there,
            env=both))
        self.assertIn("no such alert", refused("why", unknown, *there, env=both))
        self.assertEqual(run("alerts", *there, "--format", "csv", env=both).stdout.count("\n"), 1)
        self.assertIn("nothing is pending or fires", run("alerts", *there, env=both).stderr)
        self.assertEqual(up.stop(), 0)
        self.assertIn("is a weir running there?", refused("alerts", *there, env=nobody))


if __name__ == "__main__":
    unittest.main()
