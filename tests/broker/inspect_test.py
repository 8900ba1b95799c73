#!/usr/bin/env python3
"""What `weir inspect --kafka` says of lag, positions, members, changelogs, open transactions, and
partitions that nobody leads."""

import json
import threading
import unittest

from pipeline import await_that, start_cluster
from weir_cli import run
from weir_kafka import BrokerTest, Process

from confluent_kafka import Consumer, Producer, TopicPartition
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


def rows(said):
    """The rows of topics, and those of groups, with single blanks."""
    return [[" ".join(line.split()) for line in table.splitlines()[1:]]
            for table in said.split("\n\n")[1:]]


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

    def test_markers_of_transactions_are_no_lag(self):
        topic, group = f"{self.prefix}weir.partial", f"{self.prefix}weir.kpi"
        producer = Producer(self.cluster.client() | {"transactional.id": "fold"})
        producer.init_transactions(30)

        def write(count):
            """So many records and a marker."""
            producer.begin_transaction()
            for _ in range(count):
                producer.produce(topic, b"", partition=1)
            producer.commit_transaction(30)

        def await_kpi(position, lag):
            await_that(f"kpi is at {position} with a lag of {lag}", lambda: (
                (row := tables(self.config_file)[1][group, "weir.partial/1"])
                and (row["position"], row["lag"]) == (position, lag)), timeout_s=20)
        write(3)
        await_kpi("-", 3)
        consumer = Consumer(self.cluster.client() | {"group.id": group})
        consumer.commit(offsets=[TopicPartition(topic, 1, 3)], asynchronous=False)
        consumer.close()
        await_kpi("3", 0)
        write(2)
        await_kpi("3", 2)

    def is_open(self):
        topics = tables(self.config_file)[0]
        return [topics[f"weir.inference/{number}"]["open"] for number in (0, 1)]

    def test_what_arrives_meanwhile_is_not_open(self):
        over = threading.Event()

        def produce_on_and_on():
            producer = Producer(self.cluster.client() | {"linger.ms": 0})
            while not over.wait(0.001):
                for number in range(8):
                    producer.produce(f"{self.prefix}weir.inference", b"", partition=number % 2)
                producer.poll(0)
            producer.flush(30)
        thread = threading.Thread(target=produce_on_and_on)
        thread.start()
        try:
            self.assertEqual([self.is_open() for _ in range(5)], [[0, 0]] * 5)
        finally:
            over.set()
            thread.join()

    def test_a_transaction_that_is_open(self):
        producer = Producer(self.cluster.client() | {"transactional.id": "somebody"})
        producer.init_transactions(30)
        self.assertEqual(self.is_open(), [0, 0])
        producer.begin_transaction()
        self.produce(producer, 3, partition=1)
        self.assertEqual(self.is_open(), [0, 3])
        producer.abort_transaction(30)
        await_that("it is over", lambda: self.is_open() == [0, 0])


class WithoutANode(BrokerTest):
    @classmethod
    def setUpClass(cls):
        cls.cluster = start_cluster(nodes=3)
        cls.addClassCleanup(cls.cluster.kill)

    def topics(self):
        """{name without prefix: its partitions}, as another client sees them."""
        found = self.client.list_topics(timeout=30).topics
        return {name.removeprefix(self.prefix): topic.partitions for name, topic in found.items()
                if name.startswith(self.prefix)}

    def leaderless(self):
        """The partitions that nobody leads."""
        return {f"{name}/{number}" for name, partitions in self.topics().items()
                for number, each in partitions.items() if each.leader < 0}

    def test_what_nobody_leads_says_so_and_all_else_is_shown(self):
        # Given topics without replicas, and groups that never read.
        config = self.config()
        run("topics", "--apply", "-c", config)
        self.prefix = json.loads(config.read_text())["kafka"]["prefix"]
        self.client = Producer(self.cluster.client() | {"log_level": 2})
        before = rows(run("inspect", "--kafka", config).stdout)
        # When one of the nodes is gone.
        self.cluster.kill(self.topics()["weir.inference"][0].leader)
        gone = await_that("it is missed", lambda: (
            found if "weir.inference/0" in (found := self.leaderless()) else None))
        done = run("inspect", "--kafka", config, code=1)
        # Then the rows of its partitions say so, and the others are what they were.
        topics = [f"{where} - - no leader" if (where := row.split()[0]) in gone else row
                  for row in before[0]]
        groups = [row.rsplit(" ", 1)[0] + " no leader" if row.split()[2] in gone else row
                  for row in before[1]]
        self.assertEqual(rows(done.stdout), [topics, groups])
        lacking = sum(row.endswith("no leader") for row in topics + groups)
        self.assertGreater(len(topics + groups), lacking)
        self.assertIn(f"{lacking} rows say why", done.stderr)


if __name__ == "__main__":
    unittest.main()
