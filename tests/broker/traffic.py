"""Requests as producers send them: every encoding, late ones, repeats, and what must be refused. A
seed decides everything but the time."""

import heapq
import http.client
import itertools
import json
import random
import struct
import threading
import time
import urllib.error
import urllib.request
import uuid

from confluent_kafka import Producer

from messages import ABSENT, BATCH, EVENT, JSON, PROTOBUF, inference_pb2
from rules import MINUTE, SECOND

_SERVICES = ("chat", "code", "search")
_MODELS = ("llama-70b", "qwen-7b", "mistral")
_TENANTS = ("acme", "globex", "initech", "umbrella")
REFUSALS = 6
_STATUSES = (1, 1, 1, 1, 1, 1, 2, 3, 4, 5, 9)


def now_us():
    return time.time_ns() // 1000


class Requests:
    """Draws records: (value, headers)."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def event(self, time_us):
        draw = self.random
        event = inference_pb2.InferenceEvent(
            event_time_us=time_us, service=draw.choice(_SERVICES), model=draw.choice(_MODELS),
            tenant=draw.choice(_TENANTS), status=draw.choice(_STATUSES))
        if draw.random() < 0.95:
            event.latency_us = int(draw.lognormvariate(13, 1))
        if draw.random() < 0.8:
            event.ttft_us = min(event.latency_us, draw.randrange(1000, 300_000))
        if draw.random() < 0.9:
            event.input_tokens = draw.randrange(4000)
            event.output_tokens = draw.randrange(1000)
        return event

    def single(self, time_us):
        headers = self.random.choice(([], [("content-type", PROTOBUF)], [("content-type", EVENT)]))
        return self.event(time_us).SerializeToString(), headers

    def as_json(self, time_us):
        event = self.event(time_us)
        fields = {field.name: value for field, value in event.ListFields()}
        fields["status"] = inference_pb2.InferenceStatus.Name(event.status)[17:].lower()
        headers = self.random.choice(([], [("content-type", JSON)]))
        return json.dumps(fields).encode(), headers

    def columns(self, times_us):
        events = [self.event(time_us) for time_us in times_us]
        base = min(times_us)
        batch = inference_pb2.InferenceBatch(count=len(events), base_time_us=base)
        batch.time_offset_us.extend(event.event_time_us - base for event in events)
        for name, texts in (("service", _SERVICES), ("model", _MODELS), ("tenant", _TENANTS)):
            column = getattr(batch, name)
            column.value.extend(texts)
            column.code = b"".join(struct.pack("<H", texts.index(getattr(event, name)))
                                   for event in events)
        batch.status = bytes(event.status for event in events)
        for name in ("latency_us", "ttft_us", "input_tokens", "output_tokens"):
            getattr(batch, name).extend(
                getattr(event, name) if event.HasField(name) else ABSENT for event in events)
        return batch.SerializeToString(), [("content-type", BATCH)]

    def refused(self, time_us, kind):
        """What must become a dead letter, one of REFUSALS kinds."""
        event = self.event(time_us)
        match kind:
            case 0:
                return b"\xff\xff\xff", []
            case 1:
                return event.SerializeToString(), [("content-type", "text/plain")]
            case 2:
                event.event_time_us = 0
            case 3:
                event.latency_us = -1
            case 4:
                event.event_time_us = time_us + 60 * MINUTE
            case 5:
                event.event_time_us = time_us - 180 * MINUTE
        return event.SerializeToString(), []

    def record(self, time_us):
        """Any of them, with a time that is sometimes late."""
        lateness = self.random.choices((0, 30 * SECOND, 2 * MINUTE, 20 * MINUTE),
                                       (970, 15, 10, 5))[0]
        time_us -= lateness + self.random.randrange(SECOND)
        chance = self.random.random()
        if chance < 0.02:
            return self.refused(time_us, self.random.randrange(REFUSALS))
        if chance < 0.12:
            return self.as_json(time_us)
        if chance < 0.3:
            return self.columns([time_us + self.random.randrange(SECOND // 2) for _ in range(10)])
        return self.single(time_us)


class Traffic:
    """A producer in a thread of its own, from start() to stop(). One record in twenty has an id and
    goes again up to a minute later, as after an acknowledgement that was lost: it counts once,
    though commits, takeovers and restores lie in between."""

    def __init__(self, settings, topic, partitions, seed, rate=100):
        self._producer = Producer(settings | {
            "log_level": 2, "enable.idempotence": True, "linger.ms": 20,
            "delivery.timeout.ms": 600_000, "socket.timeout.ms": 5_000,
            "reconnect.backoff.max.ms": 500})
        self._topic, self._partitions, self._rate = topic, partitions, rate
        self._requests = Requests(seed)
        self._again = []  # a heap of (when, number, value, headers, partition)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.sent = 0
        self.repeated = 0
        self.failed = []

    def start(self):
        self._thread.start()

    def stop(self):
        """Returns once everything is acknowledged, and repeated what was to be."""
        self._stop.set()
        self._thread.join()
        self._repeat(until=float("inf"))
        left = self._producer.flush(120)
        if left or self.failed:
            raise AssertionError(f"{left} records were not acknowledged; {self.failed[:3]}")

    def _delivered(self, error, _):
        if error:
            self.failed.append(str(error))

    def _send(self, value, headers, partition):
        self._producer.produce(self._topic, value, headers=headers, partition=partition,
                               on_delivery=self._delivered)
        self.sent += 1

    def _repeat(self, until):
        while self._again and self._again[0][0] <= until:
            _, _, *record = heapq.heappop(self._again)
            self._send(*record)
            self.repeated += 1

    def _run(self):
        draw = self._requests.random
        while not self._stop.wait(0.05):
            for _ in range(max(1, self._rate // 20)):
                partition = draw.randrange(self._partitions)
                value, headers = self._requests.record(now_us())
                if draw.random() < 0.05:
                    headers = [*headers, ("weir-id", uuid.UUID(int=draw.getrandbits(128)).bytes)]
                    when = time.monotonic() + draw.uniform(1, 60)
                    heapq.heappush(self._again, (when, self.sent, value, headers, partition))
                self._send(value, headers, partition)
            self._repeat(until=time.monotonic())
            self._producer.poll(0)


class Client:
    """Who sends requests with an Idempotency-Key to a `weir ingest`, in a thread of its own from
    start() to stop(), each until it is answered with 200."""

    _TIMEOUT_S = 3
    _PAUSE_S = 0.3
    _GIVE_UP_S = 120

    def __init__(self, url, seed):
        self._url = f"{url}/v1/events"
        self._requests = Requests(seed)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.stored = 0
        self.repeated = 0
        self.failed = ""

    def start(self):
        self._thread.start()

    def stop(self):
        """Returns once the last request is answered."""
        self._stop.set()
        self._thread.join()
        if self.failed:
            raise AssertionError(self.failed)

    def _run(self):
        for number in itertools.count():
            if self._stop.wait(0.1) or self.failed:
                return
            self._send(self._lines(), f"request-{number}")

    def _lines(self):
        events = [{"event_time_us": now_us(), "service": self._requests.random.choice(_SERVICES),
                   "model": "qwen-7b", "tenant": "acme", "status": "ok", "latency_us": 90_000,
                   "ttft_us": 30_000, "input_tokens": 7, "output_tokens": 11} for _ in range(5)]
        return "\n".join(map(json.dumps, events)).encode()

    def _send(self, body, key):
        request = urllib.request.Request(self._url, body, {
            "Content-Type": "application/x-ndjson", "Idempotency-Key": key})
        deadline = time.monotonic() + self._GIVE_UP_S
        while True:
            try:
                with urllib.request.urlopen(request, timeout=self._TIMEOUT_S):
                    self.stored += 1
                    return
            except urllib.error.HTTPError as error:
                why = f"{error.code} {error.read().decode()}"
                if error.code < 500:
                    self.failed = f"{key}: {why}"
                    return
            except (OSError, http.client.HTTPException) as error:
                why = error
            if time.monotonic() > deadline:
                self.failed = f"{key}: not stored within {self._GIVE_UP_S} s: {why}"
                return
            self.repeated += 1
            time.sleep(self._PAUSE_S)
