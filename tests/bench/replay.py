#!/usr/bin/env python3
"""Replay end to end on the embedded log, results durable: simulated columnar events over about ten
minutes of event time, three scopes, latency and TTFT sketched. Goals: 10 M events/s of CPU, and
100 M events in 12 s on two cores.

`written` is what went to the disk, `disk` how long a bare write of as many bytes and a sync take
just after the replay, and `waited` the time in which the cores did nothing for the replay: for the
disk, or because others had them.

WEIR_BENCH_EVENTS (default 20000000) says how many; the goal is for 100000000.
"""
import json
import os
import resource
import subprocess
import sys
import tempfile
import time

WEIR = os.environ["WEIR"]
EVENTS = int(os.environ.get("WEIR_BENCH_EVENTS", "20000000"))

CONFIG = """
fold:
  scopes:
    - {dimensions: [service, model], sketches: [latency, ttft]}
    - {dimensions: [tenant], sketches: [latency, ttft]}
    - {dimensions: [service], sketches: [latency, ttft]}
"""


def run(*arguments):
    """Wall and CPU seconds of a command, and the bytes that it wrote to the disk."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.monotonic()
    subprocess.run([WEIR, *arguments], check=True, stdout=sys.stderr)
    wall = time.monotonic() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    user = after.ru_utime - before.ru_utime
    system = after.ru_stime - before.ru_stime
    written = 512 * (after.ru_oublock - before.ru_oublock)
    return wall, user + system, written


def disk_seconds(path, size):
    """Of a bare write of so many bytes, and a sync."""
    block = os.urandom(1 << 20)
    began = time.monotonic()
    with open(path, "wb", buffering=0) as file:
        for _ in range(size >> 20):
            file.write(block)
        os.fsync(file.fileno())
    return time.monotonic() - began


def tell(name, value, unit):
    line = {"name": f"replay/{name}", "value": round(value, 3), "unit": unit}
    print(json.dumps(line), flush=True)


def main():
    with tempfile.TemporaryDirectory(prefix="weir-bench-") as directory:
        raw, out = f"{directory}/raw", f"{directory}/out"
        config = f"{directory}/weir.yaml"
        with open(config, "w", encoding="utf-8") as file:
            file.write(CONFIG)
        wall, cpu, _ = run("simulate", "--events", str(EVENTS), "--rate", str(EVENTS / 600),
                           "--start", "2026-01-05T08:00:00Z", "--lean", "--services", "50",
                           "--models", "4", "--tenants", "1000", "--out", raw)
        os.sync()  # or the replay would wait for it, and pay for the waiting
        tell("simulate", EVENTS / cpu / 1e6, "M events/s of CPU")
        size = sum(os.path.getsize(os.path.join(parent, name))
                   for parent, _, names in os.walk(raw) for name in names)
        tell("input", size / EVENTS, "bytes/event")
        wall, cpu, written = run("replay", raw, "--out", out, "--config", config)
        tell("events", EVENTS, "events")
        tell("wall", wall, "s")
        tell("cpu", cpu, "s")
        tell("per_cpu_second", EVENTS / cpu / 1e6, "M events/s of CPU")
        tell("per_event", cpu / EVENTS * 1e9, "ns of CPU/event")
        tell("goal_per_cpu_second", 10, "M events/s of CPU")
        tell("written", written / 2**20, "MiB")
        tell("disk", disk_seconds(f"{directory}/bare", written), "s")
        tell("waited", wall - cpu / os.cpu_count(), "s")
        resident = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        tell("resident", resident / 1024, "MiB")


if __name__ == "__main__":
    main()
