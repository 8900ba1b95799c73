#!/usr/bin/env python3
"""The curve over the number of series: replay of ten minutes of simulated tenants, latency and TTFT
sketched, about ten events each (a million events at least), results durable, `memory: 1GiB`. For
each size: events/s and results/s of CPU, state a series as `weir inspect` counts it, what `weir
check` foretold of it, and resident memory.

WEIR_BENCH_SERIES (default "1000 10000 100000") says how many tenants there may be; 1000000 takes
many minutes. Few of them are busy: `series` says how many sent anything.
"""
import json
import os
import re
import subprocess
import sys
import tempfile
import time

WEIR = os.environ["WEIR"]
SIZES = [int(size) for size in os.environ.get("WEIR_BENCH_SERIES", "1000 10000 100000").split()]
SECONDS = 600

CONFIG = """
memory: 1GiB
fold:
  scopes:
    - {dimensions: [tenant], sketches: [latency, ttft]}
kpi:
  max_series: 1000000
"""


def tell(size, name, value, unit):
    line = {"name": f"series/{name}:{size}", "value": round(value, 3), "unit": unit}
    print(json.dumps(line), flush=True)


def weir(*arguments):
    return subprocess.run([WEIR, *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout


def replay(raw, out, config):
    """Wall and CPU seconds, MiB resident at most, and the counters."""
    with tempfile.TemporaryFile("w+") as stats:
        began = time.monotonic()
        child = subprocess.Popen([WEIR, "replay", raw, "--out", out, "--config", config, "--stats"],
                                 stdout=stats, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - began
        if status != 0:
            sys.exit(f"weir replay: status {status}")
        stats.seek(0)
        counters = dict(re.findall(r"^(weir_kpi_\w+) (\d+)$", stats.read(), re.MULTILINE))
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, counters


def state_bytes(out):
    """Of the kpi tasks: the last column of their lines."""
    return sum(int(line.split()[-1]) for line in weir("inspect", out).splitlines()
               if line.startswith("kpi/"))


def foretold_bytes(config, series, rate):
    """Of one series."""
    told = weir("check", config, "--series", str(series), "--rate", f"{rate:.4f}", "--for",
                f"{SECONDS}s")
    return float(re.search(r"^after .*: (\d+) bytes a series", told, re.MULTILINE).group(1))


def measure(size, directory):
    raw, out, config = f"{directory}/raw", f"{directory}/out", f"{directory}/weir.yaml"
    with open(config, "w", encoding="utf-8") as file:
        file.write(CONFIG)
    events = max(1_000_000, 10 * size)
    weir("simulate", "--events", str(events), "--rate", str(events / SECONDS), "--start",
         "2026-01-05T08:00:00Z", "--lean", "--services", "50", "--models", "4", "--tenants",
         str(size), "--out", raw)
    wall, cpu, resident, counters = replay(raw, out, config)
    series = int(counters["weir_kpi_admitted_series_total"])
    results = int(counters["weir_kpi_results_total"])
    a_series = state_bytes(out) / series
    foretold = foretold_bytes(config, series, events / series / SECONDS)
    tell(size, "series", series, "series")
    tell(size, "wall", wall, "s")
    tell(size, "events_per_cpu_second", events / cpu / 1e6, "M events/s of CPU")
    tell(size, "results_per_cpu_second", results / cpu / 1e3, "k results/s of CPU")
    tell(size, "state", a_series, "bytes/series")
    tell(size, "state_foretold", foretold, "bytes/series")
    tell(size, "foretold_of_state", foretold / a_series, "ratio")
    tell(size, "resident", resident, "MiB")
    tell(size, "goal_resident", 1024, "MiB")


def main():
    for size in SIZES:
        with tempfile.TemporaryDirectory(prefix="weir-bench-") as directory:
            measure(size, directory)


if __name__ == "__main__":
    main()
