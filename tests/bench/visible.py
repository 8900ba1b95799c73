#!/usr/bin/env python3
"""How long after an event its number is in /api/v1/query: 200 requests a second with five events
each to both partitions, for WEIR_BENCH_SECONDS (default 60).

An event counts in the first end that its pane of 10 s reaches, which cannot be told before the
pane is over and events as late as `out_of_orderness` (5 s) are in. `excess` is what is beyond that:
from an event to its being seen, less 15 s, at P99 of events spread evenly (goal: 1 s); and of each
end, from 5 s after it to its being seen, at most."""

import http.client
import json
import os
import statistics
import threading
import time

from live_server import LiveServer

SECONDS = int(os.environ.get("WEIR_BENCH_SECONDS", "60"))
PANE_S, OUT_OF_ORDER_S = 10, 5


def tell(name, value, unit="s"):
    print(json.dumps({"name": f"visible/{name}", "value": round(value, 3), "unit": unit}),
          flush=True)


def send(port, until):
    connection = http.client.HTTPConnection("127.0.0.1", port)
    while (now := time.time()) < until:
        event = {"event_time_us": int(now * 1e6), "service": "seen", "latency_us": 1000}
        connection.request("POST", "/v1/events", "\n".join([json.dumps(event)] * 5))
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(answer.status)
        time.sleep(0.01)


def main():
    seen = {}  # when an end was first seen
    with LiveServer() as server:
        until = time.time() + SECONDS
        senders = [threading.Thread(target=send, args=(server.port, until)) for _ in range(2)]
        for sender in senders:
            sender.start()
        while not server.ask("catalog")["scopes"]:  # nothing was told yet
            time.sleep(0.1)
        while time.time() < until:
            rows = server.ask("query?scope=service&window=1m")["rows"]
            for row in rows:
                seen.setdefault(row["end_time"], time.time())
            time.sleep(0.02)
        for sender in senders:
            sender.join()
    ends = {time.mktime(time.strptime(end, "%Y-%m-%dT%H:%M:%SZ")) - time.timezone: at
            for end, at in seen.items()}
    ends = dict(sorted(ends.items())[1:])  # the first one may have been there already
    excess = [at - end - OUT_OF_ORDER_S for end, at in ends.items()]
    tell("ends", len(ends), "ends")
    tell("excess_of_an_end_p50", statistics.median(excess))
    tell("excess_of_an_end_max", max(excess))
    waits = [at - end + PANE_S * step / 100 for end, at in ends.items() for step in range(100)]
    tell("excess_p99", statistics.quantiles(waits, n=100)[-1] - PANE_S - OUT_OF_ORDER_S)
    tell("goal_excess_p99", 1)


if __name__ == "__main__":
    main()
