"""A `weir up` of its own for the benchmarks beside it: on a free port, in a directory that is gone
afterwards, with the CPU time that it took. No benchmark by itself."""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.request import urlopen

TICKS_S = os.sysconf("SC_CLK_TCK")


class LiveServer:
    """`sections` of the configuration beside its own; `files`, by name, lie next to it."""

    def __init__(self, sections="", files=None):
        self._directory = tempfile.TemporaryDirectory(prefix="weir-bench-")
        self.path = Path(self._directory.name)
        config = self.path / "weir.yaml"
        config.write_text("http: {listen: '127.0.0.1:0'}\nlog: {level: warning}\n" + sections)
        for name, text in (files or {}).items():
            (self.path / name).write_text(text)
        self._process = subprocess.Popen(
            [os.environ["WEIR"], "up", "--data", self.path / "data", "--config", config],
            stdout=subprocess.PIPE, text=True)
        line = self._process.stdout.readline()
        told = re.search(r"http://127\.0\.0\.1:(\d+)/", line)
        if not told:
            sys.exit(f"weir up did not start: {line}")
        self.port = int(told.group(1))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.terminate()
        code = self._process.wait(60)
        self._directory.cleanup()
        if code != 0:
            sys.exit(f"weir up: exit code {code}")

    def ask(self, path):
        with urlopen(f"http://127.0.0.1:{self.port}/api/v1/{path}", timeout=10) as answer:
            return json.load(answer)

    def cpu_s(self):
        """User and system time of the process so far."""
        stat = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(stat[11]) + int(stat[12])) / TICKS_S

    def wait_until_read(self):
        """Until every processor has read what there is. It says so once a second."""
        time.sleep(1.5)
        while any(part["lag_records"] > 0 for part in self.ask("pipeline")["partitions"]):
            time.sleep(0.1)
