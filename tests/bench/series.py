#!/usr/bin/env python3
"""The curve over the number of series: replay of ten minutes of simulated tenants, all alike,
latency and TTFT sketched, about ten events each (a million events at least), results durable,
`memory: 1GiB`. For each size: events/s of wall and of CPU time, results/s of CPU, state a series as
`weir inspect` counts it, what `weir check` foretold of it, resident memory, and how many commits a
tick was told in, in the mean: several where it produces much, so that it can be resumed.

A line is named by the series that were admitted: of 1,000,000 tenants with ten events each some 45
send none. WEIR_BENCH_SERIES (default "1000 10000 100000") says how many tenants there are; 1000000
takes many minutes.
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
disk: 45GiB
fold:
  scopes:
    - {dimensions: [tenant], sketches: [latency, ttft]}
kpi:
  max_series: 1000000
"""


def tell(series, name, value, unit):
    line = {"name": f"series/{name}:{series}", "value": round(value, 3), "unit": unit}
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
    told = weir("check", config, "--series", str(series), "--rate", f"{rate:.4f}",
                "--tenant-skew", "0", "--for", f"{SECONDS}s")
    return float(re.search(r"^after .*: (\d+) bytes a series", told, re.MULTILINE).group(1))


def measure(tenants, directory):
    raw, out, config = f"{directory}/raw", f"{directory}/out", f"{directory}/weir.yaml"
    with open(config, "w", encoding="utf-8") as file:
        file.write(CONFIG)
    events = max(1_000_000, 10 * tenants)
    weir("simulate", "--events", str(events), "--rate", str(events / SECONDS), "--start",
         "2026-01-05T08:00:00Z", "--lean", "--services", "50", "--models", "4", "--tenants",
         str(tenants), "--tenant-skew", "0", "--out", raw)
    wall, cpu, resident, counters = replay(raw, out, config)
    series, results, ticks, commits = (
        int(counters[f"weir_kpi_{name}_total"])
        for name in ("admitted_series", "results", "ticks", "commits"))
    a_series = state_bytes(out) / series
    foretold = foretold_bytes(config, series, events / series / SECONDS)
    tell(series, "wall", wall, "s")
    tell(series, "events_per_second", events / wall / 1e6, "M events/s")
    tell(series, "events_per_cpu_second", events / cpu / 1e6, "M events/s of CPU")
    tell(series, "results_per_cpu_second", results / cpu / 1e3, "k results/s of CPU")
    tell(series, "state", a_series, "bytes/series")
    tell(series, "state_foretold", foretold, "bytes/series")
    tell(series, "foretold_of_state", foretold / a_series, "ratio")
    tell(series, "resident", resident, "MiB")
    tell(series, "goal_resident", 1024, "MiB")
    tell(series, "commits_a_tick", commits / ticks, "commits/tick")


def main():
    for tenants in SIZES:
        with tempfile.TemporaryDirectory(prefix="weir-bench-") as directory:
            measure(tenants, directory)


if __name__ == "__main__":
    main()
