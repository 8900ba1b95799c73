#!/usr/bin/env python3
"""What `weir inspect --kafka` says of lag, positions, members, changelogs and open transactions."""

import json
import unittest

from pipeline import await_that
from weir_cli import run
from weir_kafka import BrokerTest, Process

from confluent_kafka import Producer
from messages import inference_pb2
from traffic import now_us


def tables(config):
    """({topic/partition: {start, end, open}}, {(group, topic/partition): {...}})."""
    said, topics, groups = run("inspect", "--kafka", config).stdout, {}, {}
    for line in said.splitlines():
        match line.split():
            case [where, start, end, is_open] if start.isdigit():
                topics[where] = {"start": int(start), "end": int(end), "open": int(is_open)}
            case [group, state, where, members, position, lag] if members.isdigit():
                groups[group, where] = {"state": state, "members": int(members),
                                        "position": position, "lag": int(lag)}
    return topics, groups


class Inspect(BrokerTest):
    def setUp(self):
        super().setUp()
        self.config_file = self.config()
        run("topics", "--apply", "-c", self.config_file)
        self.prefix = json.loads(self.config_file.read_text())["kafka"]["prefix"]

    def produce(self, producer, count, partition):
        for _ in range(count):
            event = inference_pb2.InferenceEvent(event_time_us=now_us(), service="chat")
            producer.produce(f"{self.prefix}weir.inference", event.SerializeToString(),
                             partition=partition)
        self.assertEqual(producer.flush(30), 0)

    def group(self, processor, partition):
        """What is said of one who reads that partition of weir.inference."""
        return tables(self.config_file)[1][f"{self.prefix}weir.{processor}",
                                           f"weir.inference/{partition}"]

    def test_lag_positions_members_and_changelogs(self):
        producer = Producer(self.cluster.client())
        # Given nobody who ever read.
        self.produce(producer, 5, partition=0)
        self.assertEqual(self.group("fold", 0), {
            "state": "none", "members": 0, "position": "-", "lag": 5})
        # When a worker has read it all.
        with Process("run", "-c", self.config_file) as worker:
            await_that("no lag", lambda: self.group("fold", 0)["lag"] == 0)
            found = self.group("fold", 0)
            self.assertEqual((found["state"], found["members"]), ("Stable", 1))
            self.assertGreaterEqual(int(found["position"]), 5)
            worker.stop()
        # Then what comes after its end is its lag, and of the other partition nothing.
        before = {partition: self.group("fold", partition)["lag"] for partition in (0, 1)}
        self.produce(producer, 7, partition=0)
        self.assertEqual({partition: self.group("fold", partition)["lag"] - before[partition]
                          for partition in (0, 1)}, {0: 7, 1: 0})
        self.assertGreater(tables(self.config_file)[0]["weir.fold.changelog/0"]["end"], 0)

    def test_a_transaction_that_is_open(self):
        def is_open():
            return [tables(self.config_file)[0][f"weir.inference/{number}"]["open"]
                    for number in (0, 1)]
        producer = Producer(self.cluster.client() | {"transactional.id": "somebody"})
        producer.init_transactions(30)
        self.assertEqual(is_open(), [0, 0])
        producer.begin_transaction()
        self.produce(producer, 3, partition=1)
        self.assertEqual(is_open(), [0, 3])
        producer.abort_transaction(30)
        await_that("it is over", lambda: is_open() == [0, 0])


if __name__ == "__main__":
    unittest.main()
