#!/usr/bin/env python3
"""What producers may send and consumers may read: every encoding in, protobuf and JSON out."""

import json
import unittest
from datetime import datetime, timezone

from pipeline import Comparison, Pipeline, start_cluster

from confluent_kafka import Producer
from messages import inference_pb2
from rules import SECOND
from traffic import REFUSALS, Requests, now_us


def setUpModule():
    global cluster
    cluster = start_cluster()


def produce(pipeline, records):
    """[(value, headers)], dealt to the partitions in turn."""
    producer = Producer(cluster.client() | {"enable.idempotence": True})
    for index, (value, headers) in enumerate(records):
        producer.produce(pipeline.topic("inference"), value, headers=headers,
                         partition=index % pipeline.partitions)
    assert producer.flush(30) == 0


def closing(pipeline):
    """An event of now for each partition, which closes every window of what came before."""
    event = inference_pb2.InferenceEvent(event_time_us=now_us(), service="closing")
    return [(event.SerializeToString(), [])] * pipeline.partitions


class Encodings(unittest.TestCase):
    def test_every_encoding_and_what_is_refused_against_the_oracle(self):
        pipeline = Pipeline(cluster, prefix="mixed.").make_topics()
        requests, begin = Requests(seed=7), now_us() - 90 * SECOND
        produce(pipeline, [requests.record(begin + 30 * SECOND * i // 600) for i in range(600)])
        produce(pipeline, [requests.refused(begin + 30 * SECOND, kind) for kind in range(REFUSALS)])
        produce(pipeline, closing(pipeline))
        worker = pipeline.start_worker("one")
        comparison = Comparison(pipeline)
        comparison.await_equal()
        reasons = {reason for *_, reason in comparison.oracle.dead}
        self.assertEqual(reasons, {"CONTENT_TYPE", "FROM_THE_FUTURE", "MALFORMED", "MISSING_TIME",
                                   "NEGATIVE_DURATION", "TOO_OLD"})
        worker.stop()

    def test_one_request_in_each_encoding(self):
        requests, at = Requests(seed=1), now_us() - 60 * SECOND
        at -= at % (10 * SECOND)
        event = inference_pb2.InferenceEvent(event_time_us=at, service="code", model="qwen-7b",
                                             tenant="acme", status=1, latency_us=1000)
        fields = {"event_time_us": at, "service": "code", "model": "qwen-7b", "tenant": "acme",
                  "status": "ok", "latency_us": 1000}
        batch = inference_pb2.InferenceBatch(count=1, base_time_us=at, time_offset_us=[0],
                                             status=b"\x01", latency_us=[1000])
        batch.service.value.append("code")
        kinds = [(event.SerializeToString(), []),
                 (event.SerializeToString(), [("content-type", "application/x-protobuf")]),
                 (json.dumps(fields).encode(), []),
                 (json.dumps(fields).encode(), [("content-type", "application/json")]),
                 (batch.SerializeToString(), [("content-type", "application/x-protobuf; "
                                               "message=weir.v1.InferenceBatch")])]
        pipeline = Pipeline(cluster, prefix="json.", kafka="  results: json\n").make_topics()
        produce(pipeline, kinds)
        produce(pipeline, closing(pipeline))
        worker = pipeline.start_worker("one")
        key, result = self.first_result(pipeline, b"service=code@")
        end = datetime.fromtimestamp(result["end_time_us"] / SECOND, timezone.utc)
        self.assertEqual(key, f"service=code@{end:%Y-%m-%dT%H:%M:%SZ}")
        self.assertEqual((result["scope"], result["series"]), (["service"], ["code"]))
        told = {window["length_us"]: window["value"] for window in result["window"]}
        self.assertEqual(told[10 * SECOND]["requests"], len(kinds))
        self.assertEqual(told[10 * SECOND]["status"]["ok"], len(kinds))
        self.assertEqual(told[10 * SECOND]["latency_us"]["p50"], 1000)
        worker.stop()

    def first_result(self, pipeline, beginning):
        for record in pipeline.follow("kpi"):
            if record.key().startswith(beginning):
                return record.key().decode(), json.loads(record.value())


if __name__ == "__main__":
    unittest.main()
