#!/usr/bin/env python3
"""`tools/run`: its arguments, the live pipeline as it starts it, twice over the same data, and the
sample day with its incidents, which it makes anew in .weir/sample as always."""

import json
import re
import signal
import subprocess
import time
import unittest
from urllib.request import urlopen

from weir_cli import ROOT, WeirTest

RUN = ROOT / "tools/run"
# What an incident does to its KPI: before, at its worst, and after; None: nothing was told.
SHOWN = {
    "error_burst": lambda before, worst, after: worst < 0.8 < 0.95 < min(before, after),
    "latency_regression": lambda before, worst, after: worst > 2 * max(before, after),
    "oom_storm": lambda before, worst, after: worst > 10 > max(before, after),
    "quiet_tenant": lambda before, worst, after: worst == 0 < min(before, after),
    "cold_starts": lambda before, worst, after: worst > 10 > max(before or 0, after or 0),
}


def number(text):
    return None if text == "-" else float(text.replace(",", ""))


class Run(WeirTest):
    def start(self):
        """The live pipeline on a free port, and where its page is."""
        config = self.write("run.yaml",
                            f"data: {self.dir}/data\nhttp: {{listen: '127.0.0.1:0'}}\n")
        process = subprocess.Popen([RUN, "--config", config.name, "--rate", "50"], cwd=self.dir,
                                   stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        told = next(line for line in process.stdout if line.startswith("weir: "))
        self.assertRegex(told, r"^weir: page http\S+/ · send events to http\S+/v1/events · "
                               "stop with Ctrl-C$")
        return process, re.search(r"http://\S+?/", told).group()

    def stop(self, process):
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(30), 0)
        return process.stdout.read()

    def raw_end(self, url):
        """How many records the live log has taken, as soon as the process has looked."""
        until = time.monotonic() + 10
        while True:
            with urlopen(url + "api/v1/pipeline") as answer:
                partitions = json.load(answer)["partitions"]
            end = sum(p["end"] for p in partitions if p["topic"] == "weir.inference")
            if end > 0 or time.monotonic() > until:
                return end
            time.sleep(0.1)

    def test_arguments(self):
        told = subprocess.run([RUN, "--help"], capture_output=True, text=True, check=True)
        for argument in ("--config FILE", "--sample", "--rate R", "--listen ADDRESS:PORT"):
            self.assertIn(argument, told.stdout)
        for wrong in (["--rat", "5"], ["--rate"], ["--rate", "0"], ["--listen", "8081"],
                      ["--config", "no such file"], ["--sample", "--config", __file__]):
            done = subprocess.run([RUN, *wrong], capture_output=True, text=True)
            self.assertEqual((done.returncode, len(done.stderr.splitlines())), (2, 1), wrong)

    def test_it_stops_cleanly_and_continues(self):
        process, url = self.start()
        with urlopen(url) as page:
            self.assertEqual(page.status, 200)
        event = {"event_time_us": time.time_ns() // 1000, "service": "mine"}
        with urlopen(url + "v1/events", json.dumps(event).encode()) as sent:
            self.assertEqual(json.load(sent)["accepted"], 1)
        before = self.raw_end(url)
        self.stop(process)

        process, url = self.start()
        self.assertGreaterEqual(self.raw_end(url), max(1, before))
        self.stop(process)

    def test_the_sample_shows_each_of_its_incidents_once(self):
        done = subprocess.run([RUN, "--sample", "--rate", "2"], cwd=self.dir, capture_output=True,
                              text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = [line.split() for line in done.stdout.splitlines() if line.startswith(tuple(SHOWN))]
        self.assertEqual([row[0] for row in rows], list(SHOWN), done.stdout)
        for kind, *_, before, worst, after in rows:
            values = [number(text) for text in (before, worst, after)]
            self.assertTrue(SHOWN[kind](*values), (kind, *values))


if __name__ == "__main__":
    unittest.main()
