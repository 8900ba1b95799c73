#!/usr/bin/env python3
"""What the README tells a person to type: each command of tools/kafka, and a pipeline of
deploy/kafka.yaml."""

import json
import re
import subprocess
import time
import unittest

from pipeline import ROOT, await_that, temporary
from weir_cli import run
from weir_kafka import Process, told_rows

NDJSON = {"Content-Type": "application/x-ndjson"}


class ByHand(unittest.TestCase):
    def setUp(self):
        self.folder = temporary("weir-by-hand-")
        self.addCleanup(subprocess.run, [ROOT / "tools/kafka", "kill", "--dir", self.folder],
                        capture_output=True, check=False)

    def kafka(self, command, *arguments, code=0):
        """What tools/kafka prints, and its errors."""
        done = subprocess.run([ROOT / "tools/kafka", command, "--dir", self.folder, *arguments],
                              text=True, capture_output=True, timeout=240, check=False)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def running(self, code=0):
        """Of each node, whether it runs."""
        return [node == "runs" for node in
                re.findall(r"^node \d: (runs|does not run)", self.kafka("status", code=code), re.M)]

    def example(self, bootstrap):
        """deploy/kafka.yaml with free ports, a directory and brokers of this test."""
        text = (ROOT / "deploy/kafka.yaml").read_text()
        for before, after in ((r"data: \.weir/workers", f"data: {self.folder / 'data'}"),
                              (r"listen: 127\.0\.0\.1:8080", "listen: 127.0.0.1:0"),
                              (r"listen: 127\.0\.0\.1:8081", "listen: 127.0.0.1:0"),
                              (r"bootstrap: 127\.0\.0\.1:9092", f"bootstrap: {bootstrap}")):
            text, count = re.subn(before, after, text)
            self.assertEqual(count, 1, before)
        file = self.folder / "kafka.yaml"
        file.write_text(text)
        return file

    def test_the_pipeline_of_the_readme(self):
        self.assertIn("run tools/kafka start", self.kafka("status", code=1))
        bootstrap = self.kafka("start", "--port", "0").split()[0]
        config = self.example(bootstrap)
        run("topics", "--apply", "-c", config)

        def told():
            return told_rows(config, "--scope", "service", "--window", "1m")
        with Process("run", "-c", config) as workers, Process("ingest", "-c", config) as ingest:
            event = {"event_time_us": int(time.time() * 1e6), "service": "chat", "status": "ok"}
            self.assertEqual(ingest.post("/v1/events", json.dumps(event).encode(), NDJSON)[0], 200)
            before = await_that("a result", told)
            self.assertIn("weir.fold", run("inspect", "--kafka", config).stdout)
            self.assertEqual(workers.get("/")[0], 200)
            workers.stop()
            ingest.stop()
        # Then what brokers forget, however they end, is nothing; that they are away is an error,
        # and no line of what was asked for.
        for command, is_up in (("kill", False), ("start", True), ("restart", True),
                               ("stop", False), ("start", True)):
            self.kafka(command)
            self.assertEqual(self.running(code=0 if is_up else 1), [is_up], command)
            if not is_up:
                away = run("inspect", "--kafka", config, code=1)
                self.assertEqual(away.stdout, "")
                self.assertIn("no broker answers", away.stderr)
        self.assertEqual(told()[:len(before)], before)

    def test_three_nodes_of_which_one_can_be_away(self):
        self.kafka("start", "--port", "0")
        self.assertIn("add --fresh", self.kafka("start", "--nodes", "3", code=1))
        self.assertIn("--node is 1 to 1", self.kafka("stop", "--node", "2", code=1))
        self.kafka("start", "--nodes", "3", "--port", "0", "--fresh")
        self.assertEqual(self.running(), [True] * 3)
        self.kafka("stop", "--node", "2")
        self.assertEqual(self.running(code=1), [True, False, True])
        self.kafka("start", "--node", "2")
        self.assertEqual(self.running(), [True] * 3)


if __name__ == "__main__":
    unittest.main()
