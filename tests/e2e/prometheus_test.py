#!/usr/bin/env python3
"""A real Prometheus scrapes `weir up`: what it stores is what `weir query` says, and promtool has
nothing against the page."""

import json
import re
import socket
import subprocess
import sys
import time
import unittest
import urllib.error
from urllib.parse import urlencode
from urllib.request import urlopen

from samples import samples_of
from weir_cli import ROOT, SKIPPED, WeirTest, query
from weir_up import CONFIG, LATENCY_OBJECTIVE, Up, wait_until

PLACE = ROOT / "build/prometheus/usr/bin"
if not (PLACE / "promtool").is_file():
    print("skipped: build/prometheus is absent; run tools/setup --test", file=sys.stderr)
    sys.exit(SKIPPED)

TOKENS = {"WEIR_WRITE_TOKEN": "write-me-0123456789", "WEIR_READ_TOKEN": "read-me-9876543210"}
WEIR_CONFIG = CONFIG.replace("127.0.0.1:0'", "127.0.0.1:0', tokens: {write: 'env:WEIR_WRITE_TOKEN',"
                             " read: 'env:WEIR_READ_TOKEN'}") + "slo: {objectives: [slo.yaml]}\n"
HOSTILE = 'a"} 1\nweir_evil{x="\\'


def duration_of(length_us):
    """7,200,000,000: 2h."""
    unit, size_us = next((unit, size_s * 1_000_000)
                         for unit, size_s in (("d", 86_400), ("h", 3_600), ("m", 60))
                         if length_us % (size_s * 1_000_000) == 0)
    return f"{length_us // size_us}{unit}"


def slo_samples_of(row):
    """{(metric, labels): value} that a row of /api/v1/objectives should be exposed as."""
    labels = {"objective": row["objective"], "service": row["service"],
              **{name: value for name, value in zip(row["scope"], row["series"]) if value}}
    budget = row["budget"]
    values = {("objective_ratio", ""): row["target_ppb"] / 1e9,
              ("good_events", ""): budget["good"], ("events", ""): budget["total"]}
    if budget["spent_ratio"] is not None:
        values[("budget_remaining_ratio", "")] = 1 - budget["spent_ratio"]
    for window in row["window"]:
        if window["burn_rate"] is not None:
            values[("burn_rate", duration_of(window["length_us"]))] = window["burn_rate"]
    return {("weir_slo_" + name, frozenset({**labels, **({"window": window} if window else {})}
                                           .items())): float(value)
            for (name, window), value in values.items()}


class Prometheus:
    """One that scrapes the target every second."""

    def __init__(self, test, target):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        token = test.write("read-token", TOKENS["WEIR_READ_TOKEN"])
        config = test.write("prometheus.yml", json.dumps({
            "scrape_configs": [{
                "job_name": "weir", "scrape_interval": "1s", "scrape_timeout": "1s",
                "authorization": {"credentials_file": str(token)},
                "static_configs": [{"targets": [target]}]}]}))
        self.log = test.dir / "prometheus.log"
        with open(self.log, "wb") as log:
            process = subprocess.Popen(
                [PLACE / "prometheus", f"--config.file={config}",
                 f"--storage.tsdb.path={test.dir / 'tsdb'}",
                 f"--web.listen-address=127.0.0.1:{self.port}"], stdout=log, stderr=log)
        test.addCleanup(process.wait)
        test.addCleanup(process.kill)

    def query(self, text):
        """Instant vector as {(metric, labels): value}; empty until it answers."""
        url = f"http://127.0.0.1:{self.port}/api/v1/query?" + urlencode({"query": text})
        try:
            with urlopen(url, timeout=10) as answer:
                found = json.load(answer)["data"]["result"]
        except urllib.error.URLError:
            return {}
        vector = {}
        for sample in found:
            labels = {name: value for name, value in sample["metric"].items()
                      if name not in ("job", "instance")}
            vector[(labels.pop("__name__"), frozenset(labels.items()))] = float(sample["value"][1])
        return vector


def events(now_us):
    """Two minutes of traffic, the last of it now, so that time reaches now."""
    for i in range(120):
        event = {"event_time_us": now_us - 1_000_000 * (119 - i), "service": "chat",
                 "model": "llama" if i % 3 else "qwen", "tenant": "acme", "status": "ok",
                 "latency_us": 100_000 + 7_919 * i, "input_tokens": 100 + i}
        if i % 5 == 0:
            event.update(status="timeout", ttft_us=31_337 * (i + 1))
        if i % 7 == 0:
            event.update(service=HOSTILE)
        if i % 11 == 0:
            del event["model"]
        yield json.dumps(event)


class PrometheusTest(WeirTest):
    def setUp(self):
        super().setUp()
        self.write("slo.yaml", LATENCY_OBJECTIVE)
        self.weir = Up(self, self.dir / "data", WEIR_CONFIG, TOKENS)
        self.weir.token = TOKENS["WEIR_WRITE_TOKEN"]
        body = "\n".join(events(int(time.time() * 1e6)))
        self.assertEqual(self.weir.send(body)[1]["accepted"], 120)
        self.weir.token = TOKENS["WEIR_READ_TOKEN"]
        wait_until(lambda: "weir_kpi_requests{" in self.weir.get("/metrics"), "the first results")

    def test_promtool_accepts_the_page(self):
        checked = subprocess.run([PLACE / "promtool", "check", "metrics"], text=True,
                                 input=self.weir.get("/metrics"), capture_output=True, check=False)
        self.assertEqual((checked.returncode, checked.stdout + checked.stderr), (0, ""))

    def test_prometheus_stores_what_query_says(self):
        prometheus = Prometheus(self, f"127.0.0.1:{self.weir.port}")
        stored = wait_until(
            lambda: prometheus.query('{__name__=~"weir_kpi_.*", __name__!~".*_total"}'),
            "Prometheus to have scraped")
        ends = {labels: stored.pop((name, labels)) for name, labels in list(stored)
                if name == "weir_kpi_window_end_timestamp_seconds"}
        self.assertEqual({tuple(sorted(labels)) for labels in ends},
                         {(("scope", scope), ("window", window))
                          for scope in ("service", "service,model", "tenant")
                          for window in ("1m/10s", "5m/10s")})
        expected = {}
        for labels, end_s in ends.items():
            where = dict(labels)
            end = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(end_s))
            rows = self.weir.get("/api/v1/query", **where, **{"from": end, "to": end})["rows"]
            self.assertEqual(rows, query(self.weir.directory, where["scope"], where["window"],
                                         "--from", end, "--to", end))
            for row in rows:
                expected.update(samples_of(row))
        self.assertEqual(stored, expected)
        self.assertIn(HOSTILE, {dict(labels).get("service") for _, labels in stored})
        self.assertEqual(prometheus.query("weir_fold_events_total"),
                         {("weir_fold_events_total", frozenset()): 120})

    def test_prometheus_stores_what_objectives_say(self):
        prometheus = Prometheus(self, f"127.0.0.1:{self.weir.port}")

        def same():
            expected = {}
            for row in self.weir.get("/api/v1/objectives")["rows"]:
                expected.update(slo_samples_of(row))
            stored = prometheus.query('{__name__=~"weir_slo_.*", __name__!~".*_total"}')
            return stored == expected and expected
        stored = wait_until(same, "Prometheus to have what /api/v1/objectives says")
        self.assertEqual({dict(labels).get("model") for _, labels in stored},
                         {"llama", "qwen", None})
        self.assertEqual({name for name, _ in stored},
                         {"weir_slo_objective_ratio", "weir_slo_budget_remaining_ratio",
                          "weir_slo_burn_rate", "weir_slo_good_events", "weir_slo_events"})
        alerts = prometheus.query("weir_alerts")
        self.assertLessEqual(
            {("firing", "page"), ("pending", "page"), ("firing", "ticket"), ("pending", "ticket")},
            {(dict(labels)["state"], dict(labels)["severity"]) for _, labels in alerts})

    def test_the_files_of_the_page_are_one_route(self):
        self.weir.get("/")
        self.weir.get("/main.js")
        routes = set(re.findall(r'^weir_http_requests_total\{method="GET",route="([^"]*)"',
                                self.weir.get("/metrics"), re.MULTILINE))
        self.assertLessEqual({"page", "/metrics", "/api/v1/query"}, routes)
        self.assertEqual({route for route in routes if route == "/" or "." in route}, set())

    def test_it_needs_the_read_token(self):
        self.weir.token = None
        self.assertEqual(self.weir.request("GET", "/metrics")[0], 401)


if __name__ == "__main__":
    unittest.main()
