"""A receiver of webhooks that misbehaves as it is told, and remembers what arrived."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class FaultyReceiver:
    """Each request meets the next of `faults`, and `ok` when they are used up:

    ok       200
    500      and other numbers: that status; 429 asks to come again in a second
    garbage  no HTTP at all
    hang     no answer within the client's patience
    drop     the request has arrived, its answer does not
    """

    def __init__(self, test, faults=(), port=0):
        self.arrivals = []  # (headers, body, fault)
        self._faults = list(faults)
        self._lock = threading.Lock()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                receiver._answer(self)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        test.addCleanup(self._server.server_close)
        test.addCleanup(self._server.shutdown)

    def _answer(self, handler):
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        with self._lock:
            fault = self._faults.pop(0) if self._faults else "ok"
            self.arrivals.append((dict(handler.headers), body, fault))
        if fault in ("drop", "garbage", "hang"):
            handler.close_connection = True
            if fault == "garbage":
                handler.wfile.write(b"\x00\xffthis is no HTTP\r\n\r\n")
            elif fault == "hang":
                time.sleep(3)
            return
        handler.send_response(200 if fault == "ok" else int(fault))
        if fault == "429":
            handler.send_header("Retry-After", "1")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    def taken(self):
        """What it said yes to, as (id, body)."""
        with self._lock:
            return [(headers.get("webhook-id"), json.loads(body))
                    for headers, body, fault in self.arrivals if fault == "ok"]

    def arrived(self):
        """All that arrived, answered or not, as (id, body)."""
        with self._lock:
            return [(headers.get("webhook-id"), body) for headers, body, _ in self.arrivals]
