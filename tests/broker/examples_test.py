#!/usr/bin/env python3
"""The examples of tools/examples, as their README has them."""

import os
import subprocess
import sys
import unittest

from pipeline import ROOT, Pipeline, start_cluster

import messages


class Examples(unittest.TestCase):
    def example(self, script, *arguments):
        done = subprocess.run(
            [sys.executable, "-B", ROOT / "tools/examples" / script, self.cluster.bootstrap(),
             *arguments], capture_output=True, text=True, timeout=90,
            env=os.environ | {"PYTHONPATH": messages.FOLDER})
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.splitlines()

    def test_what_the_producer_sends_the_consumer_prints(self):
        self.cluster = start_cluster()
        pipeline = Pipeline(self.cluster, partitions=2).make_topics()
        for kind in ("event", "json", "batch"):
            self.assertEqual(self.example("produce.py", "--as", kind, "--count", "600"),
                             ["600 requests sent, 0 records failed"])
        worker = pipeline.start_worker("one")
        line, = self.example("consume.py", "--window", "1m", "--limit", "1")
        self.assertRegex(line, r"^\d\d:\d\d:\d\d  service=code  \d+ requests  ok 1\.0000  "
                               r"P95 \d+\.\d ms$")
        worker.stop()


if __name__ == "__main__":
    unittest.main()
