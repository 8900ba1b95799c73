#!/usr/bin/env python3
"""The same events through Weir, librdkafka and Kafka Streams, on one broker of its own: see
tests/bench/kafka/README.md. Takes about fifteen minutes at full size on two cores."""

import json
import os
import sys
import time
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "broker"), str(TESTS / "bench/kafka")]

from pipeline import start_cluster
import contestants
import weir_contestant
from confluent_kafka.admin import AdminClient, NewTopic

TOPIC = "bench.inference"
PARTITIONS = 4
SIZES = {"single": int(os.environ.get("WEIR_BENCH_SINGLE", "4000000")),
         "columnar": int(os.environ.get("WEIR_BENCH_COLUMNAR", "20000000"))}
ONLY = os.environ.get("WEIR_BENCH_ONLY", "").split(",")


def tell(name, figures):
    for what, value, unit in (
            ("cpu", figures.cpu_s * 1e9 / figures.events, "ns/event"),
            ("rate", figures.events / figures.wall_s, "events/s"),
            ("broker_cpu", figures.broker_cpu_s * 1e9 / figures.events, "ns/event"),
            ("peak_rss", figures.peak_rss_bytes / 1e6, "MB"),
            ("dropped", figures.dropped, "events")):
        print(json.dumps({"name": f"kafka/{name}/{what}", "value": round(value, 1), "unit": unit}),
              flush=True)


def fill(cluster, topic, kind):
    return contestants.client("fill", cluster.bootstrap(), topic, SIZES[kind],
                              *["columnar"] * (kind == "columnar"))[0]


def make_topics(cluster, topics):
    settings = {"message.timestamp.type": "LogAppendTime"}
    admin = AdminClient(cluster.client())
    made = admin.create_topics([NewTopic(topic, PARTITIONS, config=settings) for topic in topics])
    for each in made.values():
        each.result()


def settle(cluster):
    """What the broker still does for the contestant before would be on the next one's cores."""
    for _ in range(60):
        before = cluster.cpu_s()
        time.sleep(1)
        if cluster.cpu_s() - before < 0.05:
            return


def measure(kind, cluster, others):
    make_topics(cluster, [TOPIC, *map(contestants.output_topic, contestants.TOPOLOGIES)])
    filled = fill(cluster, TOPIC, kind)
    print(json.dumps({"name": f"kafka/{kind}/size", "value": filled["bytes_per_event"],
                      "unit": "bytes/event"}), flush=True)
    for name, read in others.items():
        if ONLY == [""] or name in ONLY:
            settle(cluster)
            tell(f"{kind}/{name}", read(name, cluster, TOPIC, kind == "columnar", SIZES[kind]))
    for name in weir_contestant.CONTESTANTS:
        if ONLY == [""] or name in ONLY:
            pipeline = weir_contestant.prepared(name, cluster, PARTITIONS)
            fill(cluster, pipeline.topic("inference"), kind)
            settle(cluster)
            tell(f"{kind}/{name}", weir_contestant.measure(name, pipeline, SIZES[kind]))


def main():
    others = dict.fromkeys(("drain", "decode"), contestants.read)
    if contestants.build_streams():
        others |= dict.fromkeys(contestants.TOPOLOGIES, contestants.streams)
    for kind in SIZES:
        cluster = start_cluster(jvm="-Xmx1g")
        measure(kind, cluster, others)
        cluster.remove()


if __name__ == "__main__":
    main()
