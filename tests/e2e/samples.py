"""Which samples /metrics should have of a row of results."""

# What of a row is no number of its own name in seconds.
DURATIONS = ("latency", "ttft", "tpot", "queue", "compute", "network", "cold_start")
PLAIN = {"requests": "requests", "success_ratio": "success_ratio", "rated": "rated_requests",
         "complete": "complete",
         **{name: name for name in (
             "requests_per_second", "peak_requests_per_second", "input_tokens", "output_tokens",
             "cached_tokens", "tokens_per_second", "cold_starts", "retries",
             "low_confidence_ratio", "abnormal_input_ratio", "distinct_users",
             "distinct_tenants")}}


def samples_of(row):
    """{(metric, labels): value} that a row of /api/v1/query should be exposed as."""
    labels = {"scope": ",".join(row["scope"]), "window": row["window"],
              **{name: value for name, value in row["series"].items() if value}}
    values = {(name, ""): row[field] for field, name in PLAIN.items()}
    for status, count in (row["status"] or {}).items():
        values[("status_requests", status)] = count
    for duration in DURATIONS:
        for statistic, value in (row[f"{duration}_us"] or {}).items():
            if statistic == "count":
                values[(f"{duration}_observations", "")] = value
            elif statistic == "tail_ratio":
                values[(f"{duration}_tail_ratio", "")] = value
            elif value is not None:
                values[(f"{duration}_{statistic}_seconds", "")] = value / 1e6
    return {("weir_kpi_" + name, frozenset({**labels, **({"status": status} if status else {})}
                                           .items())): float(value)
            for (name, status), value in values.items() if value is not None}
