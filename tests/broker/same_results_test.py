"""The graph on a real broker: its results are those of the embedded log for the same events, and
the same wherever one asks for them."""

import json
import re
import time
import unittest
from urllib.parse import urlencode

from pipeline import await_that
from samples import samples_of
from weir_cli import run
from weir_kafka import BrokerTest, Process

# Short windows, so that a test need not wait.
NDJSON = {"Content-Type": "application/x-ndjson"}
FOLD = {"fold": {"out_of_orderness": "1s", "scopes": [
    {"dimensions": ["service"], "windows": ["10s/10s", "1m/10s"], "sketches": ["latency"]},
    {"dimensions": ["service", "model"], "windows": ["10s/10s"]}]}}
SLO = """{apiVersion: openslo/v1, kind: SLO, metadata: {name: fast}, spec: {service: any,
 indicator: {metadata: {name: i}, spec: {ratioMetric: {
  good: {metricSource: {type: weir, spec: {query: status == ok && latency <= 50ms}}},
  total: {metricSource: {type: weir, spec: {query: true, per: [service, model]}}}}}},
 timeWindow: [{duration: 1d, isRolling: true}], budgetingMethod: Occurrences,
 objectives: [{target: 0.95}]}}
"""
# What tells of the log and not of the events.
OF_THE_LOG = {"as_of", "as_of_offset"}


def events(start, count):
    """One event each 20 ms of the last seconds before `start`, as NDJSON in a few requests."""
    lines = []
    for i in range(count):
        at = start - (count - i) * 0.02
        lines.append(json.dumps({
            "event_time_us": int(at * 1e6), "request_id": f"{i:032x}",
            "service": ("chat", "search", "code")[i % 3], "model": f"m{i % 5}", "tenant": "t",
            "status": "ok" if i % 17 else "server_error", "latency_us": 1000 + i * 37 % 90000}))
    return ["\n".join(lines[i:i + 50]).encode() for i in range(0, count, 50)]


def rows(source, scope, window):
    """Of windows that hold something: those after the last event come as time passes."""
    lines = run("query", *source, "kpi", "--scope", scope, "--window", window, "--format", "json")
    found = [json.loads(line) for line in lines.stdout.splitlines()]
    return [{key: value for key, value in row.items() if key not in OF_THE_LOG} for row in found
            if row["requests"]]


def query_rows(config, where):
    """What the command line says."""
    options = [part for name, value in where.items() for part in (f"--{name}", value)]
    lines = run("query", "--kafka", config, "kpi", *options, "--format", "json").stdout
    return [json.loads(line) for line in lines.splitlines()]


def api_rows(process, where):
    """What the page is told; nothing before it knows of such results."""
    status, text = process.get(f"/api/v1/query?{urlencode(where)}")
    return json.loads(text)["rows"] if status == 200 else []


def kpi_samples(process):
    """{(metric, labels): value} of the results on /metrics."""
    found = {}
    for line in process.get("/metrics")[1].splitlines():
        if sample := re.fullmatch(r"(weir_kpi_\w+)\{(.*)\} (\S+)", line):
            labels = frozenset(re.findall(r'(\w+)="([^"]*)"', sample[2]))
            found[sample[1], labels] = float(sample[3])
    return found


def budgets(source):
    lines = run("query", *source, "burn", "--last", "--format", "json").stdout.splitlines()
    return [{key: value for key, value in json.loads(line).items() if key not in OF_THE_LOG}
            for line in lines]


class PipelineTest(BrokerTest):
    def test_results_are_those_of_the_embedded_log(self):
        (self.directory / "slo.yaml").write_text(SLO)
        rules = FOLD | {"slo": {"objectives": ["slo.yaml"]}}
        kafka, embedded = self.config(**rules), self.directory / "embedded.yaml"
        embedded.write_text(json.dumps(rules | {"partitions": 2, "raw_partitions": 2, "threads": 1,
                                               "http": {"listen": "127.0.0.1:0"}}))
        data = self.directory / "up"
        run("topics", "-c", kafka, code=1)
        run("topics", "--apply", "-c", kafka)
        self.assertIn("are as wanted", run("topics", "-c", kafka).stdout)
        with Process("run", "-c", kafka) as workers, Process("ingest", "-c", kafka) as ingest, \
                Process("up", "--data", data, "--config", embedded) as up:
            await_that("workers are ready", lambda: workers.get("/readyz")[0] == 200)
            for body in events(time.time(), 1000):
                for receiver in (ingest, up):
                    self.assertEqual(receiver.post("/v1/events", body, NDJSON)[0], 200)
            for scope, window in (("service", "10s"), ("service", "1m/10s"),
                                  ("service,model", "10s")):
                def counted(source):
                    return sum(row["requests"] for row in rows(source, scope, window))
                wanted = 1000 * (6 if window == "1m/10s" else 1)
                await_that(f"{scope} {window} of up", lambda: counted([data]) >= wanted)
                await_that(f"{scope} {window}", lambda: counted(["--kafka", kafka]) >= wanted)
                self.assertEqual(rows(["--kafka", kafka], scope, window),
                                 rows([data], scope, window))
            for source in ([data], ["--kafka", kafka]):
                await_that(f"ledgers of {source[-1]}",
                           lambda: sum(each["total"] for each in budgets(source)) == 1000)
            self.assertEqual(budgets(["--kafka", kafka]), budgets([data]))
            # A broker that has only begun may not know yet who coordinates.
            said = [line for line in workers.stop().splitlines() if 'kind="GETPID"' not in line]
            self.assertEqual(said, [])

    def test_api_query_and_metrics_say_the_same_also_after_a_restart(self):
        # Given results in windows that a page of /metrics shows for minutes.
        config = self.config(fold={"out_of_orderness": "1s", "scopes": [
            {"dimensions": ["service", "model"], "windows": ["10s/10s", "5m/10s"],
             "sketches": ["latency"]}]})
        run("topics", "--apply", "-c", config)
        with Process("ingest", "-c", config) as ingest, Process("run", "-c", config) as workers:
            await_that("ready", lambda: workers.get("/readyz")[0] == 200)
            for body in events(time.time(), 1000):
                self.assertEqual(ingest.post("/v1/events", body, NDJSON)[0], 200)
            before = await_that("every result", lambda: self.same_everywhere(workers, config))
            workers.stop()
        # When another process reads them back.
        with Process("run", "-c", config) as workers:
            after = await_that("every result again", lambda: self.same_everywhere(workers, config))
        # Then they are what they were.
        self.assertEqual(after, before)

    def same_everywhere(self, workers, config):
        """The rows that hold something, once they hold every event and the page has told its newest
        ones; by then the API and the command line have the same rows, and /metrics their values."""
        where = {"scope": "service,model", "window": "10s/10s"}
        found = [row for row in api_rows(workers, where) if row["requests"]]
        samples = kpi_samples(workers)
        ends = {labels: samples.pop((name, labels)) for name, labels in list(samples)
                if name == "weir_kpi_window_end_timestamp_seconds"}
        told = sum(value for (name, labels), value in samples.items()
                   if name == "weir_kpi_requests" and dict(labels)["window"] == "5m/10s")
        if sum(row["requests"] for row in found) < 1000 or told < 1000:
            return None
        asked = query_rows(config, where)
        self.assertEqual(found, [row for row in asked if row["requests"]])
        self.assertEqual({dict(labels)["window"] for labels in ends}, {"10s/10s", "5m/10s"})
        expected = {}
        for labels, end_s in ends.items():
            end = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(end_s))
            at = dict(labels) | {"from": end, "to": end}
            rows_at_end = api_rows(workers, at)
            self.assertEqual(rows_at_end, query_rows(config, at))
            for row in rows_at_end:
                expected |= samples_of(row)
        self.assertEqual(samples, expected)
        return found


if __name__ == "__main__":
    unittest.main()
