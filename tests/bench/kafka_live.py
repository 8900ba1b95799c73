#!/usr/bin/env python3
"""Weir on Kafka while events arrive, with its default settings: how long after the last event that
a window waits for its results can be read, for how long a restart, a kill and a takeover keep them
away; and what an event costs with one, two and four workers. About fifteen minutes.

A window that ends at E is told when every raw partition has an event of E + 5 s (the default
out-of-orderness). A delay counts from that moment until a consumer has the result. An interruption
counts from the signal, sent 0.2 s before a window is due, until a consumer has that window's last
result, those 0.2 s included.

Weir waits 1 ms between a commit's requests to a coordinator that is not ready (retry.backoff.ms);
with librdkafka's 100 ms each delay would be longer by that. The broker has the quick settings of
tools/broker/settings.py: a group's first assignment waits for nobody, a dead broker is noticed in
3 s, and a transaction past its timeout is aborted within 1 s."""

import json
import statistics
import sys
import threading
import time
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "broker"), str(TESTS / "bench/kafka")]

from pipeline import Pipeline, await_that, start_cluster
import contestants
import weir_contestant
from confluent_kafka import Consumer, Producer, TopicPartition
from messages import kpi_pb2
from rules import OUT_OF_ORDERNESS, SECOND
from traffic import Requests, now_us

PARTITIONS = 4
RATE = 2000
TICK = 10 * SECOND
TICKS = 30
TRIALS = 5
BEFORE_DUE_S = 0.2
SCALING_EVENTS = 40_000_000


def tell(name, value, unit):
    print(json.dumps({"name": f"kafka_live/{name}", "value": round(value, 3), "unit": unit}),
          flush=True)


class Steady:
    """Single events of now, as many a second to each partition, until stop()."""

    def __init__(self, pipeline):
        self._producer = Producer(pipeline.cluster.client() | {
            "log_level": 2, "enable.idempotence": True, "linger.ms": 5})
        self._topic = pipeline.topic("inference")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self):
        self._stop.set()
        self._thread.join()
        self._producer.flush(30)

    def _run(self):
        requests = Requests(seed=1)
        while not self._stop.wait(0.01):
            for number in range(RATE // 100):
                value = requests.event(now_us()).SerializeToString()
                self._producer.produce(self._topic, value, partition=number % PARTITIONS)
            self._producer.poll(0)


class Delays:
    """Watches results in a thread: {end of a window: when each of its results came}. It asks the
    broker for nothing but records: whatever else it asked would wait behind a fetch, for as long as
    there is nothing to be fetched."""

    def __init__(self, pipeline):
        topic = pipeline.topic("kpi")
        self._consumer = Consumer(pipeline.cluster.client() | {
            "log_level": 2, "group.id": "delays", "enable.auto.commit": False,
            "auto.offset.reset": "earliest", "isolation.level": "read_committed"})
        found = self._consumer.list_topics(topic, timeout=30).topics[topic].partitions
        self._consumer.assign([TopicPartition(topic, number, 0) for number in found])
        self.by_end = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self):
        self._stop.set()
        self._thread.join()

    def _run(self):
        while not self._stop.is_set():
            record = self._consumer.poll(0.1)
            if record is None or record.error():
                continue
            result = kpi_pb2.KpiResult.FromString(record.value())
            if not result.restates:
                self.by_end.setdefault(result.end_time_us, []).append(now_us())

    def since(self, begin):
        """The delays of the windows that end after that, in seconds, the shortest first."""
        return sorted((came - end - OUT_OF_ORDERNESS) / SECOND
                      for end, times in self.by_end.items() if end > begin for came in times)

    def last_of(self, end):
        """When the last result of that end came, once no more come for three seconds."""
        await_that(f"results of {end}", lambda: end in self.by_end, 90)
        found = 0
        while found != len(self.by_end[end]):
            found = len(self.by_end[end])
            time.sleep(3)
        return self.by_end[end][-1]


def next_due():
    """The end of the next window that is due in two seconds or more; waits until shortly before."""
    end = (now_us() - OUT_OF_ORDERNESS + 2 * SECOND) // TICK * TICK + TICK
    time.sleep((end + OUT_OF_ORDERNESS - now_us()) / SECOND - BEFORE_DUE_S)
    return end


class Interruptions:
    """Workers that end, each so many times, and for how long results stay away."""

    def __init__(self, pipeline, delays):
        self._pipeline, self._delays = pipeline, delays
        self._first = pipeline.start_worker("first")

    def measure(self):
        self._repeat("planned_restart", self._restart)
        self._repeat("kill_and_same_instance", self._kill_and_start)
        self._workers = [self._first, self._pipeline.start_worker("second")]
        self._repeat("kill_and_takeover_by_a_standby", self._kill, self._start_killed)
        for worker in self._workers:
            worker.stop()

    def _repeat(self, name, interrupt, mend=lambda: None):
        times = []
        for _ in range(TRIALS):
            self._pipeline.await_progress()
            end = next_due()
            signalled = now_us()
            interrupt()
            times.append((self._delays.last_of(end) - signalled) / SECOND)
            mend()
        tell(f"interruption/{name}/p50", statistics.median(times), "s")
        tell(f"interruption/{name}/max", max(times), "s")

    def _restart(self):
        self._first.stop()
        self._first.start()

    def _kill_and_start(self):
        self._first.kill()
        self._first.start()

    def _kill(self):
        self._workers[0].kill()

    def _start_killed(self):
        """It is the standby from now on."""
        self._workers.append(self._workers.pop(0).start())
        await_that("both are ready", lambda: all(each.is_ready() for each in self._workers))


def live(cluster):
    pipeline = Pipeline(cluster, PARTITIONS, prefix="live.", kafka="  standby: 1\n",
                        more="").make_topics()
    delays = Delays(pipeline)
    interruptions = Interruptions(pipeline, delays)
    steady = Steady(pipeline)
    pipeline.await_results(1)
    begin = now_us()
    time.sleep(TICKS * TICK / SECOND)
    times = delays.since(begin)
    tell("delay/p50", statistics.median(times), "s")
    tell("delay/p99", times[int(len(times) * 0.99)], "s")
    interruptions.measure()
    steady.stop()
    delays.stop()


def scaling(cluster, workers):
    """The CPU that an event costs while so many share a backlog: from the first commit after all of
    them are ready until one of them has nothing left, by the line through its commits: at any
    moment one or the other has done much that is not committed. So what it costs to start, and to
    do again what a rebalance interrupted, is not in it."""
    pipeline = Pipeline(cluster, PARTITIONS, prefix=f"scaling-{workers}.", kafka="",
                        more="threads: 1\n").make_topics()
    contestants.client("fill", cluster.bootstrap(), pipeline.topic("inference"), SCALING_EVENTS)
    positions = weir_contestant.Positions(pipeline)
    started = [pipeline.start_worker(f"worker-{number}") for number in range(workers)]
    await_that("all are ready", lambda: all(each.is_ready() for each in started))
    commits = {}  # events read: CPU seconds
    while (read := positions.raw(PARTITIONS)) is None or (
            max(read.values()) < SCALING_EVENTS // PARTITIONS):
        if read:
            spent_s = sum(weir_contestant.cpu_s(worker.pid) for worker in started)
            commits.setdefault(sum(read.values()), spent_s)
        time.sleep(0.05)
    commits.pop(min(commits))
    cpu_s = statistics.linear_regression(list(commits), list(commits.values())).slope
    tell(f"scaling/workers:{workers}/cpu", cpu_s * 1e9, "ns/event")
    for worker in started:
        worker.stop()


def main():
    cluster = start_cluster(jvm="-Xmx1g")
    live(cluster)
    for workers in (1, 2, 4):
        scaling(cluster, workers)


if __name__ == "__main__":
    main()
