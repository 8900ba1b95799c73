"""Records that the broker deleted before they were read: nothing goes on as if nothing was."""

import json
import time
import unittest
from collections import Counter

from pipeline import await_that
from weir_cli import run
from weir_kafka import BrokerTest, Process, told_rows

FOLD = {"out_of_orderness": "1s", "scopes": [
    {"dimensions": ["service"], "windows": ["10s/10s"], "sketches": []}]}
NDJSON = {"Content-Type": "application/x-ndjson"}


def event(service):
    return json.dumps({"event_time_us": int(time.time() * 1e6), "service": service,
                       "status": "ok", "latency_us": 1000}).encode()


def told(config):
    """{service: requests} of all windows that were told."""
    found = Counter()
    for row in told_rows(config, "--scope", "service", "--window", "10s"):
        found[row["series"]["service"]] += row["requests"]
    return found


def start_of_input(config):
    """The first offset of weir.inference/0 and its end."""
    for line in run("inspect", "--kafka", config).stdout.splitlines():
        if line.startswith("weir.inference/0"):
            return tuple(int(field) for field in line.split()[1:3])
    raise AssertionError("weir.inference/0 is not shown")


class LossesTest(BrokerTest):
    SETTINGS = {"log.retention.check.interval.ms": "500"}

    def send(self, ingest, count, service):
        """To both partitions in turn."""
        for _ in range(count):
            self.assertEqual(ingest.post("/v1/events", event(service), NDJSON)[0], 200)

    def test_records_that_are_gone_stop_the_task_until_the_loss_is_accepted(self):
        config = self.config(fold=FOLD)
        run("topics", "--apply", "-c", config)
        with Process("ingest", "-c", config) as ingest:
            with Process("run", "-c", config) as workers:
                await_that("ready", lambda: workers.get("/readyz")[0] == 200)
                self.send(ingest, 4, "counted")
                time.sleep(3)  # committed
                workers.stop()
            self.send(ingest, 4, "lost")
            self.config(fold=FOLD, retention={"raw": {"age": "1s"}})
            run("topics", "--apply", "-c", config)
            await_that("retention", lambda: (found := start_of_input(config))[0] == found[1] > 2)
            with Process("run", "-c", config) as workers:
                why = await_that("the task stops", lambda: (
                    "has stopped" in (text := workers.get("/readyz")[1]) and text))
                self.assertIn("--accept-loss", why)
            self.config(fold=FOLD)
            run("topics", "--apply", "-c", config)
            self.send(ingest, 2, "new")
            with Process("run", "--accept-loss", "-c", config) as workers:
                await_that("goes on", lambda: workers.get("/readyz")[0] == 200)
                await_that("what is new is told", lambda: told(config)["new"])
                await_that("all of it", lambda: told(config) == {"counted": 4, "new": 2})


if __name__ == "__main__":
    unittest.main()
