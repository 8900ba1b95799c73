#!/usr/bin/env python3
"""Weir on Kafka while events arrive, with its default settings: how long after the last event that
a window waits for its results can be read, and what a restart, a kill and a takeover add to that;
and what an event costs with one, two and four workers. About six minutes.

A window that ends at E is told when every raw partition has an event of E + 5 s (the default
out-of-orderness). A delay counts from that moment until a consumer has the result."""

import json
import statistics
import sys
import threading
import time
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "broker"), str(TESTS / "bench/kafka")]

from pipeline import Pipeline, Tail, await_that, start_cluster
import contestants
import weir_contestant
from confluent_kafka import Producer
from messages import kpi_pb2
from rules import OUT_OF_ORDERNESS, SECOND
from traffic import Requests, now_us

PARTITIONS = 4
RATE = 2000
TICK = 10 * SECOND
TICKS = 4
SCALING_EVENTS = 4_000_000


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
    """Watches results in a thread: {end of a window: the delays of its results, in seconds}."""

    def __init__(self, pipeline):
        self._tail = Tail(pipeline.cluster.client(), pipeline.topic("kpi"))
        self.by_end = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self):
        self._stop.set()
        self._thread.join()

    def _run(self):
        while not self._stop.wait(0.002):
            for record in self._tail:
                result = kpi_pb2.KpiResult.FromString(record.value())
                if not result.restates:
                    due = result.end_time_us + OUT_OF_ORDERNESS
                    self.by_end.setdefault(result.end_time_us, []).append(
                        (now_us() - due) / SECOND)

    def worst_of(self, end):
        """The last result of that end, once no more come for three seconds."""
        await_that(f"results of {end}", lambda: end in self.by_end, 90)
        found = 0
        while found != len(self.by_end[end]):
            found = len(self.by_end[end])
            time.sleep(3)
        return max(self.by_end[end])


def next_due():
    """The end of the next window that is due in two seconds or more; waits until 0.2 s before."""
    end = (now_us() - OUT_OF_ORDERNESS + 2 * SECOND) // TICK * TICK + TICK
    time.sleep((end + OUT_OF_ORDERNESS - now_us()) / SECOND - 0.2)
    return end


def live(cluster):
    pipeline = Pipeline(cluster, PARTITIONS, prefix="live.", kafka="  standby: 1\n",
                        more="").make_topics()
    first = pipeline.start_worker("first")
    steady = Steady(pipeline)
    delays = Delays(pipeline)
    pipeline.await_results(1)
    begin = now_us()
    time.sleep(TICKS * TICK / SECOND)
    times = sorted(delay for end, found in delays.by_end.items() if end > begin for delay in found)
    tell("delay/p50", statistics.median(times), "s")
    tell("delay/p99", times[int(len(times) * 0.99)], "s")

    end = next_due()
    first.stop()
    first.start()
    tell("interruption/planned_restart", delays.worst_of(end), "s")
    end = next_due()
    first.kill()
    first.start()
    tell("interruption/kill_and_same_instance", delays.worst_of(end), "s")
    second = pipeline.start_worker("second")
    pipeline.await_progress()
    end = next_due()
    first.kill()
    tell("interruption/kill_and_takeover_by_a_standby", delays.worst_of(end), "s")
    steady.stop()
    delays.stop()
    second.stop()


def scaling(cluster, workers):
    """The CPU that an event costs when so many share a backlog."""
    pipeline = Pipeline(cluster, PARTITIONS, prefix=f"scaling-{workers}.", kafka="",
                        more="threads: 1\n").make_topics()
    contestants.client("fill", cluster.bootstrap(), pipeline.topic("inference"), SCALING_EVENTS,
                       "columnar")
    positions = weir_contestant.Positions(pipeline)
    started = [pipeline.start_worker(f"worker-{number}") for number in range(workers)]
    while not positions.are_at_end():
        time.sleep(0.1)
    spent = sum(weir_contestant.cpu_s(worker.pid) for worker in started)
    tell(f"scaling/workers:{workers}/cpu", spent * 1e9 / SCALING_EVENTS, "ns/event")
    for worker in started:
        worker.stop()


def main():
    cluster = start_cluster(jvm="-Xmx1g")
    live(cluster)
    for workers in (1, 2, 4):
        scaling(cluster, workers)


if __name__ == "__main__":
    main()
