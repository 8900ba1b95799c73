#!/usr/bin/env python3
"""Receivers of alerts, whatever happens to them and to Weir: nothing is lost, each group is told in
order, and what comes twice has the same id. And a real Alertmanager."""

import json
import os
import socket
import subprocess
import sys
import time
import unittest
from datetime import datetime, timedelta, timezone
from urllib.request import Request, urlopen

from faulty_receiver import FaultyReceiver
from weir_cli import DATA, ROOT, SKIPPED, WEIR, WeirTest, need_package, run
from weir_up import CONFIG, LATENCY_OBJECTIVE, Up, wait_until

need_package("jsonschema")
import jsonschema  # noqa: E402
import yaml  # noqa: E402

PLACE = ROOT / "build/alertmanager/usr"
if not (PLACE / "bin/amtool").is_file():
    print("skipped: build/alertmanager is absent; run tools/setup --test", file=sys.stderr)
    sys.exit(SKIPPED)
# Debian's Alertmanager looks for its templates in /usr/share and nowhere else: it gets a /usr/share
# of its own, in a namespace.
IN_PLACE = ["unshare", "--map-root-user", "--mount", "sh", "-c",
            'mount --bind "$0/share" /usr/share && exec "$0/bin/prometheus-alertmanager" "$@"',
            PLACE]

EXAMPLE = ROOT / "deploy/alertmanager.yml"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MODELS = [f"m{i}" for i in range(6)]
RULES = CONFIG + """slo: {objectives: [slo.yaml]}
alert:
  receivers: [%s]
  group_by: [model]
  group_interval: 1s
  keep_firing_for: 1s
  flapping: {changes: 0}
  storm: {per_hour: 1000, groups_at_once: 1000, backlog_after: 1d}
webhook:
  receivers:
%s
"""
GOOD, BAD = 1, 5_000_000


def rules(*receivers):
    """A configuration that tells them; each is the text of its fields."""
    names = [text.split(",")[0].split(":")[1].strip() for text in receivers]
    return RULES % (", ".join(names), "\n".join(f"    - {{{text}, allow_private: true}}"
                                                for text in receivers))


def traffic(start, seconds, latency_us):
    """Two requests a second of each model."""
    return "".join(
        json.dumps({"event_time": (start + timedelta(seconds=i / 2)).isoformat(), "status": "ok",
                    "service": "chat", "model": model, "latency_us": latency_us}) + "\n"
        for i in range(2 * seconds) for model in MODELS)


def burst(at, count, latency_us):
    """So many requests of each model at once."""
    return "".join(traffic(at, 1, latency_us) for _ in range(count // 2))


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class Webhooks(WeirTest):
    def setUp(self):
        super().setUp()
        self.write("slo.yaml", LATENCY_OBJECTIVE)

    def up(self, config):
        return Up(self, self.dir / "data", config, environment={"HOOK_SECRET": SECRET})

    def incidents(self, up, count):
        """As many incidents of every model, each with its end, in the hour before now."""
        at = datetime.now(timezone.utc) - timedelta(minutes=15 * count)
        for _ in range(count):
            for seconds, latency_us in ((180, BAD), (720, GOOD)):
                self.assertEqual(up.send(traffic(at, seconds, latency_us))[0], 200)
                at += timedelta(seconds=seconds)

    def notifications(self, receiver):
        """Those in the log, in order."""
        shown = run("inspect", self.dir / "data", "weir.alert", "--limit", 100_000).stdout
        told = [json.loads(line)["message"].get("notification") for line in shown.splitlines()]
        return [each for each in told if each and each["receiver"] == receiver]

    def has_decided(self, *receivers):
        """Nothing more for them, although a tick and a half went by."""
        before = [len(self.notifications(each)) for each in receivers]
        time.sleep(15)
        return [len(self.notifications(each)) for each in receivers] == before

    def check(self, name, receiver):
        """All that the log has for it arrived, in order, and the same id said the same."""
        wanted = self.notifications(name)
        self.assertGreaterEqual(len(wanted), 2 * len(MODELS))
        bodies, order = {}, []
        for identity, body in receiver.arrived():
            if identity not in bodies:
                order.append(identity)
            self.assertEqual(bodies.setdefault(identity, body), body)
        self.assertEqual(set(order), {each["id"] for each in wanted})
        for group in {each["group_key"] for each in wanted}:
            ids = [each["id"] for each in wanted if each["group_key"] == group]
            self.assertEqual([each for each in order if each in ids], ids)

    def wait_for_all(self, up, names):
        def quiet():
            facts = up.get("/api/v1/pipeline")["receivers"]
            return (all(self.notifications(name) for name in names) and
                    all(each["waiting"] == 0 for each in facts) and
                    sum(each["sent"] for each in facts) > 0)
        wait_until(lambda: quiet() and self.has_decided(*names) and quiet(),
                   "receivers have taken all", 240)

    def test_nothing_is_lost_whatever_receivers_do_and_weir_is_killed(self):
        late_port = free_port()
        faulty = FaultyReceiver(self, ["500", "429", "garbage", "hang", "drop", "ok", "503", "drop"]
                                * 3)
        names = ["steady", "faulty", "late"]
        steady = FaultyReceiver(self)
        config = rules(
            f"name: steady, type: generic, url: '{steady.url}/hook', secrets: [env:HOOK_SECRET]",
            f"name: faulty, type: webhook_v4, url: '{faulty.url}', timeout: 1s, coalesce_after: 1h",
            f"name: late, type: slack, url: 'http://127.0.0.1:{late_port}/', coalesce_after: 1h")
        up = self.up(config)
        self.incidents(up, 2)
        wait_until(lambda: len(steady.arrivals) > 2, "the first notifications")
        up.kill()
        up = self.up(config)
        wait_until(lambda: len(faulty.arrivals) > 8, "the faulty one's")
        facts = {each["name"]: each for each in up.get("/api/v1/pipeline")["receivers"]}
        self.assertGreater(facts["late"]["waiting"], 0)
        self.assertIn("http://127.0.0.1", facts["late"]["trouble"])
        self.assertEqual(up.request("GET", "/readyz")[0], 200)
        up.kill()
        late = FaultyReceiver(self, port=late_port)
        up = self.up(config)
        self.wait_for_all(up, names)
        for name, receiver in zip(names, (steady, faulty, late)):
            with self.subTest(name):
                self.check(name, receiver)
        decided = run("inspect", self.dir / "data", "weir.decision", "--limit", 100_000).stdout
        sent = {json.loads(line)["message"]["notification_id"] for line in decided.splitlines()
                if json.loads(line)["message"]["kind"] == "DECISION_KIND_SENT"}
        self.assertEqual(sent, {each["id"] for name in names for each in self.notifications(name)})
        self.assertRegex(up.get("/metrics"), r'weir_webhook_sent_total\{receiver="late"\} [1-9]')
        told = {each["name"]: each for each in up.get("/api/v1/receivers")["receivers"]}
        self.assertEqual(sorted(told), sorted(names))
        for each in told.values():
            self.assertEqual((each["waiting"], each["trouble"]), (0, None))
            self.assertTrue(each["last_success"] and each["notifications_1h"], each)
        self.assertIn("weir_webhook_last_success_timestamp_seconds{receiver=\"late\"} 1",
                      up.get("/metrics"))
        alerts = up.get("/api/v1/alerts", all="true")["alerts"]
        self.assertEqual({(each["receiver"], each["what"]) for alert in alerts
                          for each in alert["told"]}, {(name, "sent") for name in names})
        self.assertEqual(up.stop(), 0)

    def test_what_is_refused_is_a_dead_letter_and_what_waited_is_told_at_once(self):
        refusing = FaultyReceiver(self, ["404"])
        late_port = free_port()
        config = rules(f"name: refusing, type: generic, url: '{refusing.url}'",
                       f"name: late, type: webhook_v4, url: 'http://127.0.0.1:{late_port}', "
                       "coalesce_after: 1s")
        up = self.up(config)
        self.incidents(up, 2)
        wait_until(lambda: len(self.notifications("late")) >= 2 * len(MODELS), "notifications")
        wait_until(lambda: self.has_decided("late"), "no more of them", 120)
        late = FaultyReceiver(self, port=late_port)
        self.wait_for_all(up, ["refusing", "late"])
        letters = run("query", self.dir / "data", "deadletter", "--format", "json").stdout
        self.assertIn("undelivered", letters)
        self.assertIn("receiver refusing, attempt 1: status 404", letters)
        refused = up.get("/api/v1/receivers")["receivers"][1]
        self.assertEqual(refused["name"], "refusing")
        self.assertIn("status 404", refused["last_failure_text"])
        # One of each group, its last state, however many there were.
        wanted = self.notifications("late")
        self.assertGreater(len(wanted), len(MODELS))
        last = {each["group_key"]: each["id"] for each in wanted}
        self.assertEqual({body["groupKey"]: told for told, body in late.taken()}, last)
        self.assertEqual(len(late.taken()), len(last))
        self.assertEqual(up.stop(), 0)

    def test_a_bundled_receiver_prints_and_verifies(self):
        echo = subprocess.Popen([WEIR, "hook-echo", "--port", "0", "--json", "--fail", "1",
                                 "--secret", "env:HOOK_SECRET"], text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                env={**os.environ, "HOOK_SECRET": SECRET})
        for cleanup in (echo.stderr.close, echo.stdout.close, echo.wait, echo.kill):
            self.addCleanup(cleanup)
        url = echo.stderr.readline().split(" at ")[1].split(" ")[0]
        up = self.up(rules(f"name: echo, type: generic, url: '{url}x', secrets: [env:HOOK_SECRET]"))
        self.incidents(up, 1)
        arrivals = [json.loads(echo.stdout.readline()) for _ in range(3)]
        self.assertEqual([each["status"] for each in arrivals], [503, 200, 200])
        self.assertEqual({each["signature"] for each in arrivals}, {"good"})
        self.assertEqual(arrivals[1]["body"]["type"], "alert.firing")
        self.assertEqual(up.stop(), 0)


class Alertmanager(WeirTest):
    def setUp(self):
        super().setUp()
        self.write("slo.yaml", LATENCY_OBJECTIVE)
        self.port = free_port()

    def start(self, config):
        with open(self.dir / "alertmanager.log", "wb") as log:
            process = subprocess.Popen(
                [*IN_PLACE, f"--config.file={config}",
                 f"--storage.path={self.dir / 'alertmanager'}", "--cluster.listen-address=",
                 f"--web.listen-address=127.0.0.1:{self.port}"], stdout=log, stderr=log)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        wait_until(lambda: self.alerts() is not None, "Alertmanager")

    def alerts(self):
        """As it tells them; None until it answers."""
        try:
            with urlopen(f"http://127.0.0.1:{self.port}/api/v2/alerts", timeout=10) as answer:
                return json.load(answer)
        except OSError:
            return None

    def pages(self):
        """The models whose page is active."""
        return {each["labels"]["model"] for each in self.alerts()
                if each["status"]["state"] == "active" and each["labels"]["severity"] == "page"}

    def test_it_shows_what_fires_until_it_ends_also_across_a_kill(self):
        self.start(self.write("alertmanager.yml",
                              "route: {receiver: nobody, group_by: [alertname]}\n"
                              "receivers: [{name: nobody}]\n"))
        recorder = FaultyReceiver(self)
        config = rules(f"name: am, type: alertmanager, url: 'http://127.0.0.1:{self.port}', "
                       "resend: 1s, expire_after: 2m",
                       f"name: recorder, type: alertmanager, url: '{recorder.url}', resend: 1s")
        up = Up(self, self.dir / "data", config)
        at = datetime.now(timezone.utc)
        self.assertEqual(up.send(traffic(at - timedelta(seconds=60), 60, BAD))[0], 200)
        wait_until(lambda: self.pages() == set(MODELS), "all fire")
        up.kill()
        self.assertEqual(self.pages(), set(MODELS))
        up = Up(self, self.dir / "data", config)
        for _ in range(30):  # several resends
            self.assertEqual(self.pages(), set(MODELS))
            time.sleep(0.1)
        now = datetime.now(timezone.utc)
        self.assertEqual(up.send(burst(now, 2000, GOOD))[0], 200)
        wait_until(lambda: self.pages() == set(), "all have ended")
        self.validate(recorder)
        self.assertEqual(up.stop(), 0)

    def validate(self, recorder):
        bodies = [json.loads(body) for _, body, _ in recorder.arrivals]
        self.assertTrue(any(len(body) > 1 for body in bodies))
        specification = DATA / "alert-apis/alertmanager_api_v2_openapi.yaml"
        if not specification.is_file():
            self.skipTest("../shared/data/alert-apis is absent")
        document = yaml.safe_load(specification.read_text())
        schema = {"$ref": "#/definitions/postableAlerts", "definitions": document["definitions"]}
        for body in bodies:
            jsonschema.validate(body, schema, format_checker=jsonschema.FormatChecker())

    def test_the_example_hides_tickets_of_the_same_objective_and_series_and_no_others(self):
        self.start(EXAMPLE)

        def alert(severity, **labels):
            return {"labels": {"alertname": "ErrorBudgetBurn", "service": "chat",
                               "condition": f"{severity}-1h", "severity": severity, **labels}}
        hidden = [alert("ticket", objective="fast", model="a"),
                  alert("ticket", objective="whole")]
        told = [alert("page", objective="fast", model="a"), alert("page", objective="whole"),
                alert("ticket", objective="available", model="a"),
                alert("ticket", objective="fast", model="b"),
                alert("ticket", objective="fast", model="a", region="eu"),
                alert("ticket", objective="fast", model="a", service="rank")]
        urlopen(Request(f"http://127.0.0.1:{self.port}/api/v2/alerts",
                        json.dumps(hidden + told).encode(),
                        {"Content-Type": "application/json"}), timeout=10).close()

        def words(alerts):
            return sorted(str(sorted(each["labels"].items())) for each in alerts)

        def shown(suppressed):
            return words(each for each in self.alerts()
                         if (each["status"]["state"] == "suppressed") == suppressed)
        wait_until(lambda: len(shown(True)) >= len(hidden), "what is hidden")
        self.assertEqual((shown(True), shown(False)), (words(hidden), words(told)))

    def test_the_example_is_one_that_it_accepts(self):
        checked = subprocess.run([PLACE / "bin/amtool", "check-config", EXAMPLE],
                                 capture_output=True, text=True)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)


if __name__ == "__main__":
    unittest.main()
