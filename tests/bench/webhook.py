#!/usr/bin/env python3
"""How long after a bad event the POST arrives that tells of it. Five hundred events a second of 120
tenants, each with its own objective, alert and group, of which one after the other turns bad at a
random time within WEIR_BENCH_SECONDS (default 120); one receiver, which answers at once.

    bad event -> end of its pane of 10 s -> `out_of_orderness` (5 s)     has to pass
      -> time_known   fold and slo have committed: the append time of the signal that it burns
      -> decided      every task that evaluates conditions is as far, and `group_wait` is over
      -> posted       alert has committed, and the request was made

`excess` is from the end of the first line to the POST, less `group_wait` (goal at P99: 2 s); the
parts add up to it. Alerts of one pane are decided together: it has that of twelve panes.

WEIR_BENCH_GROUP_WAIT_S sets `alert.group_wait` (default 0, as Weir's own). Whether it is over is
looked at when a tick tells the time, each 10 s, so one of 1 s ends with the next tick."""

import http.client
import json
import os
import random
import statistics
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from live_server import LiveServer

SECONDS = int(os.environ.get("WEIR_BENCH_SECONDS", "120"))
GROUP_WAIT_S = int(os.environ.get("WEIR_BENCH_GROUP_WAIT_S", "0"))
PANE_S, OUT_OF_ORDER_S = 10, 5
WARM_S = 20  # of traffic that is good
LAST_S = 30  # for the last alerts to come
TENANTS = 120
CONFIG = """slo: {objectives: [slo.yaml]}
alert:
  group_by: [tenant]
  group_wait: %ds
  storm: {per_hour: 10000, groups_at_once: 1000}
webhook:
  receivers: [{name: bench, type: generic, url: 'http://127.0.0.1:%d/', allow_private: true}]
"""
OBJECTIVE = """apiVersion: openslo/v1
kind: SLO
metadata: {name: fast}
spec:
  service: chat
  indicator:
    metadata: {name: fast}
    spec:
      ratioMetric:
        counter: true
        good: {metricSource: {type: weir, spec: {query: latency <= 1s}}}
        total: {metricSource: {type: weir, spec: {query: service == chat, per: [tenant]}}}
  timeWindow: [{duration: 1d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{target: 0.99}]
"""


def tell(name, value, unit="s"):
    print(json.dumps({"name": f"webhook/{name}", "value": round(value, 3), "unit": unit}),
          flush=True)


class Receiver:
    """Keeps of each tenant the first POST: (when it arrived, the notification)."""

    def __init__(self):
        self.first = {}
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                at = time.time()
                told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["data"]
                tenant = {each["name"]: each["value"] for each in told["group_label"]}["tenant"]
                receiver.first.setdefault(tenant, (at, told))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()


def events(tenant, at, count, latency_us):
    event = {"event_time_us": int(at * 1e6), "service": "chat", "tenant": tenant, "status": "ok",
             "latency_us": latency_us}
    return [json.dumps(event)] * count


def send(port, planned, until, turned):
    """Good events of all, and of each tenant 30 bad ones at its planned time; `turned` is when."""
    draw = random.Random(port)
    connection = http.client.HTTPConnection("127.0.0.1", port)
    while (now := time.time()) < until:
        lines = []
        for tenant in draw.sample(list(planned), 5):
            lines += events(tenant, now, 1, 1_000)
        for tenant in [each for each, at in planned.items() if at <= now and each not in turned]:
            turned[tenant] = now
            lines += events(tenant, now, 30, 5_000_000)
        connection.request("POST", "/v1/events", "\n".join(lines))
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(answer.status)
        time.sleep(0.02)


def parts_of(turned_s, arrived_s, told):
    """Of one alert, in seconds."""
    known_s = min(each["append_time_us"] for each in told["alert"]) / 1e6
    decided_s = told["append_time_us"] / 1e6
    over_s = (turned_s // PANE_S + 1) * PANE_S + OUT_OF_ORDER_S
    return {"excess": arrived_s - over_s - GROUP_WAIT_S, "from_event": arrived_s - turned_s,
            "pane_and_out_of_orderness": over_s - turned_s, "time_known": known_s - over_s,
            "decided": decided_s - known_s - GROUP_WAIT_S, "posted": arrived_s - decided_s}


def main():
    draw = random.Random(1)
    receiver = Receiver()
    with LiveServer(CONFIG % (GROUP_WAIT_S, receiver.port), {"slo.yaml": OBJECTIVE}) as server:
        begin = time.time() + WARM_S
        until = begin + SECONDS + LAST_S + GROUP_WAIT_S
        planned = [{f"t{i}": begin + draw.uniform(0, SECONDS) for i in range(sender, TENANTS, 2)}
                   for sender in range(2)]
        turned = {}  # by tenant: when it was
        senders = [threading.Thread(target=send, args=(server.port, each, until, turned))
                   for each in planned]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
    alerts = [parts_of(at, *receiver.first[tenant]) for tenant, at in turned.items()
              if tenant in receiver.first]
    tell("alerts", len(alerts), "alerts")
    tell("alerts_missed", TENANTS - len(alerts), "alerts")
    tell("group_wait", GROUP_WAIT_S)
    for name in alerts[0]:
        tell(f"{name}_p50", statistics.median(each[name] for each in alerts))
    for name in ("excess", "from_event"):
        tell(f"{name}_p99", statistics.quantiles([each[name] for each in alerts], n=100)[-1])
    tell("goal_excess_p99", 2)


if __name__ == "__main__":
    main()
