"""Prints where the incidents of a simulation show in its results: the KPI that each one moves,
before, at its worst, and after.

    incidents.py WEIR LABELS RESULTS
"""

import json
import subprocess
import sys
from datetime import datetime, timedelta

WINDOW = timedelta(minutes=5)

# kind: (the KPI it moves, how to read it, which extreme is the worst)
KPIS = {
    "error_burst": ("success ratio", lambda kpi: kpi["success_ratio"], min),
    "latency_regression": ("P95 latency, ms", lambda kpi: kpi["latency_us"]["p95"] / 1000, max),
    "oom_storm": ("out of memory", lambda kpi: kpi["status"]["oom"], max),
    "quiet_tenant": ("requests", lambda kpi: kpi["requests"], min),
    "cold_starts": ("cold starts", lambda kpi: kpi["cold_starts"], max),
}


def time_of(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def values(weir, results, label, read):
    """[(end of a window, value)], from one window before the incident to one after; None: nothing
    was told."""
    scope = ["tenant"] if label["tenant"] else [d for d in ("service", "model") if label[d]]
    where = [part for d in scope for part in ("--where", f"{d}={label[d]}")]
    begin = time_of(label["start_time"]) - WINDOW
    end = time_of(label["end_time"]) + 2 * WINDOW
    run = subprocess.run(
        [weir, "query", results, "kpi", "--scope", ",".join(scope or ["service"]), "--window", "5m",
         *where, "--from", f"{begin:%FT%TZ}", "--to", f"{end:%FT%TZ}", "--format", "json"],
        check=True, capture_output=True, text=True)
    kpis = [json.loads(line) for line in run.stdout.splitlines()]
    return [(time_of(kpi["end_time"]), read(kpi)) for kpi in kpis]


def shown(value):
    if value is None:
        return "-"
    return f"{value:,.3f}" if value < 10 and value % 1 else f"{value:,.0f}"


def main():
    weir, labels, results = sys.argv[1:]
    line = "{:<19} {:<26} {:<13} {:<16} {:>9} {:>9} {:>9}"
    print(line.format("incident", "of", "when (UTC)", "KPI", "before", "worst", "after"))
    with open(labels, encoding="utf-8") as file:
        for label in map(json.loads, file):
            name, read, worst = KPIS[label["kind"]]
            start, end = time_of(label["start_time"]), time_of(label["end_time"])
            found = values(weir, results, label, read)
            before = [v for at, v in found if at <= start][-1:]
            during = [v for at, v in found if start < at <= end and v is not None]
            after = [v for at, v in found if at >= end + WINDOW][:1]
            whom = " ".join(label[d] for d in ("service", "model", "tenant") if label[d]) or "all"
            print(line.format(label["kind"], whom, f"{start:%H:%M}-{end:%H:%M}", name,
                              *(shown(v) for v in ((before or [None])[0],
                                                   worst(during, default=None),
                                                   (after or [None])[0]))))


if __name__ == "__main__":
    main()
