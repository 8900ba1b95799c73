"""What the tests of this folder share: a broker, and processes of weir on it.

The binary is named by the environment variable WEIR; CMake sets it."""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from broker.cluster import Cluster, missing

WEIR = os.environ.get("WEIR", str(ROOT / "build/release/bin/weir"))
SKIPPED = 77  # ctest's SKIP_RETURN_CODE
PATIENCE_S = 60


def run(*arguments, code=0):
    """Runs weir and insists on its exit code; returns the finished process."""
    done = subprocess.run([WEIR, *map(str, arguments)], capture_output=True, text=True, timeout=120,
                          check=False)
    if done.returncode != code:
        raise AssertionError(f"weir {' '.join(map(str, arguments))}: exit code {done.returncode}, "
                             f"not {code}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return done


class Process:
    """A weir that serves HTTP, from its first line on; killed when its `with` block ends."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen([WEIR, *map(str, arguments)], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        found = re.search(r"http://[0-9.]+:\d+", line)
        if not found:
            self.process.kill()
            raise AssertionError(f"weir {arguments}: {line}{self.process.stderr.read()}")
        self.url = found.group()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def get(self, path):
        """Status and body."""
        return self._ask(urllib.request.Request(self.url + path))

    def post(self, path, body, headers=None):
        return self._ask(urllib.request.Request(self.url + path, body, headers or {}))

    @staticmethod
    def _ask(request):
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def stop(self):
        """An orderly end; what it printed to standard error."""
        self.process.terminate()
        _, errors = self.process.communicate(timeout=30)
        if self.process.returncode != 0:
            raise AssertionError(f"exit code {self.process.returncode}\n{errors[-2000:]}")
        return errors


class BrokerTest(unittest.TestCase):
    """A fresh broker for the class, a fresh prefix and directory for each test."""

    SETTINGS = {}  # in server.properties

    @classmethod
    def setUpClass(cls):
        directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(directory.cleanup)
        cls.cluster = Cluster(Path(directory.name))
        cls.cluster.create(settings=cls.SETTINGS)
        cls.addClassCleanup(cls.cluster.kill)
        cls.cluster.start()

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = Path(directory.name)

    def config(self, name="kafka", **more):
        """Writes a configuration whose local state is its own; returns the file."""
        file = self.directory / f"{name}.yaml"
        settings = {"data": str(self.directory / name), "raw_partitions": 2, "partitions": 2,
                    "threads": 1,
                    "http": {"listen": "127.0.0.1:0"}, "ingest": {"listen": "127.0.0.1:0"},
                    "kafka": {"bootstrap": self.cluster.bootstrap(), "session_timeout": "6s",
                              "prefix": self.id().rsplit(".", 1)[-1] + "."}}
        settings["kafka"] |= more.pop("kafka", {})
        file.write_text(json.dumps(settings | more))  # JSON is YAML
        return file


def eventually(so, what):
    """Waits until `so()` is true, and returns it."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        found = so()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {PATIENCE_S} s")
        time.sleep(0.2)


def main():
    if absent := missing():
        print(f"skipped: {absent}")
        sys.exit(SKIPPED)
    unittest.main(verbosity=2)
