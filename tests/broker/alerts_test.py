#!/usr/bin/env python3
"""Alerts on a cluster: one of the processes tells the receivers, and another goes on where it is
killed. Nothing is lost, and what comes twice has the same id."""

import json
import subprocess
import time
import unittest
from datetime import datetime, timedelta, timezone

from pipeline import WEIR, await_that
from weir_kafka import BrokerTest, Process

from confluent_kafka import Producer
from faulty_receiver import FaultyReceiver
from weir_up import LATENCY_OBJECTIVE

SLOW_US = 5_000_000
FAST_US = 1_000


class Alerts(BrokerTest):
    def configure(self, name, url):
        return self.config(name, kafka={"instance": name}, slo={"objectives": ["slo.yaml"]}, alert={
            "receivers": ["oncall"], "group_interval": "1s", "keep_firing_for": "1s",
            "storm": {"backlog_after": "1d"}}, webhook={"receivers": [{
                "name": "oncall", "type": "webhook_v4", "url": url, "allow_private": True,
                "timeout": "1s"}]})

    def send(self, latency_us, seconds):
        """Two requests a second until now, dealt to the partitions in turn."""
        producer = Producer(self.cluster.client() | {"enable.idempotence": True})
        topic = json.loads(self.one.read_text())["kafka"]["prefix"] + "weir.inference"
        for number in range(2 * seconds):
            at = datetime.now(timezone.utc) - timedelta(seconds=seconds - number / 2)
            producer.produce(topic, json.dumps(
                {"event_time": at.isoformat(), "status": "ok", "service": "chat", "model": "a",
                 "latency_us": latency_us}), partition=number % 2)
        self.assertEqual(producer.flush(30), 0)

    def is_over(self, states):
        """Says so after one more second of good requests."""
        self.send(FAST_US, 1)
        time.sleep(1)
        return states()[-1] == "resolved"

    def test_who_is_killed_is_succeeded(self):
        # Given a receiver that fails at first, and an incident that one process tells of.
        receiver = FaultyReceiver(self, ["500", "drop"])
        (self.directory / "slo.yaml").write_text(LATENCY_OBJECTIVE)
        self.one, two = (self.configure(name, receiver.url) for name in ("one", "two"))
        subprocess.run([WEIR, "topics", "--config", self.one, "--apply"], check=True,
                       capture_output=True, timeout=60)

        def states():
            return [each["status"] for _, body in receiver.taken() for each in body["alerts"]
                    if each["labels"]["condition"] == "page-1h"]
        with Process("run", "--config", self.one) as first, \
                Process("run", "--config", two) as second:
            # A receiver that is new begins at the end of the log.
            await_that("a place in the log", lambda: "webhook.oncall" in subprocess.run(
                [WEIR, "inspect", "--kafka", self.one], text=True, capture_output=True,
                timeout=60).stdout)
            self.send(SLOW_US, 180)
            await_that("the page", states)
            self.assertEqual(states()[0], "firing")
            # When the one that told of it is killed, and good requests come again.
            told_by = await_that("who told it", lambda: [
                each for each in (first, second)
                if 'weir_webhook_sent_total{receiver="oncall"} 0' not in each.get("/metrics")[1]])
            self.assertEqual(len(told_by), 1)
            told_by[0].process.kill()
            # Then the other one tells of the end.
            await_that("its end", lambda: self.is_over(states), 240)
        bodies = {}
        for identity, body in receiver.arrived():
            self.assertEqual(bodies.setdefault(identity, body), body)
        alert, = {each["fingerprint"] for _, body in receiver.taken() for each in body["alerts"]
                  if each["labels"]["condition"] == "page-1h"}
        why = subprocess.run([WEIR, "why", alert, "--kafka", self.one], text=True,
                             capture_output=True, timeout=60, check=True).stdout
        for decision in ("fired", "grouped", "sent", "resolved"):
            self.assertIn(decision, why)


if __name__ == "__main__":
    unittest.main()
