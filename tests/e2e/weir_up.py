"""`weir up` for the tests of this folder: on a free port, with what one asks it over HTTP."""

import http.client
import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import urlencode

from weir_cli import WEIR

# One partition, so that one event of now moves time for all that came before it.
CONFIG = "raw_partitions: 1\npartitions: 1\nhttp: {listen: '127.0.0.1:0'}\n"
PATIENCE_S = 120  # of a slow machine
# Of requests to chat, by model: 99 in 100 take 800 ms at most.
LATENCY_OBJECTIVE = """apiVersion: openslo/v1
kind: SLO
metadata: {name: chat-fast}
spec:
  service: chat
  indicator:
    metadata: {name: fast}
    spec:
      ratioMetric:
        counter: true
        good: {metricSource: {type: weir, spec: {query: latency <= 800ms}}}
        total: {metricSource: {type: weir, spec: {query: service == chat, per: [model]}}}
  timeWindow: [{duration: 1d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{target: 0.99}]
"""


def wait_until(ready, why, seconds=PATIENCE_S):
    """What `ready` returns once it is true."""
    end = time.monotonic() + seconds
    while not (value := ready()):
        if time.monotonic() > end:
            raise AssertionError(f"after {seconds} s still waiting: {why}")
        time.sleep(0.05)
    return value


class Up:
    """A running `weir up`; `directory` may hold what an earlier one stored."""

    def __init__(self, test, directory, config=CONFIG, environment=None, token=None,
                 arguments=()):
        self.token = token
        self.directory = directory
        self.log = Path(directory).with_suffix(".log")
        config_file = Path(directory).with_suffix(".yaml")
        config_file.write_text(config, encoding="utf-8")
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [WEIR, "up", "--data", directory, "--config", config_file, *arguments], text=True,
                stdout=subprocess.PIPE, stderr=log, env={**os.environ, **(environment or {})})
        test.addCleanup(self.process.stdout.close)
        test.addCleanup(self.process.wait)
        test.addCleanup(self.process.kill)
        self.hello = self.process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+)/", self.hello)
        if not found:
            raise AssertionError(f"weir up did not start:\n{self.log.read_text()[-2000:]}")
        self.port = int(found.group(1))
        self.url = f"http://127.0.0.1:{self.port}"

    def request(self, method, path, body=None, headers=None):
        """(status, headers, body)."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            return exchange(connection, method, path, body, headers, self.token)
        finally:
            connection.close()

    def get(self, path, **parameters):
        status, _, body = self.request("GET", path + ("?" + urlencode(parameters)
                                                      if parameters else ""))
        if status != 200:
            raise AssertionError(f"GET {path}: {status} {body}")
        return json.loads(body) if path.startswith("/api/") else body.decode()

    def send(self, body, content_type="application/x-ndjson", **headers):
        """(status, answer) of POST /v1/events; `Idempotency_Key` is the header with a dash."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        status, _, answer = self.request("POST", "/v1/events", body,
                                         {"Content-Type": content_type, **named})
        return status, json.loads(answer)

    def metric(self, name):
        """The value of one of Weir's own metrics that has no labels."""
        return float(re.search(rf"^{name} (\S+)$", self.get("/metrics"), re.MULTILINE).group(1))

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(PATIENCE_S)


def exchange(connection, method, path, body=None, headers=None, token=None):
    authorization = {"Authorization": f"Bearer {token}"} if token else {}
    connection.request(method, path, body, {**authorization, **(headers or {})})
    answer = connection.getresponse()
    return answer.status, dict(answer.headers), answer.read()
