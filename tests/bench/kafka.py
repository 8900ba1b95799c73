#!/usr/bin/env python3
"""The same events through Weir, librdkafka and Kafka Streams, on one broker of its own: see
tests/bench/kafka/README.md. Takes about fifteen minutes at full size on two cores."""

import json
import os
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "e2e"), str(TESTS / "bench/kafka"), str(TESTS.parent / "tools")]

from weir_cli import ROOT, need_package

need_package("confluent_kafka")
import contestants
from broker.cluster import Cluster, missing
from confluent_kafka.admin import AdminClient, NewTopic

TOPIC = "weir.inference"
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


def measure(kind, cluster, with_streams):
    columnar, events = kind == "columnar", SIZES[kind]
    admin = AdminClient(cluster.client())
    topics = [NewTopic(TOPIC, PARTITIONS, config={"message.timestamp.type": "LogAppendTime"}),
              *(NewTopic(contestants.output_topic(name), PARTITIONS)
                for name in contestants.TOPOLOGIES)]
    for created in admin.create_topics(topics).values():
        created.result()
    filled, _ = contestants.client("fill", cluster.bootstrap(), TOPIC, events,
                                   *["columnar"] * columnar)
    print(json.dumps({"name": f"kafka/{kind}/size", "value": filled["bytes_per_event"],
                      "unit": "bytes/event"}), flush=True)
    arguments = (cluster, TOPIC, columnar, events)
    for name in ("drain", "decode"):
        if ONLY == [""] or name in ONLY:
            tell(f"{kind}/{name}", contestants.read(name, *arguments))
    for name in contestants.TOPOLOGIES if with_streams else ():
        if ONLY == [""] or name in ONLY:
            tell(f"{kind}/{name}", contestants.streams(name, *arguments))


def main():
    if reason := missing():
        sys.exit(f"kafka: {reason}")
    with_streams = contestants.build_streams()
    for kind in SIZES:
        cluster = Cluster(ROOT / "build/kafka-bench")
        cluster.remove()
        try:
            cluster.create(jvm="-Xmx1g")
            cluster.start()
            measure(kind, cluster, with_streams)
        finally:
            cluster.remove()


if __name__ == "__main__":
    main()
