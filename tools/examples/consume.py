#!/usr/bin/env python3
"""Prints the KPIs that Weir tells, one line a window, as they come.

    consume.py BROKERS [--scope service,model] [--window 1m] [--limit N]
"""

import argparse
from datetime import datetime, timezone

from confluent_kafka import Consumer
from weir.v1 import kpi_pb2

UNITS = {"s": 10**6, "m": 60 * 10**6, "h": 3600 * 10**6, "d": 86400 * 10**6}


def duration_us(text):
    return int(text[:-1]) * UNITS[text[-1]]


def lines(result, window_us):
    """A line for each window of that length."""
    end = datetime.fromtimestamp(result.end_time_us / 1e6, timezone.utc)
    series = ",".join(f"{name}={value}" for name, value in zip(result.scope, result.series))
    for window in result.window:
        if window.length_us != window_us:
            continue
        value = window.value
        ratio = f"{value.success_ratio:.4f}" if value.HasField("success_ratio") else "-"
        p95 = f"{value.latency_us.p95 / 1000:.1f} ms" if value.HasField("latency_us") else "-"
        again = f"  again: {window.difference.requests:+d} requests" if result.restates else ""
        yield f"{end:%H:%M:%S}  {series}  {value.requests} requests  ok {ratio}  P95 {p95}{again}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("brokers", metavar="BROKERS", help="host:port, a comma between them")
    parser.add_argument("--scope", default="service", help="dimensions, in order (service)")
    parser.add_argument("--window", type=duration_us, default="1m", help="its length (1m)")
    parser.add_argument("--limit", type=int, metavar="N", help="end after that many lines")
    parser.add_argument("--topic", default="weir.kpi")
    args = parser.parse_args()
    consumer = Consumer({"bootstrap.servers": args.brokers, "group.id": "example",
                         "auto.offset.reset": "earliest", "isolation.level": "read_committed"})
    consumer.subscribe([args.topic])
    printed = 0
    try:
        while args.limit is None or printed < args.limit:
            record = consumer.poll(1)
            if record is None:
                continue
            if record.error():
                raise SystemExit(str(record.error()))
            result = kpi_pb2.KpiResult.FromString(record.value())
            if list(result.scope) == args.scope.split(","):
                for line in lines(result, args.window):
                    print(line, flush=True)
                    printed += 1
    except KeyboardInterrupt:
        pass
    finally:
        consumer.close()


if __name__ == "__main__":
    main()
