#!/usr/bin/env python3
"""Arguments, help, exit codes, and the configuration file."""

import fcntl
import json
import os
import socket
import subprocess
import unittest
from urllib.error import HTTPError
from urllib.request import urlopen

from weir_cli import TUMBLING, WEIR, WeirTest, run
from weir_up import LATENCY_OBJECTIVE, wait_until

COMMANDS = ("import", "import azure-llm", "import llmperf", "import ndjson", "import csv",
            "simulate", "up", "replay", "query", "query kpi", "query deadletter", "inspect",
            "check", "graph", "topics", "run", "ingest", "alerts", "why", "ack", "mark",
            "silence", "silence add", "silence list", "silence expire")

# It notifies by name.
NOTIFYING = LATENCY_OBJECTIVE + """  alertPolicies: [{alertPolicyRef: mine}]
---
apiVersion: openslo/v1
kind: AlertPolicy
metadata: {name: mine}
spec:
  conditions: [{conditionRef: fast}]
  notificationTargets: [{targetRef: oncall}, {targetRef: dba}]
---
apiVersion: openslo/v1
kind: AlertCondition
metadata: {name: fast}
spec:
  severity: page
  condition: {kind: burnrate, op: gte, threshold: 2, lookbackWindow: 1h, alertAfter: 1m}
"""


class Usage(WeirTest):
    def test_every_command_has_help_with_an_example(self):
        for command in COMMANDS:
            with self.subTest(command=command):
                shown = run(*command.split(), "--help").stdout
                before, found, example = shown.partition("\nExample:\n")
                self.assertTrue(found, shown)
                self.assertIn("Usage: weir " + command.split()[0], before)
                self.assertTrue(example.strip().startswith("weir " + command.split()[0]), example)

    def test_help_lists_every_command(self):
        shown = run("--help").stdout
        for command in COMMANDS:
            self.assertIn(f"\n  {command.split()[0]} ", shown)

    def test_help_is_a_command_too(self):
        for command in ("", *COMMANDS):
            with self.subTest(command=command):
                self.assertEqual(run("help", *command.split()).stdout,
                                 run(*command.split(), "--help").stdout)

    def test_version_says_what_is_read_and_written(self):
        shown = run("--version").stdout
        self.assertRegex(shown, r"^weir \d+\.\d+\.\d+\n")
        for word in ("log directory", "segment frames", "weir.v1", "state"):
            self.assertIn(word, shown)

    def test_wrong_usage(self):
        directory = self.dir / "never-made"
        for arguments, says in (
                ((), "subcommand"),
                (("fly",), "fly"),
                (("import",), "subcommand"),
                (("import", "azure-llm", "--out", directory), "FILE"),
                (("import", "azure-llm", "trace.csv"), "--out"),
                (("import", "llmperf", "run.json", "--out", directory), "--"),
                (("import", "csv", "a.csv", "--map", "nonsense", "--out", directory), "nonsense"),
                (("simulate", "--out", directory), "duration"),
                (("simulate", "--events", "many", "--out", directory), "many"),
                (("simulate", "--for", "1w", "--out", directory), "1w"),
                (("simulate", "--for", "1m", "--rate", "0", "--out", directory), "rate"),
                (("up", "--listen", "8080"), "127.0.0.1:8080"),
                (("replay", directory), "--out"),
                (("query", directory), "subcommand"),
                (("query", "kpi", "--scope", "service", "--window", "1m"), "DIR"),
                (("query", directory, "--kafka", "weir.yaml", "kpi", "--scope", "service",
                  "--window", "1m"), "DIR excludes --kafka"),
                (("query", directory, "kpi", "--window", "1m"), "--scope"),
                (("query", directory, "kpi", "--scope", "planet", "--window", "1m"), "planet"),
                (("query", directory, "kpi", "--scope", "service", "--window", "soon"), "soon"),
                (("query", directory, "kpi", "--scope", "service", "--window", "1m", "--from",
                  "yesterday"), "yesterday"),
                (("query", directory, "kpi", "--scope", "service", "--window", "1m", "--format",
                  "xml"), "xml"),
                (("query", directory, "kpi", "--scope", "service", "--window", "1m", "--where",
                  "service"), "service"),
                (("inspect", directory, "weir.kpi/first"), "weir.kpi/first"),
                (("inspect", directory, "--limit", "-1"), "--limit"),
                (("inspect",), "DIR"),
                (("check",), "FILE"),
                (("run", "--listen", "8080"), "127.0.0.1:8080"),
                (("alerts", directory, "--url", "http://127.0.0.1:1"), "excludes"),
                (("alerts", "--url", "ftp://127.0.0.1"), "http or https"),
                (("why", "8f1c"), "no fingerprint"),
                (("ack",), "ALERT"),
                (("ack", "0" * 16, "--token", "the-token-itself"), "env:NAME or file:PATH"),
                (("mark", "0" * 16, "--by", "ann"), "--useful"),
                (("silence", "add", "--for", "2h", "--reason", "r"), "MATCHER"),
                (("silence", "add", "a=b", "--for", "2h", "--by", "ann"), "--reason"),
                (("silence", "add", "a=b", "--reason", "r", "--by", "ann"), "--for"),
                (("silence", "add", "a=b", "--reason", "r", "--by", "ann", "--for", "1h",
                  "--to", "2026-01-05T00:00:00Z"), "--for"),
                (("silence", "add", "a=b", "--reason", "r", "--for", "soon"), "soon"),
                (("silence", "expire", "7"), "no id of a silence"),
        ):
            with self.subTest(arguments=arguments):
                line = self.fails(*arguments, code=2, says=(says, "--help"))
                self.assertTrue(line.startswith("weir"), line)
                self.assertNotIn("the-token-itself", line)
        self.assertFalse(directory.exists())

    def test_a_wrong_matcher_has_a_caret(self):
        shown = run("silence", "add", "service=chat", "tenant=a b", "--for", "2h", "--reason", "r",
                    code=2).stderr.splitlines()
        self.assertIn("matcher 'tenant=a b': such a value needs quotes; write for ex", shown[0])
        self.assertEqual(shown[1:], ["weir silence add:   tenant=a b",
                                     "weir silence add:           ^",
                                     "weir silence add: (see weir silence add --help)"])

    def test_who_says_so_is_the_user_or_is_asked_for(self):
        nobody = {name: value for name, value in os.environ.items()
                  if name not in ("USER", "LOGNAME")}
        there = ("--url", "http://127.0.0.1:9")
        for command in (("ack", "0" * 16), ("mark", "0" * 16, "--useless"),
                        ("silence", "add", "a=b", "--for", "2h", "--reason", "r"),
                        ("silence", "expire", "0" * 32)):
            with self.subTest(command=command):
                # A user that /etc/passwd does not have, as containers have them.
                unnamed = subprocess.run(
                    ["unshare", "--user", "--map-user=54321", WEIR, *command, *there],
                    capture_output=True, text=True, timeout=60, env=nobody)
                self.assertEqual(unnamed.returncode, 1)
                self.assertIn("user 54321 has no name on this machine; give one: --by NAME",
                              unnamed.stderr)
                for known in ({}, {"USER": "ann"}, {"LOGNAME": "ann"}):
                    self.assertIn("is a weir running there?",
                                  run(*command, *there, code=1, env={**nobody, **known}).stderr)

    def test_graph(self):
        text = run("graph", "--partitions", "3").stdout
        self.assertIn("weir.inference   -> fold", text)
        self.assertRegex(text, r"weir\.inference +3 partitions")
        dot = run("graph", "--dot").stdout
        self.assertTrue(dot.startswith("digraph weir {") and dot.endswith("}\n"), dot)

    def test_an_import_names_a_field_that_it_leaves_out(self):
        line = '{"event_time_us": 5, "service": "a", "statuss": "ok"}\n'
        for lines, counted in ((1, "1 field was"), (2, "2 fields were")):
            file = self.write(f"{lines}.ndjson", "\n" + lines * line)
            said = run("import", "ndjson", file, "--out", self.dir / f"raw-{lines}").stdout
            self.assertIn(f"{counted} left out, as no field of an event is named so; the first: "
                          f"'statuss', {file}:2\n", said)

    def test_a_reader_that_goes_away_is_no_error(self):
        raw = self.dir / "raw"
        run("simulate", "--events", "20000", "--out", raw)
        with subprocess.Popen([WEIR, "inspect", raw, "weir.inference", "--limit", "1000"],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as inspect:
            self.assertTrue(inspect.stdout.readline().startswith(b'{"partition":0'))
            inspect.stdout.close()
            complaint = inspect.stderr.read()
        self.assertEqual((inspect.returncode, complaint), (0, b""))


class Configuration(WeirTest):
    def test_what_a_good_one_means(self):
        file = self.write("weir.yaml", TUMBLING)
        shown = run("check", file, "--series", "1000", "--rate", "2").stdout
        for text in ("weir.yaml: good", "memory 1.0GiB", "scope service: windows 10s/10s 1m/1m",
                     "after 30d:", "all scopes"):
            self.assertIn(text, shown)

    def test_every_problem_has_its_line(self):
        file = self.write("weir.yaml", "memory: 1GB\ncomit_interval: 1s\nfold:\n  scopes:\n"
                          "    - dimensions: [planet]\n")
        problems = run("check", file, code=1).stderr.splitlines()
        for line, text in ((1, "1GB"), (2, "comit_interval"), (5, "planet")):
            self.assertTrue(any(f"weir.yaml:{line}:" in p and text in p for p in problems),
                            problems)

    def test_an_unknown_key_stops_a_replay_before_it_begins(self):
        raw, results = self.dir / "raw", self.dir / "results"
        run("simulate", "--events", "100", "--out", raw)
        file = self.write("weir.yaml", "fold:\n  scope: []\n")
        self.fails("replay", raw, "--out", results, "--config", file, says=("weir.yaml:2", "scope"))
        self.assertFalse(results.exists())

    def test_the_log_goes_where_it_should(self):
        raw, log = self.dir / "raw", self.dir / "weir.log"
        run("simulate", "--events", "100", "--out", raw)
        config = self.write("weir.yaml", f"log:\n  file: {log}\n")
        run("replay", raw, "--out", self.dir / "results", "--config", config)
        self.assertRegex(log.read_text(), r"^time=\S+Z level=info event=replay_complete source=")
        config.write_text(f"log: {{file: {config}/weir.log}}\n")  # there is nothing below a file
        self.fails("replay", raw, "--out", self.dir / "more", "--config", config,
                   says=("weir.yaml/weir.log",))
        self.assertFalse((self.dir / "more").exists())

    def test_a_port_in_use_leaves_no_directory(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            self.fails("up", "--data", self.dir / "data", "--listen", f"127.0.0.1:{port}",
                       says=(f"cannot listen on 127.0.0.1 port {port}", "--listen"))
            self.assertTrue(self.fails("hook-echo", "--port", port, says=(f"port {port}: ",))
                            .endswith("; choose another: --port"))
        self.assertFalse((self.dir / "data").exists())

    def test_a_directory_in_use_is_told_before_the_port(self):
        data = self.dir / "data"
        data.mkdir()
        with open(data / "LOCK", "w", encoding="utf-8") as lock, \
                socket.create_server(("127.0.0.1", 0)) as taken:
            lock.write("4711")
            lock.flush()
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.fails("up", "--data", data, "--listen", f"127.0.0.1:{taken.getsockname()[1]}",
                       says=("LOCK: process 4711 is using this directory; stop it first",))

    def test_receivers_that_nobody_knows_or_names(self):
        self.write("slo.yaml", NOTIFYING)
        config = """alert:
  receivers: [oncall, %s]
webhook:
  receivers:
    - {name: oncall, type: slack, url: env:WEIR_TEST_UNSET}
    - {name: chat, type: slack, url: 'https://hooks.example.com/x'}
slo: {objectives: [slo.yaml]}
"""
        bad = self.write("bad.yaml", config % "caht")
        problem = ("bad.yaml:2: key 'alert.receivers': 'caht' is not among webhook.receivers and "
                   "could never be told; there are oncall, chat")
        self.fails("check", bad, says=(problem,))
        self.fails("up", "--data", self.dir / "data", "--config", bad, says=(problem,))
        self.assertFalse((self.dir / "data").exists())

        nobody = run("check", self.write("weir.yaml", config.replace(", %s", ""))).stderr
        for text in ("weir check: warning: ", "weir.yaml:6: receiver 'chat' is not among alert.rec",
                     "slo.yaml:15: objective chat-fast is to notify 'dba'",
                     "webhook receiver oncall: url: env:WEIR_TEST_UNSET: this environment variable "
                     "is not set; weir would not start here"):
            self.assertIn(text, nobody)
        self.assertNotIn("'oncall'", nobody)
        fine = run("check", self.write("weir.yaml", config.replace("%s", "chat")),
                   env={**os.environ, "WEIR_TEST_UNSET": "https://hooks.example.com/y"}).stderr
        self.assertEqual(len(fine.splitlines()), 1, fine)  # of 'dba'

    def test_a_broker_that_does_not_answer_is_named_and_waited_for(self):
        with socket.create_server(("127.0.0.1", 0)) as closed:
            broker = f"127.0.0.1:{closed.getsockname()[1]}"
        config = self.write("weir.yaml",
                            f"data: {self.dir}/data\nkafka: {{bootstrap: '{broker}'}}\n")
        log = self.dir / "log"
        says = (f"kafka {broker}: no broker answers; check `kafka.bootstrap`; waits for one, and "
                "goes on by itself")
        with open(log, "wb") as output, \
                subprocess.Popen([WEIR, "run", "-c", config], stderr=output) as process:
            try:  # librdkafka's own lines come before it, and leave no room for it for a minute
                wait_until(lambda: says in log.read_text(), says, seconds=40)
            finally:
                process.kill()

    def test_ingest_that_is_not_ready_names_what_it_serves(self):
        with socket.create_server(("127.0.0.1", 0)) as broker, \
                socket.create_server(("127.0.0.1", 0)) as own:
            broker_port, port = (each.getsockname()[1] for each in (broker, own))
        config = self.write("weir.yaml", f"data: {self.dir}/data\n"
                            f"kafka: {{bootstrap: '127.0.0.1:{broker_port}'}}\n")

        def answer(path):
            try:
                with urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answered:
                    return answered.status, answered.read()
            except HTTPError as refused:
                return refused.code, refused.read()
            except OSError:
                return None  # it does not listen yet

        with subprocess.Popen([WEIR, "ingest", "-c", config, "--listen", f"127.0.0.1:{port}"],
                              stderr=subprocess.DEVNULL) as process:
            try:
                status, body = wait_until(lambda: answer("/readyz"), "readyz", seconds=40)
                self.assertEqual((status, json.loads(body)["hint"]),
                                 (503, "wait; /metrics shows how far it is"))
                self.assertEqual(answer("/metrics")[0], 200)
            finally:
                process.kill()

    def test_a_missing_file(self):
        self.fails("check", self.dir / "none.yaml", says=("none.yaml",))


if __name__ == "__main__":
    unittest.main()
