"""Weir as a contestant: `weir run` over the topic from its beginning, with every result."""

import os
import time
from pathlib import Path

from confluent_kafka import ConsumerGroupTopicPartitions
from confluent_kafka.admin import AdminClient

from contestants import Figures
from messages import kpi_pb2
from pipeline import Pipeline, await_that

SECOND = 1_000_000
_TIMEOUT_S = 600

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
        self._admin = AdminClient(pipeline.cluster.client() | {"log_level": 2})
        self._inputs = [(pipeline.topic(group), pipeline.tail(topic), self._MARKERS[topic])
                        for group, topic in (("fold", "inference"), ("kpi", "partial"))]

    def are_at_end(self):
        """Everything that is there is read, and what came of it is committed."""
        for group, tail, markers in self._inputs:
            asked = self._admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)])
            committed = {each.partition: each.offset
                         for each in asked[group].result().topic_partitions}
            if any(committed.get(number, 0) < end - markers for number, end in tail.ends().items()):
                return False
        return True


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
    await_that("every event is in a result", lambda: counted.read() >= events)
    worker.stop()
    return figures
