#!/usr/bin/env python3
"""Real latencies and errors, through import, replay and query, against the files."""

import json
import math
import unittest
from decimal import ROUND_HALF_UP, Decimal

from weir_cli import WeirTest, need_data, query, run

FILES = sorted((need_data("llmperf-leaderboard") / "individual").glob("*.json"))
QUANTILES = {"p50": 50, "p90": 90, "p95": 95, "p99": 99, "p999": 99.9}


def microseconds(seconds):
    return int((seconds * 10**6).to_integral_value(rounding=ROUND_HALF_UP))


def read_requests(file):
    with open(file, encoding="utf-8") as text:
        return json.load(text, parse_float=Decimal, parse_int=Decimal)


def nearest_rank(values, percent):
    return sorted(values)[max(0, math.ceil(percent / 100 * len(values)) - 1)]


class Llmperf(WeirTest):
    def setUp(self):
        super().setUp()
        raw, self.results = self.dir / "raw", self.dir / "results"
        run("import", "llmperf", *FILES, "--start", "2024-01-01T00:00:00Z", "--rate", "50", "--out",
            raw)
        run("replay", raw, "--out", self.results)
        rows = query(self.results, "service,model", "1h")
        self.last = {(row["series"]["service"], row["series"]["model"]): row for row in rows
                     if row["requests"]}

    def test_every_run(self):
        self.assertEqual(len(self.last), len(FILES))
        for file in FILES:
            service, _, model = file.stem.partition("_")
            with self.subTest(file=file.name):
                self.compare(read_requests(file), self.last[service, model])

    def compare(self, requests, row):
        good = [request for request in requests if request["error_code"] is None]
        rejected = [request for request in requests if request["error_code"] == 429]
        self.assertEqual(row["requests"], len(requests))
        self.assertEqual(row["success_ratio"], len(good) / len(requests))
        self.assertEqual(row["status"]["ok"], len(good))
        self.assertEqual(row["status"]["rejected"], len(rejected))
        self.assertEqual(row["status"]["server_error"], len(requests) - len(good) - len(rejected))
        # A failed request that measured nothing says so with zeros.
        measured = [request for request in requests
                    if request["error_code"] is None or request["end_to_end_latency_s"]]
        for field, source in ("latency_us", "end_to_end_latency_s"), ("ttft_us", "ttft_s"):
            self.compare_distribution(
                row[field], [microseconds(request[source]) for request in measured])
        self.assertEqual(row["input_tokens"],
                         sum(int(request["number_input_tokens"]) for request in requests))

    def compare_distribution(self, shown, values):
        self.assertEqual(shown["count"], len(values))
        self.assertEqual(shown["mean"], sum(values) / len(values))
        self.assertEqual(shown["max"], max(values))
        for name, percent in QUANTILES.items():
            exact = nearest_rank(values, percent)
            self.assertLessEqual(abs(shown[name] - exact), exact / 100, (name, shown[name], exact))


if __name__ == "__main__":
    unittest.main()
