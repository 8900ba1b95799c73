#!/usr/bin/env python3
"""Sends made-up requests to Weir: as one event a record, as JSON, or as columns.

    produce.py BROKERS [--as event|json|batch] [--count N]
"""

import argparse
import json
import random
import time
import uuid

from confluent_kafka import Producer
from weir.v1 import inference_pb2 as weir

BATCH_TYPE = "application/x-protobuf; message=weir.v1.InferenceBatch"


def request():
    return {"event_time_us": time.time_ns() // 1000, "service": "code",
            "model": random.choice(("llama-70b", "qwen-7b")), "latency_us": random.randrange(10**6)}


def as_event():
    event = weir.InferenceEvent(status=weir.INFERENCE_STATUS_OK, **request())
    return event.SerializeToString(), []


def as_json():
    return json.dumps(request() | {"status": "ok"}).encode(), [("content-type", "application/json")]


def as_batch(count):
    """Columns: a few hundred requests a record are smaller and are folded several times as fast."""
    requests = [request() for _ in range(count)]
    models = sorted({each["model"] for each in requests})
    base = requests[0]["event_time_us"]
    batch = weir.InferenceBatch(count=count, base_time_us=base)
    batch.time_offset_us.extend(each["event_time_us"] - base for each in requests)
    batch.service.value.append("code")  # one value without codes: the same for every event
    batch.model.value.extend(models)
    batch.model.code = bytes(models.index(each["model"]) for each in requests)
    batch.status = bytes([weir.INFERENCE_STATUS_OK]) * count
    batch.latency_us.extend(each["latency_us"] for each in requests)
    return batch.SerializeToString(), [("content-type", BATCH_TYPE)]


def records(kind, count):
    if kind == "batch":
        for done in range(0, count, 500):
            yield as_batch(min(500, count - done))
    else:
        for _ in range(count):
            yield as_event() if kind == "event" else as_json()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("brokers", metavar="BROKERS", help="host:port, a comma between them")
    parser.add_argument("--as", dest="kind", choices=("event", "json", "batch"), default="event")
    parser.add_argument("--count", type=int, default=100, metavar="N", help="requests (100)")
    parser.add_argument("--topic", default="weir.inference")
    args = parser.parse_args()
    failed = []
    producer = Producer({"bootstrap.servers": args.brokers, "enable.idempotence": True,
                         "compression.type": "lz4", "linger.ms": 20})
    for value, headers in records(args.kind, args.count):
        producer.produce(args.topic, value, headers=[*headers, ("weir-id", uuid.uuid4().bytes)],
                         on_delivery=lambda error, _: error and failed.append(error))
        producer.poll(0)
    producer.flush()
    print(f"{args.count} requests sent, {len(failed)} records failed")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
