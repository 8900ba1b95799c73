#!/usr/bin/env python3
"""The OpenTelemetry SDK's OTLP/HTTP exporter, as it comes from PyPI, delivers spans to `weir up`:
requests to models become events, other spans are counted."""

import time
import unittest

from weir_cli import WeirTest, need_package
from weir_up import CONFIG, Up, wait_until

need_package("opentelemetry")
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode

SCOPED = CONFIG + """
fold:
  scopes:
    - dimensions: [service, model, region, host, tenant]
      windows: [10s/10s]
"""
RESOURCE = {"service.name": "chat", "cloud.region": "eu-west-1", "host.name": "n7"}
SECOND = 1_000_000_000


class OtelTest(WeirTest):
    def setUp(self):
        super().setUp()
        self.weir = Up(self, self.dir / "data", SCOPED)

    def export(self, spans, compression):
        """Spans of (name, seconds before now, seconds long, attributes, error)."""
        exporter = OTLPSpanExporter(f"{self.weir.url}/v1/traces", compression=compression)
        provider = TracerProvider(resource=Resource.create(RESOURCE))
        provider.add_span_processor(BatchSpanProcessor(exporter))
        tracer = provider.get_tracer("otel_test")
        now = time.time_ns()
        for name, before_s, long_s, attributes, error in spans:
            end = now - int(before_s * SECOND)
            span = tracer.start_span(name, kind=SpanKind.CLIENT, attributes=attributes,
                                     start_time=end - int(long_s * SECOND))
            if error:
                span.set_status(Status(StatusCode.ERROR, error))
            span.end(end)
        self.assertTrue(provider.force_flush())
        provider.shutdown()

    def rows(self):
        """All that is told of those models, once it is all told. Before anything is, there are no
        scopes."""
        if not self.weir.get("/api/v1/catalog")["scopes"]:
            return None
        rows = [row for row in self.weir.get("/api/v1/query", window="10s/10s",
                                             scope="service,model,region,host,tenant")["rows"]
                if row["requests"] and row["series"]["model"]]
        return rows if sum(row["requests"] for row in rows) == 6 else None

    def test_spans_of_an_unmodified_exporter_become_events(self):
        llama = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai",
                 "gen_ai.request.model": "llama", "gen_ai.response.model": "llama-70b",
                 "gen_ai.usage.input_tokens": 812, "gen_ai.usage.output_tokens": 64,
                 "gen_ai.usage.cache_read.input_tokens": 512,
                 "gen_ai.response.finish_reasons": ["stop"], "tenant.id": "acme",
                 "gen_ai.response.time_to_first_chunk": 0.25}
        failed = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "qwen",
                  "error.type": "429", "tenant.id": "acme"}
        spans = [("chat llama", 60, 0.5, llama, None),
                 ("chat llama", 60, 1.5, {**llama, "error.type": "TimeoutError"}, "too slow"),
                 ("chat qwen", 60, 0.125, failed, "slow down"),
                 ("GET /", 60, 0.5, {"http.request.method": "GET"}, None),
                 ("execute_tool", 60, 0.5, {"gen_ai.operation.name": "execute_tool"}, None)]
        for compression in (Compression.NoCompression, Compression.Gzip):
            self.export(spans, compression)
        self.assertEqual([self.weir.metric(f"weir_ingest_{what}_total") for what in
                          ("accepted_events", "ignored_spans", "rejected_events")], [6, 4, 0])

        self.export([("now", 0, 0, {"gen_ai.system": "x"}, None)], Compression.Gzip)
        shown = wait_until(self.rows, "the results of six requests")
        sums = {}
        for row in shown:
            self.assertEqual({**row["series"], "model": None},
                             {"service": "chat", "model": None, "region": "eu-west-1",
                              "host": "n7", "tenant": "acme"})
            total = sums.setdefault(row["series"]["model"], {})
            for name in ("requests", "input_tokens", "output_tokens", "cached_tokens"):
                total[name] = total.get(name, 0) + (row[name] or 0)
            for name in ("ok", "timeout", "rejected", "server_error"):
                total[name] = total.get(name, 0) + row["status"][name]
            for name in ("latency_us", "ttft_us"):
                total[name] = max(total.get(name, 0), (row[name] or {"max": 0})["max"])
        self.assertEqual(sums, {
            "llama-70b": {"requests": 4, "input_tokens": 3248, "output_tokens": 256,
                          "cached_tokens": 2048, "ok": 2, "timeout": 2, "rejected": 0,
                          "server_error": 0, "latency_us": 1_500_000, "ttft_us": 250_000},
            "qwen": {"requests": 2, "input_tokens": 0, "output_tokens": 0, "cached_tokens": 0,
                     "ok": 0, "timeout": 0, "rejected": 2, "server_error": 0,
                     "latency_us": 125_000, "ttft_us": 0}})


if __name__ == "__main__":
    unittest.main()
