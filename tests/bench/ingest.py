#!/usr/bin/python3
"""Durable events a second over HTTP, by format and events a request, from eight connections that
each wait for their answer. Events are full ones (request id, six texts, user, two durations, two
counts), of now, in order.

`per_core` divides by all user and system time of the `weir up` process until every event is folded
and told, the page's share included; the clients' time is told apart (`client_per_event`). A 200
means synced, so the disk's own rate of syncs of 32 KiB, measured before, stands beside.

WEIR_BENCH_SECONDS (default 3) is the length of each measurement."""

import json
import os
import random
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from live_server import LiveServer

PROTO = Path(__file__).resolve().parents[2] / "proto"
SECONDS = float(os.environ.get("WEIR_BENCH_SECONDS", "3"))
CONNECTIONS = 8
SIZES = (1, 50, 500, 5000)
GOALS = {("protobuf", 500): 300_000, ("ndjson", 500): 150_000}
BATCH = "application/x-protobuf; message=weir.v1.InferenceBatch"


def tell(name, value, unit):
    print(json.dumps({"name": f"ingest/{name}", "value": round(value, 3), "unit": unit}),
          flush=True)


def messages(folder):
    """Python's classes of the protos, which protoc makes."""
    names = ("weir/v1/inference.proto", "weir/otlp/v1/trace.proto")
    subprocess.run(["protoc", "-I", PROTO, f"--python_out={folder}", *names], check=True)
    sys.path.insert(0, folder)
    from weir.otlp.v1 import trace_pb2
    from weir.v1 import inference_pb2
    return inference_pb2, trace_pb2


def make_rows(count):
    draw = random.Random(1)
    latency = [int(draw.lognormvariate(12.9, 0.5)) for _ in range(count)]
    return [{"request_id": draw.randbytes(16).hex(), "service": f"service-{i % 5}",
             "model": f"model-{i % 7}", "model_version": "2026-01", "tenant": f"tenant-{i % 20}",
             "region": f"region-{i % 3}", "host": f"gpu-{i % 40:03}", "status": "ok",
             "user_hash": f"{draw.getrandbits(64):016x}", "latency_us": latency[i],
             "ttft_us": latency[i] // 5, "input_tokens": draw.randrange(4000),
             "output_tokens": draw.randrange(500)} for i in range(count)]


def times_us(rows, second):
    """Spread over a second, ascending."""
    return [second * 1_000_000 + i * 1_000_000 // len(rows) for i in range(len(rows))]


class Bodies:
    """What is sent in one second, by format: before the place of a counter, and behind it."""

    def __init__(self, inference, trace):
        self.inference, self.trace = inference, trace

    def json_events(self, rows, second):
        return [json.dumps({"event_time_us": at, **row}, separators=(",", ":"))
                for at, row in zip(times_us(rows, second), rows)]

    def ndjson(self, rows, second):
        return ("\n".join(self.json_events(rows, second)) + "\n").encode(), b""

    def json_array(self, rows, second):
        return f"[{','.join(self.json_events(rows, second))}]".encode(), b""

    def protobuf(self, rows, second):
        batch = self.inference.InferenceBatch(count=len(rows), base_time_us=second * 1_000_000)
        batch.time_offset_us.extend(at - batch.base_time_us for at in times_us(rows, second))
        batch.request_id = b"".join(bytes.fromhex(row["request_id"]) for row in rows)
        batch.status = b"\1" * len(rows)
        batch.user_hash.extend(int(row["user_hash"], 16) for row in rows)
        for name in ("service", "model", "model_version", "tenant", "region", "host"):
            texts = [row[name] for row in rows]
            values = list(dict.fromkeys(texts))
            column = getattr(batch, name)
            column.value.extend(values)
            if len(values) > 1:
                column.code = bytes(map(values.index, texts))
        for name in ("latency_us", "ttft_us", "input_tokens", "output_tokens"):
            getattr(batch, name).extend(row[name] for row in rows)
        return batch.SerializeToString(), b""

    def otlp(self, rows, second):
        """Equal exports count once, so each has its own first trace id: the counter's place."""
        request = self.trace.ExportTraceServiceRequest()
        resource = request.resource_spans.add()
        self.attributes(resource.resource, {"service.name": "service-0", "host.name": "gpu-000",
                                            "cloud.region": "region-0"})
        spans = resource.scope_spans.add().spans
        mark = b"\xfecounter" * 2
        for at, row in zip(times_us(rows, second), rows):
            span = spans.add(trace_id=bytes.fromhex(row["request_id"]) if len(spans) else mark,
                             span_id=bytes.fromhex(row["user_hash"]))
            span.end_time_unix_nano = at * 1000
            span.start_time_unix_nano = (at - row["latency_us"]) * 1000
            self.attributes(span, {
                "gen_ai.operation.name": "chat", "gen_ai.response.model": row["model"],
                "gen_ai.usage.input_tokens": row["input_tokens"],
                "gen_ai.usage.output_tokens": row["output_tokens"],
                "gen_ai.response.time_to_first_chunk": row["ttft_us"] / 1e6,
                "weir.tenant": row["tenant"]})
        head, _, tail = request.SerializeToString().partition(mark)
        return head, tail

    @staticmethod
    def attributes(owner, values):
        for key, value in values.items():
            kind = {str: "string_value", int: "int_value", float: "double_value"}[type(value)]
            setattr(owner.attributes.add(key=key).value, kind, value)


FORMATS = {"protobuf": ("/v1/events", BATCH), "ndjson": ("/v1/events", "application/x-ndjson"),
           "json_array": ("/v1/events", "application/json"),
           "otlp": ("/v1/traces", "application/x-protobuf")}


class Client(threading.Thread):
    """One connection that sends, waits for the answer, and sends the next."""

    def __init__(self, number, port, name, prepared_bodies):
        super().__init__()
        self.number, self.target, self.expected = number, FORMATS[name], prepared_bodies.expected
        self.parts, self.end = prepared_bodies.parts, prepared_bodies.begin + SECONDS
        self.answers_s, self.refused = [], 0
        self.connection = socket.create_connection(("127.0.0.1", port))
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def run(self):
        path, content_type = self.target
        counter = self.number << 40
        while (now := time.time()) < self.end:
            head, tail = self.parts[int(now)]
            own = struct.pack("<QQ", 1, counter := counter + 1) if tail else b""
            size = len(head) + len(own) + len(tail)
            lines = (f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {content_type}\r\n"
                     f"Content-Length: {size}\r\n\r\n")
            began = time.perf_counter()
            self.connection.sendall(b"".join((lines.encode(), head, own, tail)))
            answer = self.connection.recv(65536)
            body = answer.partition(b"\r\n\r\n")[2]
            if answer.startswith(b"HTTP/1.1 200 ") and body == self.expected:
                self.answers_s.append(time.perf_counter() - began)
            elif answer.startswith(b"HTTP/1.1 429 "):
                self.refused += 1
                time.sleep(1)
            else:
                raise RuntimeError(answer.decode())


class Prepared:
    """The bodies of the seconds of a measurement that begins when they are made, and the
    answer to one that was taken whole."""

    def __init__(self, make, rows, expected):
        began = time.time()
        make(rows, int(began))
        length = int(SECONDS) + 2
        self.begin = int(time.time() + (time.time() - began) * length) + 2
        self.parts = {second: make(rows, second)
                      for second in range(self.begin, self.begin + length)}
        self.expected = expected


def measure(server, bodies, name, size):
    all_taken = b'{"accepted":%d,"rejected":[],"rejected_total":0}\n' % size
    expected = b"" if name == "otlp" else all_taken
    prepared = Prepared(getattr(bodies, name), make_rows(size), expected)
    clients = [Client(number, server.port, name, prepared) for number in range(CONNECTIONS)]
    time.sleep(max(0, prepared.begin - time.time()))
    cpu_s, client_s, began = server.cpu_s(), time.process_time(), time.time()
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    wall_s, client_s = time.time() - began, time.process_time() - client_s
    server.wait_until_read()
    cpu_s = server.cpu_s() - cpu_s
    answers_ms = [1000 * answer for client in clients for answer in client.answers_s]
    count = size * len(answers_ms)
    at = f"/{name}/events:{size}"
    tell(f"per_core{at}", count / cpu_s, "events/s of CPU")
    if goal := GOALS.get((name, size)):
        tell(f"goal{at}", goal, "events/s of CPU")
    tell(f"wall{at}", count / wall_s, "events/s")
    tell(f"answer_p50{at}", statistics.median(answers_ms), "ms")
    tell(f"answer_p99{at}", statistics.quantiles(answers_ms, n=100)[-1], "ms")
    tell(f"client_per_event{at}", client_s / count * 1e9, "ns of CPU")
    tell(f"bytes{at}", sum(map(len, prepared.parts[prepared.begin])) / size, "bytes/event")
    if refused := sum(client.refused for client in clients):
        tell(f"refused{at}", refused, "requests")


def sync_rate(path):
    """How often a second the disk syncs 32 KiB that were appended."""
    with open(path, "ab", buffering=0) as file:
        count, began = 0, time.monotonic()
        while (took := time.monotonic() - began) < 1:
            file.write(bytes(32 << 10))
            os.fdatasync(file.fileno())
            count += 1
    return count / took


def main():
    with tempfile.TemporaryDirectory() as folder, LiveServer() as server:
        bodies = Bodies(*messages(folder))
        tell("fdatasync", sync_rate(server.path / "synced"), "syncs/s")
        for name in FORMATS:
            for size in SIZES:
                measure(server, bodies, name, size)


if __name__ == "__main__":
    main()
