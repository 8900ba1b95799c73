"""Google Benchmark's JSON as one object a line (name, value, unit), and such lines as a table.

    bench_lines.py NAME < report.json     lines, their names beginning with NAME
    bench_lines.py --table < lines        a table, each row printed as its line arrives
"""

import json
import sys

# What Google Benchmark says of a run besides what was measured.
_ABOUT = {
    "name", "family_index", "per_family_instance_index", "run_name", "run_type", "repetitions",
    "repetition_index", "threads", "iterations", "real_time", "cpu_time", "time_unit",
    "aggregate_name", "aggregate_unit", "label", "error_occurred", "error_message",
}
_UNITS = {"items_per_second": "items/s", "bytes_per_second": "bytes/s"}


def lines(prefix, report):
    """A line for the CPU time of each benchmark and for each of its counters. A counter's name ends
    with its unit, as everywhere in Weir (`state_bytes`)."""
    for run in report["benchmarks"]:
        name = f"{prefix}/{run['name']}"
        if run.get("error_occurred"):
            sys.exit(f"{name}: {run['error_message']}")
        yield {"name": name, "value": run["cpu_time"], "unit": run["time_unit"]}
        for counter in sorted(run.keys() - _ABOUT):
            unit = _UNITS.get(counter, counter.rsplit("_", 1)[-1])
            yield {"name": f"{name}/{counter}", "value": run[counter], "unit": unit}


def row(line):
    value = line["value"]
    text = f"{value:,}" if isinstance(value, int) or value >= 1000 else f"{value:.4g}"
    if isinstance(value, float) and value >= 1000:
        text = f"{value:,.0f}"
    return f"{line['name']:<64} {text:>18} {line['unit']}"


def main():
    if sys.argv[1] == "--table":
        print(f"{'name':<64} {'value':>18} unit")
        for line in sys.stdin:
            print(row(json.loads(line)), flush=True)
    else:
        for line in lines(sys.argv[1], json.load(sys.stdin)):
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
