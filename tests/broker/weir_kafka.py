"""What tests of single processes share: a weir that serves HTTP, and a broker for a class."""

import json
import re
import subprocess
import sys
import tempfile
import unittest
import urllib.request

from pipeline import SESSION_S, WEIR, die_with_parent, start_cluster, temporary


# What `weir query` says before anything was told, and where a loaded broker is silent for so long.
_NOT_YET = ("nothing was told yet", "Timed out")


def told_rows(config, *options):
    """The rows of `weir query kpi` that hold something; none before anything was told."""
    done = subprocess.run([WEIR, "query", "--kafka", config, "kpi", "--format", "json", *options],
                          text=True, capture_output=True, timeout=60, check=False)
    if done.returncode and not any(text in done.stderr for text in _NOT_YET):
        raise AssertionError(f"weir query: exit code {done.returncode}\n{done.stderr}")
    return [row for row in map(json.loads, done.stdout.splitlines()) if row["requests"]]


class Process:
    """A weir that serves HTTP, from its first line on; killed when its `with` block ends, and its
    last words shown where that is an error."""

    def __init__(self, *arguments):
        self.arguments = arguments
        self.errors = tempfile.TemporaryFile("w+", encoding="utf-8")
        self.process = subprocess.Popen([WEIR, *map(str, arguments)], stdout=subprocess.PIPE,
                                        stderr=self.errors, text=True,
                                        preexec_fn=die_with_parent)
        line = self.process.stdout.readline()
        found = re.search(r"http://[0-9.]+:\d+", line)
        if not found:
            self.process.kill()
            raise AssertionError(f"weir {arguments}: {line}{self.said()}")
        self.url = found.group()

    def __enter__(self):
        return self

    def __exit__(self, error, *_):
        self.process.kill()
        self.process.communicate()
        if error:
            print(f"weir {self.arguments} said last:\n{self.said()[-4000:]}", file=sys.stderr)
        self.errors.close()

    def said(self):
        """On standard error."""
        self.errors.seek(0)
        return self.errors.read()

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
        self.process.communicate(timeout=30)
        if self.process.returncode != 0:
            raise AssertionError(f"exit code {self.process.returncode}")
        return self.said()


class BrokerTest(unittest.TestCase):
    """A fresh broker for the class, a fresh prefix and directory for each test."""

    SETTINGS = {}  # in server.properties

    @classmethod
    def setUpClass(cls):
        cls.cluster = start_cluster(settings=cls.SETTINGS)
        cls.addClassCleanup(cls.cluster.kill)

    def setUp(self):
        self.directory = temporary("weir-process-")

    def config(self, name="kafka", **more):
        """Writes a configuration whose local state is its own; returns the file."""
        file = self.directory / f"{name}.yaml"
        settings = {"data": str(self.directory / name), "raw_partitions": 2, "partitions": 2,
                    "threads": 1,
                    "http": {"listen": "127.0.0.1:0"}, "ingest": {"listen": "127.0.0.1:0"},
                    "kafka": {"bootstrap": self.cluster.bootstrap(),
                              "session_timeout": f"{SESSION_S}s",
                              "prefix": self.id().rsplit(".", 1)[-1] + "."}}
        settings["kafka"] |= more.pop("kafka", {})
        file.write_text(json.dumps(settings | more))  # JSON is YAML
        return file
