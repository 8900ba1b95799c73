#!/usr/bin/env python3
"""The Azure code trace, through import, replay and query, against a recount of the file."""

import csv
import random
import unittest
from collections import Counter
from datetime import datetime, timedelta, timezone

from weir_cli import TUMBLING, WeirTest, need_data, query, run

FILE = need_data("azure-llm-2023") / "AzureLLMInferenceTrace_code.csv"
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def time_us(text):
    """2023-11-16 18:17:03.9799600, of which whole microseconds count."""
    whole, _, ticks = text.partition(".")
    seconds = datetime.strptime(whole, "%Y-%m-%d %H:%M:%S").replace(tzinfo=timezone.utc) - EPOCH
    return seconds // timedelta(microseconds=1) + int(ticks.ljust(7, "0")[:6])


def read_events():
    """[(time_us, input tokens, output tokens)]"""
    with open(FILE, newline="", encoding="utf-8") as file:
        rows = csv.reader(file)
        next(rows)
        return [(time_us(row[0]), int(row[1]), int(row[2])) for row in rows]


def end_us(row):
    return (datetime.fromisoformat(row["end_time"]) - EPOCH) // timedelta(microseconds=1)


def recount(events, length_s, hop_s):
    """{end: what a window holds}, of every window that holds something, up to the first end after
    the last event."""
    length, hop = length_s * 10**6, hop_s * 10**6
    windows = {}
    last = max(events)[0] // hop * hop + hop
    for event in events:
        first = event[0] // hop * hop + hop
        for end in range(first, min(first + length - hop, last) + 1, hop):
            windows.setdefault(end, []).append(event)
    return {end: {
        "requests": len(held),
        "input_tokens": sum(tokens for _, tokens, _ in held),
        "output_tokens": sum(tokens for _, _, tokens in held),
        "peak_requests_per_second": max(Counter(t // 10**6 for t, _, _ in held).values()),
    } for end, held in windows.items()}


class Azure(WeirTest):
    events = read_events()

    def replayed(self, file=FILE, config=None, partitions=4):
        """Imports and replays; the directory of the results."""
        name = f"{file.stem}-{partitions}"
        raw, results = self.dir / f"{name}-raw", self.dir / f"{name}-results"
        run("import", "azure-llm", file, "--service", "code", "--partitions", partitions, "--out",
            raw)
        run("replay", raw, "--out", results, *(("--config", config) if config else ()))
        return results

    def assert_recounted(self, rows, length_s, hop_s):
        expected = recount(self.events, length_s, hop_s)
        shown = {end_us(row): {key: row[key] for key in next(iter(expected.values()))}
                 for row in rows if row["requests"]}
        self.assertEqual(len(rows), len({row["end_time"] for row in rows}), "an end shows twice")
        self.assertEqual(shown, expected)

    def test_published_numbers(self):
        results = self.replayed(config=self.write("weir.yaml", TUMBLING))
        tens = [row for row in query(results, "service", "10s") if row["requests"]]
        minutes = [row for row in query(results, "service", "1m") if row["requests"]]

        self.assertEqual((len(tens), len(minutes)), (136, 45))
        for rows in tens, minutes:
            self.assertEqual(sum(row["requests"] for row in rows), 8_819)
            self.assertEqual(sum(row["input_tokens"] for row in rows), 18_059_974)
            self.assertEqual(sum(row["output_tokens"] for row in rows), 245_896)
            self.assertEqual(max(row["peak_requests_per_second"] for row in rows), 67)
            self.assertEqual({row["cold_starts"] for row in rows}, {None})  # the trace tells none
        empty = [row for row in query(results, "service", "10s") if not row["requests"]]
        self.assertEqual({row["peak_requests_per_second"] for row in empty}, {None})
        busiest = max(tens, key=lambda row: row["requests"])
        self.assertEqual((busiest["requests"], end_us(busiest)), (411, 1700159490 * 10**6))
        busiest = max(minutes, key=lambda row: row["requests"])
        self.assertEqual((busiest["requests"], end_us(busiest)), (585, 1700159520 * 10**6))
        peak = max(tens, key=lambda row: row["peak_requests_per_second"])
        self.assertEqual(end_us(peak), 1700159490 * 10**6)  # the second 1700159486 is in there

    def test_every_window(self):
        results = self.replayed()
        self.assert_recounted(query(results, "service", "1m", "--where", "service=code"), 60, 10)
        self.assert_recounted(query(results, "service", "1h/1m"), 3600, 60)

    def test_shuffled_within_the_out_of_orderness(self):
        header, *rows = FILE.read_text(encoding="utf-8").splitlines()
        blocks = {}
        for row in rows:
            blocks.setdefault(time_us(row.split(",")[0]) // (4 * 10**6), []).append(row)
        for block in blocks.values():
            random.Random(7).shuffle(block)
        mixed = [row for _, block in sorted(blocks.items()) for row in block]
        self.assertNotEqual(mixed, rows)
        shuffled = self.write("shuffled.csv", "\n".join([header, *mixed]))

        in_order, out_of_order = self.replayed(), self.replayed(shuffled)

        for window in "1m", "5m", "1h":
            self.assertEqual(query(in_order, "service", window),
                             query(out_of_order, "service", window))

    def test_partitions_do_not_show(self):
        one, seven = self.replayed(partitions=1), self.replayed(partitions=7)
        self.assertEqual(query(one, "service", "1m"), query(seven, "service", "1m"))

    def test_what_the_trace_lacks_is_absent(self):
        results = self.replayed()
        last = query(results, "service", "1h")[-1]
        self.assertEqual({key: last[key] for key in ("success_ratio", "latency_us", "ttft_us",
                                                     "cached_tokens", "retries", "rated")},
                         {"success_ratio": None, "latency_us": None, "ttft_us": None,
                          "cached_tokens": None, "retries": None, "rated": 0})
        self.assertEqual(last["status"]["absent"], last["requests"])
        self.assertEqual(last["series"], {"service": "code"})

        table = run("query", results, "kpi", "--scope", "service", "--window", "1h").stdout
        self.assertEqual(table.splitlines()[-1].split()[3:8], ["-"] * 5, table)
        lines = run("query", results, "kpi", "--scope", "service", "--window", "1h", "--format",
                    "csv").stdout.splitlines()
        row = dict(zip(next(csv.reader(lines)), list(csv.reader(lines))[-1]))
        self.assertEqual((row["success_ratio"], row["latency_us.p50"], row["service"]),
                         ("", "", "code"))


if __name__ == "__main__":
    unittest.main()
