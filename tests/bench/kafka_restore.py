#!/usr/bin/env python3
"""How fast a worker whose disk is empty restores its state from a changelog, and how fast the same
records can be drained by librdkafka alone, one after the other on one broker of its own. About a
minute; WEIR_BENCH_TENANTS (10000) says how many series, each with ten minutes of panes.

`drain` reads the topic and touches each cache line (weir_kafka_bench). `restore` is what the worker
says of its tasks, one after the other: the changelog is read, written to the local store, and
checked against the group's position. `ready` is everything from the start of the process on, the
tasks opened on their state included. The broker has the quick settings of
tools/broker/settings.py."""

import json
import os
import re
import shutil
import struct
import sys
import time
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "broker"), str(TESTS / "bench/kafka")]

from pipeline import Pipeline, await_that, start_cluster
import contestants
from confluent_kafka import Producer
from messages import BATCH, inference_pb2
from rules import MINUTE, SECOND
from traffic import now_us
from weir_contestant import Positions

PARTITIONS = 4
SERIES = int(os.environ.get("WEIR_BENCH_TENANTS", "10000"))
SERIES_A_BATCH = 1000
PANES = 60
PANE = 10 * SECOND
CONFIG = f"""threads: 1
fold: {{scopes: [{{dimensions: [tenant], windows: [1m/10s], sketches: [latency]}}]}}
"""
RESTORED = re.compile(r"restore_done task=kpi/\d+ records=(\d+) duration_ms=(\d+)")


def tell(name, value, unit):
    print(json.dumps({"name": f"kafka_restore/{name}", "value": round(value, 3), "unit": unit}),
          flush=True)


def batch_of(first):
    """One request of each of so many tenants; its time is still to be set."""
    batch = inference_pb2.InferenceBatch(count=SERIES_A_BATCH)
    batch.time_offset_us.extend([0] * SERIES_A_BATCH)
    batch.tenant.value.extend(f"tenant-{first + i}" for i in range(SERIES_A_BATCH))
    batch.tenant.code = b"".join(struct.pack("<H", i) for i in range(SERIES_A_BATCH))
    batch.status = b"\x01" * SERIES_A_BATCH
    batch.latency_us.extend(1000 + 37 * i for i in range(SERIES_A_BATCH))
    return batch


def fill(pipeline):
    """Every series has a request in each pane, so its state is written again and again."""
    producer = Producer(pipeline.cluster.client() | {"log_level": 2, "linger.ms": 20})
    batches = [batch_of(first) for first in range(0, SERIES, SERIES_A_BATCH)]
    begin = now_us() - PANES * PANE - MINUTE
    for pane in range(PANES):
        for number, batch in enumerate(batches):
            batch.base_time_us = begin + pane * PANE
            producer.produce(pipeline.topic("inference"), batch.SerializeToString(),
                             partition=number % PARTITIONS, headers=[("content-type", BATCH)])
        producer.poll(0)
        producer.flush(60)


def restore(worker):
    """Starts it. How many records it restored, how long that took, and until it was ready, in
    seconds."""
    began = time.monotonic()
    worker.start()
    await_that("the worker is ready", worker.is_ready)
    ready = time.monotonic()
    tasks = RESTORED.findall(worker.log())
    if not tasks:
        raise AssertionError("no task restored much: raise WEIR_BENCH_TENANTS")
    return (sum(int(records) for records, _ in tasks), sum(int(ms) for _, ms in tasks) / 1000,
            ready - began)


def main():
    cluster = start_cluster(jvm="-Xmx1g")
    pipeline = Pipeline(cluster, PARTITIONS, kafka="", more=CONFIG).make_topics()
    fill(pipeline)
    positions = Positions(pipeline)
    worker = pipeline.start_worker("one")
    await_that("everything is read", positions.are_at_end, 600)
    worker.stop()
    shutil.rmtree(worker.directory / "data")
    drained, _ = contestants.client("drain", cluster.bootstrap(),
                                    pipeline.topic("kpi.changelog"))
    restored, restored_s, ready_s = restore(worker)
    worker.stop()
    records, drained_s = drained["records"], drained["wall_s"]
    tell("records", records, "records")
    tell("drain/rate", records / drained_s, "records/s")
    tell("restore/rate", restored / restored_s, "records/s")
    tell("restore/rate_by_drain", restored / restored_s / (records / drained_s), "ratio")
    tell("restore/wall", restored_s, "s")
    tell("restore/ready", ready_s, "s")


if __name__ == "__main__":
    main()
