"""Weir as a contestant: `weir run` over the topic from its beginning, with every result."""

import os
import subprocess
import time
from pathlib import Path

from confluent_kafka import Consumer, KafkaException, TopicPartition

from contestants import Figures
from messages import kpi_pb2
from pipeline import WEIR, Pipeline, await_that

SECOND = 1_000_000
_TIMEOUT_S = 600
_COUNTED_WITHIN_S = 120

# What all contestants count, and what Weir counts where nobody says anything: the rules; and where
# every event stands once: the scope, and windows of that length that begin at multiples of it.
CONTESTANTS = {
    "weir": ("fold: {scopes: [{dimensions: [service, model], windows: [10s/10s], sketches: []}]}\n",
             ("service", "model"), 10 * SECOND),
    "weir_defaults": ("", ("service",), 60 * SECOND),
}


class Positions:
    """How far the groups of a pipeline are behind."""

    # Of two threads' last transactions: markers, which are no records and so are never consumed.
    _MARKERS = {"inference": 0, "partial": 2}

    def __init__(self, pipeline):
        settings = pipeline.cluster.client() | {"log_level": 2}
        self._inputs = [(Consumer(settings | {"group.id": pipeline.topic(group)}),
                         pipeline.topic(topic), pipeline.tail(topic), self._MARKERS[topic])
                        for group, topic in (("fold", "inference"), ("kpi", "partial"))]

    def are_at_end(self):
        """Everything that is there is read, and what came of it is committed."""
        for group, topic, tail, markers in self._inputs:
            ends = tail.ends()
            read = self._committed(group, topic, ends)
            if read is None or any(read[each] < end - markers for each, end in ends.items()):
                return False
        return True

    def raw(self, partitions):
        """{partition: how many raw records are read, and what came of them committed}; None: not
        known just now."""
        group, topic, *_ = self._inputs[0]
        return self._committed(group, topic, range(partitions))

    @staticmethod
    def _committed(group, topic, partitions):
        try:
            asked = group.committed([TopicPartition(topic, each) for each in partitions],
                                    timeout=10)
        except KafkaException:  # a transaction is about to change them
            return None
        return {each.partition: max(each.offset, 0) for each in asked}


def cpu_s(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_rss_bytes(pid):
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines()
                if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


class Counted:
    """How many requests the results have told, each once."""

    def __init__(self, pipeline, scope, length_us):
        self._tail, self._scope, self._length = pipeline.tail("kpi"), scope, length_us
        self._told = {}

    def read(self):
        """All of them so far."""
        for record in self._tail:
            result = kpi_pb2.KpiResult.FromString(record.value())
            if tuple(result.scope) != self._scope or result.end_time_us % self._length:
                continue
            for window in result.window:
                if window.length_us == self._length:
                    self._told[record.key()] = window.value.requests
        return sum(self._told.values())


def prepared(name, cluster, partitions):
    """A pipeline with topics of its own, to be filled."""
    return Pipeline(cluster, partitions, prefix=f"{name}.", kafka="",
                    more=CONTESTANTS[name][0]).make_topics()


def state_of(pipeline, worker):
    """What a person needs who asks why it does not go on."""
    config = pipeline.write_config("inspect", pipeline.directory / "inspect")
    shown = subprocess.run([WEIR, "inspect", "--kafka", config], text=True, capture_output=True,
                           timeout=120, check=False)
    return (f"readyz: {worker.readiness()}\n{shown.stdout}{shown.stderr}"
            f"{worker.last_words()}")


def await_counted(events, counted, pipeline, worker):
    """Until results hold every event. Neither one less nor one more: they would be lost or
    doubled."""
    deadline = time.monotonic() + _COUNTED_WITHIN_S
    while (found := counted.read()) != events:
        if found > events or time.monotonic() > deadline:
            raise AssertionError(f"results hold {found} of {events} events, not "
                                 f"all within {_COUNTED_WITHIN_S} s, or too many\n"
                                 + state_of(pipeline, worker))
        time.sleep(0.1)


def measure(name, pipeline, events):
    """Until every event is read and committed. That results hold all of them is seen after that:
    ten idle seconds have to pass before the log's time closes the last windows."""
    _, scope, length_us = CONTESTANTS[name]
    counted, positions = Counted(pipeline, scope, length_us), Positions(pipeline)
    before = pipeline.cluster.cpu_s()
    began = time.monotonic()
    worker = pipeline.start_worker(name)
    await_that("everything is read", positions.are_at_end, _TIMEOUT_S)
    figures = Figures(events, time.monotonic() - began, cpu_s(worker.pid),
                      pipeline.cluster.cpu_s() - before, peak_rss_bytes(worker.pid))
    await_counted(events, counted, pipeline, worker)
    worker.stop()
    return figures
