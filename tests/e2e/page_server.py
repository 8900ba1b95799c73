#!/usr/bin/env python3
"""A server that speaks the page's API with figures made up here, so that a test decides what the
page sees. By itself it serves a fleet with incidents until Ctrl-C:

    tests/e2e/page_server.py PACKAGES [PORT]

PACKAGES holds the node_modules that the build fetched."""

import importlib.machinery
import importlib.util
import json
import math
import queue
import re
import sys
import threading
import time
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from page_alerts import Alerts

PAGE = Path(__file__).resolve().parents[2] / "sinks/dashboard/page"
HOSTILE = '<img src=x onerror="window.hostile=1">"\'&<script>window.hostile=1</script>'
STATUSES = ("ok", "client_error", "server_error", "timeout", "oom", "dependency", "model_load",
            "rejected", "cancelled", "other", "absent")
# name: requests a second, P50 in ms, tokens a request
SERVICES = {"chat": (14, 1400, 1200), "code": (9, 590, 3200), "search": (6, 65, 55),
            "summarize": (3.2, 2100, 4100), "vision": (4.5, 220, 1200)}
SCOPES = [["service"], ["service", "model"], ["service", "region"], ["tenant"]]
WINDOWS = ["1m/10s", "5m/10s", "1h/1m"]
SECONDS = {"s": 1, "m": 60, "h": 3600}


def embed():
    """The script that knows files.txt."""
    loader = importlib.machinery.SourceFileLoader("embed", str(PAGE / "embed"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("embed", loader))
    loader.exec_module(module)
    return module


def time_text(seconds):
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds_of(text):
    return SECONDS[text[-1]] * int(text[:-1])


def wobble(seed, at, size):
    """A figure near 1 that is the same each time."""
    return 1 + size * (math.sin(at / 170 + seed) * 0.6 + math.sin(at / 37 + 2 * seed) * 0.4)


def latency(p50_ms, at, seed, tail=1.0):
    p50 = p50_ms * 1000 * wobble(seed, at, 0.08)
    p99 = p50 * 5.2 * wobble(seed + 3, at, 0.15) * tail
    return {"count": 100, "mean": p50 * 1.25, "p50": int(p50), "p90": int(p50 * 2.4),
            "p95": int(p50 * 3.1 * tail ** 0.8), "p99": int(p99), "p999": int(p99 * 1.6),
            "max": int(p99 * 2), "tail_ratio": p99 / p50}


def row(scope, values, at, window="1m/10s", **changes):
    """One row as the API has it; `changes`: share, errors {status: ratio}, tail, complete."""
    requests_s, p50_ms, tokens = SERVICES.get(values[0], (4, 300, 900))
    seed = sum(map(ord, values[-1]))
    length_s = seconds_of(window.split("/")[0])
    share = changes.get("share", 1)
    requests = max(1, round(requests_s * length_s * share * wobble(seed, at, 0.12)))
    errors = {"client_error": 0.003, "server_error": 0.003, "timeout": 0.001,
              **changes.get("errors", {})}
    status = {name: round(requests * errors.get(name, 0)) for name in STATUSES}
    status["ok"] = requests - sum(status.values())
    rated = requests - status["client_error"]
    tail = changes.get("tail", 1)
    return {
        "scope": scope, "series": dict(zip(scope, values)), "end_time": time_text(at),
        "window": window, "complete": changes.get("complete", True), "requests": requests,
        "status": status, "rated": rated, "success_ratio": status["ok"] / rated,
        "latency_us": latency(p50_ms, at, seed, tail),
        "ttft_us": None if values[0] == "search" else latency(p50_ms / 5, at, seed, tail ** 0.5),
        "tpot_us": latency(9, at, seed), "queue_us": latency(4.5, at, seed, tail),
        "compute_us": latency(p50_ms * 0.97, at, seed, tail), "network_us": latency(3, at, seed),
        "requests_per_second": requests / length_s, "peak_requests_per_second":
            math.ceil(requests / length_s * 2.1), "input_tokens": requests * tokens,
        "output_tokens": requests * tokens // 8, "cached_tokens": requests * tokens // 5,
        "tokens_per_second": requests * tokens * 9 / 8 / length_s, "cold_starts":
            None if values[0] == "search" else round(requests * 0.002), "cold_start_us": None,
        "retries": round(requests * 0.01),
        "overflow": False,
    }


class Fleet:
    """What the server knows. Times are seconds; rows end at multiples of a hop."""

    def __init__(self, now_s=None):
        self.now_s = (now_s or int(time.time())) // 10 * 10
        self.begin_s = self.now_s - 3600
        self.regressed_s = self.now_s - 420  # code is slow from here on
        self.burst_s = self.now_s - 300      # chat fails from here on
        self.changed = {}                    # (values, end): a row told again
        self.token = None
        self.alerts = Alerts(self.now_s, HOSTILE)

    def series(self, scope):
        services = list(SERVICES)
        match scope:
            case ["service"]:
                return [[name] for name in services]
            case ["service", "model"]:
                return [[name, f"{name}-{m}"] for name in services for m in ("large", "small")]
            case ["service", "region"]:
                return [[name, region] for name in services for region in ("eu-1", "us-1")]
            case _:
                return [[f"tenant-{i:04}"] for i in range(11)] + [[HOSTILE]]

    def row(self, scope, values, at, window):
        """None: absent, a gap."""
        if told := self.changed.get((tuple(values), at)):
            return told
        if not self.begin_s < at <= self.now_s:
            return None
        if values[0] == "vision" and 900 < self.now_s - at < 1300:
            return None
        changes = {"share": 1 / len(scope)}
        if values[0] == "code" and at > self.regressed_s and values[-1] != "code-small":
            changes["tail"] = min(4.5, 1 + (at - self.regressed_s) / 40)
        if values[0] == "chat" and at > self.burst_s:
            changes["errors"] = {"server_error": 0.22, "timeout": 0.06, "dependency": 0.03}
        if values[0] == "summarize" and 1800 < self.now_s - at < 2100:
            changes["complete"] = False
        return row(scope, values, at, window, **changes)

    def rows(self, scope, window, where, from_s, to_s):
        hop_s = seconds_of(window.split("/")[1])
        begin = max(-(-from_s // hop_s) * hop_s, self.begin_s)
        found = (self.row(scope, values, at, window)
                 for at in range(int(begin), int(min(to_s, self.now_s)) + 1, hop_s)
                 for values in self.series(scope)
                 if all(dict(zip(scope, values))[name] == value for name, value in where))
        return [r for r in found if r]

    def catalog(self):
        return {"scopes": [{"dimensions": scope, "windows": WINDOWS} for scope in SCOPES],
                "unrated": ["client_error", "cancelled"], "version": "0.1.0",
                "now": time_text(self.now_s), "server_time_us": int(time.time() * 1e6)}

    def pipeline(self):
        second = time.time()
        return {
            "partitions": [
                {"topic": topic, "partition": p, "processor": processor,
                 "position": 182_000 + 700 * p, "end": 182_003 + 700 * p, "lag_records": 3 * p,
                 "watermark": time_text(self.now_s - p), "append_time": time_text(self.now_s + 4),
                 "watermark_lag_s": 5.2 + p, "stalled": False, "stalled_since": None}
                for topic, processor, number in
                (("weir.inference", "fold", 4), ("weir.partial", "kpi", 2)) for p in range(number)],
            "events_per_second": 2200 * wobble(1, second * 30, 0.1), "results_per_second":
                31 * wobble(2, second * 30, 0.1),
            "dead_letters": {"late": 12, "from_the_future": 3, "malformed": 41},
            "state_bytes": 61 << 20, "disk_bytes": 1_932_735_283, "disk_budget_bytes": 20 << 30,
            "memory_bytes": (412 << 20) * wobble(3, second * 30, 0.05), "memory_budget_bytes":
                1 << 30, "uptime_s": 7384}

    def objectives(self):
        return {"rows": [
            {"objective": "chat-latency", "service": "chat", "scope": ["model"], "series": [model],
             "end_time_us": int(self.now_s * 1e6), "target_ppb": 998_000_000, "maintenance": "",
             "budget": {"good": 87_837, "total": 87_896, "sli": 87_837 / 87_896,
                        "start_us": int((self.now_s - 86_400) * 1e6), "length_us": 86_400_000_000,
                        "spent_ratio": spent, "exhausted_at_us": int((self.now_s + 5e3) * 1e6)},
             "window": [{"length_us": 300_000_000, "burn_rate": 0.14},
                        {"length_us": 3_600_000_000, "burn_rate": 14.5}],
             "condition": [{"name": "page-1h", "state": f"CONDITION_STATE_{state}"}],
             "complete": True}
            for model, spent, state in (("llama-70b", 0.336, "QUIET"), (HOSTILE, 1.2, "FIRING"))]}

    def burndown(self):
        return {"rows": [
            {"objective": "chat-latency", "scope": ["model"], "series": [model],
             "window_us": 86_400_000_000,
             "points": [[int((self.begin_s + 60 * i) * 1e6), 1 - spent * i / 60, 0.5 + i / 10]
                        for i in range(60)]}
            for model, spent in (("llama-70b", 0.336), (HOSTILE, 1.2))]}

    def dead_letters(self):
        return {"rows": [
            {"offset": 9120 - i, "partition": i % 4, "topic": "weir.inference", "source": None,
             "time": time_text(self.now_s - 37 * i), "content_type": "application/json",
             "reasons": [{"index": i, "reason": reason, "text": text}]}
            for i, (reason, text) in enumerate([
                ("malformed", "event 3: latency_us is negative: -4"),
                ("late", "ended 00:31:07 before the watermark, and the widest tier keeps 1 day"),
                ("from_the_future", "starts 5 min after the log took it"),
                ("malformed", HOSTILE)])]}


class PageServer:
    """Serves a Fleet on a free port of loopback; what is pushed goes to every open stream."""

    def __init__(self, packages, fleet=None, port=0):
        self.fleet = fleet or Fleet()
        self.module = embed()
        self.files = self.module.page_files(Path(packages))
        header = (PAGE / "page_files.h").read_text()
        self.policy = "".join(re.findall(r'^    "(.*)"', header, re.M))
        self.streams = set()
        self.pushed = []                   # the rows told by push(), in order
        self.telling = threading.Lock()    # of what is told, and to whom
        self.closed = threading.Event()
        self.http = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self.http.daemon_threads = True
        self.http.handle_error = lambda *_: None  # a browser that goes away is no error
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}/"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def close(self):
        self.disconnect()
        self.closed.set()
        self.http.shutdown()
        self.http.server_close()

    def disconnect(self):
        """Ends every stream, as a restart does."""
        for stream in list(self.streams):
            stream[1].put(None)

    def push(self, *rows):
        """Tells rows to the streams whose scope and window they have."""
        with self.telling:
            for row_told in rows:
                at = int(datetime.fromisoformat(row_told["end_time"]).timestamp())
                self.fleet.changed[tuple(row_told["series"].values()), at] = row_told
            self._tell((self.fleet.now_s, len(self.pushed)), rows)

    def advance(self, seconds=10):
        """Time passes: the rows of the new ends are told."""
        with self.telling:
            before = self.fleet.now_s, len(self.pushed)
            self.fleet.now_s += seconds
            self._tell(before)

    def _tell(self, position, rows=()):
        self.pushed.extend(rows)
        for stream in self.streams:
            if told := self.since(position, stream[0]):
                stream[1].put((self.position(), "rows", told))

    def position(self):
        return f"{self.fleet.now_s}.{len(self.pushed)}"

    def since(self, position, selection):
        """What was told of a selection after a position: the rows of new ends, then the pushed."""
        now_s, pushed = position
        scope, window, where = selection
        return self.fleet.rows(*selection, now_s + 1, self.fleet.now_s) + [
            r for r in self.pushed[pushed:] if r["scope"] == scope and r["window"] == window
            and all(r["series"][name] == value for name, value in where)]

    def _handler(self):
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                url = urlsplit(self.path)
                try:
                    if url.path.startswith("/api/v1/"):
                        self.api(url.path.removeprefix("/api/v1/"), parse_qsl(url.query))
                    elif file := server.files.get(url.path):
                        self.answer(200, file.read_bytes(), server.module.content_type(url.path))
                    else:
                        self.answer(404, b"not found", "text/plain")
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                code, answer = server.fleet.alerts.take(
                    self.command, urlsplit(self.path).path.removeprefix("/api/v1/"),
                    self.headers["Authorization"], json.loads(body) if body else None)
                self.answer(code, json.dumps(answer).encode())

            do_DELETE = do_POST

            def answer(self, code, content, content_type="application/json"):
                self.send_response(code)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(content)))
                self.send_header("Content-Security-Policy", server.policy)
                self.end_headers()
                self.wfile.write(content)

            def api(self, name, parameters):
                fleet, given = server.fleet, dict(parameters)
                if fleet.token and self.headers["Authorization"] != f"Bearer {fleet.token}":
                    return self.answer(401, b'{"error":"a read token is wanted"}')
                where = [tuple(v.split("=", 1)) for k, v in parameters if k == "where"]
                answers = {"catalog": fleet.catalog, "pipeline": fleet.pipeline,
                           "deadletters": fleet.dead_letters, "objectives": fleet.objectives,
                           "burndown": fleet.burndown}
                if name in answers:
                    answer = answers[name]()
                elif name == "query":
                    times = [datetime.fromisoformat(given[key]).timestamp()
                             for key in ("from", "to")]
                    with server.telling:
                        answer = {"position": server.position(), "truncated": False,
                                  "rows": fleet.rows(given["scope"].split(","), given["window"],
                                                     where, *times)}
                elif name == "stream":
                    selection = (given["scope"].split(","), given["window"], where)
                    return self.stream(selection, [int(n) for n in given["position"].split(".")])
                else:
                    answer = fleet.alerts.answer(name, given)
                    if answer is None:
                        return self.answer(404, b'{"error":"there is no such thing"}')
                self.answer(200, json.dumps(answer).encode())

            def stream(self, selection, position):
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.send_header("Connection", "close")
                self.end_headers()
                self.close_connection = True
                stream = Stream((selection, queue.Queue()))
                with server.telling:
                    server.streams.add(stream)
                    if missed := server.since(position, selection):
                        stream[1].put((server.position(), "rows", missed))
                try:
                    while not server.closed.is_set():
                        try:
                            event = stream[1].get(timeout=1)
                        except queue.Empty:
                            with server.telling:
                                if not stream[1].empty():
                                    continue
                                event = (server.position(), "pipeline", server.fleet.pipeline())
                        if event is None:
                            return
                        position, name, value = event
                        self.wfile.write(f"id: {position}\nevent: {name}\n"
                                         f"data: {json.dumps(value)}\n\n".encode())
                        self.wfile.flush()
                finally:
                    with server.telling:
                        server.streams.discard(stream)

        return Handler


class Stream(tuple):
    """(selection, events), told apart by identity."""

    __hash__ = object.__hash__
    __eq__ = object.__eq__


def main():
    server = PageServer(sys.argv[1], port=int(sys.argv[2]) if len(sys.argv) > 2 else 0)
    print(server.url, flush=True)
    try:
        while True:
            time.sleep(10)
            server.advance()
    except KeyboardInterrupt:
        server.close()


if __name__ == "__main__":
    main()
