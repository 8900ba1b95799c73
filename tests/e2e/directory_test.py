#!/usr/bin/env python3
"""Data directories that are damaged, in use, not ours, or there already; rows that are refused."""

import json
import os
import shutil
import subprocess
import time
import unittest

from weir_cli import WEIR, WeirTest, query, run

EVENT = ('{"event_time":"2026-01-05T00:00:%02d.5Z","service":"chat","status":"ok",'
         '"latency_us":%d}\n')


class Directory(WeirTest):
    def setUp(self):
        super().setUp()
        self.raw, self.results = self.dir / "raw", self.dir / "results"

    def events(self, seconds=range(60)):
        return self.write("events.ndjson", "".join(EVENT % (s, 1000 * (s + 1)) for s in seconds))

    def test_import_twice(self):
        file = self.events()
        run("import", "ndjson", file, "--out", self.raw)
        self.fails("import", "ndjson", file, "--out", self.raw,
                   says=(str(self.raw), "--append", "interrupted, remove the directory"))

        run("import", "ndjson", file, "--out", self.raw, "--append")
        run("replay", self.raw, "--out", self.results)
        rows = [row for row in query(self.results, "service", "1m/10s")
                if row["end_time"] == "2026-01-05T00:01:00Z"]
        self.assertEqual([row["requests"] for row in rows], [120])

    def test_simulate_twice(self):
        run("simulate", "--events", "100", "--out", self.raw)
        self.fails("simulate", "--events", "100", "--out", self.raw, says=("--append",))
        run("simulate", "--events", "100", "--out", self.raw, "--append")

    def test_refused_rows_are_dead_letters(self):
        file = self.write("mixed.ndjson", EVENT % (1, 5) + "{not json\n" + EVENT % (2, -7) +
                          '{"service":"chat"}\n')
        done = run("import", "ndjson", file, "--out", self.raw)
        self.assertIn("1 events, 3 rows refused", done.stdout)
        self.assertEqual(done.stderr,
                         f"weir: 3 of 4 rows were refused; why: weir query {self.raw} deadletter\n")
        self.assertIn("2026-01-05T00:00:01.500000Z", done.stdout)

        letters = [json.loads(line) for line in run("query", self.raw, "deadletter", "--format",
                                                    "json").stdout.splitlines()]
        self.assertEqual([letter["source"] for letter in letters],
                         [f"{file}:{line}" for line in (2, 3, 4)])
        self.assertEqual({letter["reason"] for letter in letters}, {"refused_row"})
        self.assertEqual({letter["time"] for letter in letters}, {"2026-01-05T00:00:01.500000Z"})
        self.assertEqual(letters[0]["original"], "{not json")
        self.assertIn("latency_us", letters[1]["text"])
        self.assertIn("event_time", letters[2]["text"])
        table = run("query", self.raw, "deadletter").stdout.splitlines()
        self.assertEqual(len(table), 4)
        self.assertIn(f"{file}:2", table[1])

    def test_an_import_of_which_nothing_is_taken_fails(self):
        bad = self.write("bad.ndjson", "{not json\n" + EVENT % (2, -7))
        says = f"all 2 rows were refused; why: weir query {self.raw} deadletter"
        line = self.fails("import", "ndjson", bad, "--out", self.raw, says=(says,))
        self.assertTrue(line.endswith(" (remove the directory before the next attempt)"), line)
        self.assertEqual(len(run("query", self.raw, "deadletter", "--format",
                                 "json").stdout.splitlines()), 2)
        line = self.fails("import", "ndjson", bad, "--out", self.raw, "--append", says=(says,))
        self.assertTrue(line.endswith("deadletter"), line)

        none = self.write("none.ndjson", "\n")  # of an hour in which nothing happened
        self.assertEqual(run("import", "ndjson", none, "--out", self.dir / "empty").stderr, "")

    def test_a_row_refused_before_the_first_good_one_has_no_time(self):
        file = self.write("bad.ndjson", "{not json\n" + EVENT % (1, 5))
        run("import", "ndjson", file, "--out", self.raw)
        letter = json.loads(run("query", self.raw, "deadletter", "--format", "json").stdout)
        self.assertIsNone(letter["time"])
        self.assertRegex(run("query", self.raw, "deadletter").stdout.splitlines()[1], "^- ")

    def test_input_that_is_not_there(self):
        self.fails("import", "ndjson", self.dir / "none.ndjson", "--out", self.raw,
                   says=("none.ndjson",))
        self.assertFalse(self.raw.exists())
        self.fails("replay", self.dir / "none", "--out", self.results, says=("none",))
        self.fails("query", self.dir / "none", "deadletter", says=("none",))
        self.fails("inspect", self.dir / "none", says=("none",))

    def test_a_file_of_another_format_leaves_nothing_behind(self):
        file = self.write("trace_code.csv", "a,b\n1,2\n")
        self.fails("import", "azure-llm", file, "--out", self.raw, says=(str(file),))
        run("import", "ndjson", self.events(), "--out", self.raw)

    def test_a_directory_that_cannot_be_written(self):
        """Not even by root: made by the kernel."""
        self.fails("import", "ndjson", self.events(), "--out", "/sys/weir",
                   says=("/sys/weir", "right to write here, or choose another directory"))

    def test_a_replay_without_room_for_its_results_fails(self):
        run("simulate", "--for", "6h", "--rate", "8", "--services", "40", "--models", "2",
            "--partitions", "1", "--no-incidents", "--lean", "--out", self.raw)
        config = self.write("weir.yaml", "disk: 64MiB\npartitions: 1\nfold:\n  scopes:\n"
                            "    - {dimensions: [service, model], sketches: [],\n"
                            "       windows: [1m/10s, 5m/10s, 10m/10s]}\n")
        self.fails("replay", self.raw, "--out", self.results, "--config", config,
                   says=(f"{self.results}: there was no room for all: records [0, ",
                         " of weir.kpi/0 had to go; raise `disk:`"))

    def test_raw_events_are_no_results(self):
        run("import", "ndjson", self.events(), "--out", self.raw)
        self.fails("query", self.raw, "kpi", "--scope", "service", "--window", "1m",
                   says=(str(self.raw), "weir replay"))

    def test_damaged_results(self):
        run("import", "ndjson", self.events(), "--out", self.raw)
        run("replay", self.raw, "--out", self.results, "--config",
            self.write("weir.yaml", "partitions: 1\n"))
        segment, = (self.results / "topics/weir.kpi/0").iterdir()
        damaged = bytearray(segment.read_bytes())
        damaged[len(damaged) // 2] ^= 0x40
        segment.write_bytes(damaged)
        self.fails("query", self.results, "kpi", "--scope", "service", "--window", "1m",
                   says=(segment.name,))

    def test_a_directory_that_cannot_be_made(self):
        file = self.events()
        below = file / "raw"  # below a file there are no directories, not even for root
        self.fails("import", "ndjson", file, "--out", below, says=(str(below),))

    def test_a_directory_of_something_else(self):
        (self.dir / "photos").mkdir()
        self.write("photos/cat.jpg", "not a log")
        self.fails("import", "ndjson", self.events(), "--out", self.dir / "photos", "--append",
                   says=("photos",))
        self.fails("query", self.dir / "photos", "deadletter", says=("photos",))

    def test_a_damaged_segment(self):
        run("import", "ndjson", self.events(), "--out", self.raw, "--partitions", "1")
        segment, = (self.raw / "topics/weir.inference/0").iterdir()
        damaged = bytearray(segment.read_bytes())
        damaged[len(damaged) // 2] ^= 0x40
        segment.write_bytes(damaged)
        self.fails("replay", self.raw, "--out", self.results, says=(segment.name,))

    def test_a_file_that_lost_its_end(self):
        run("import", "ndjson", self.events(), "--out", self.raw, "--partitions", "1")
        segment, = (self.raw / "topics/weir.inference/0").iterdir()
        os.truncate(segment, segment.stat().st_size // 2)
        self.fails("replay", self.raw, "--out", self.results, says=(segment.name,))

    def replayed(self):
        run("import", "ndjson", self.events(), "--out", self.raw, "--partitions", "1")
        run("replay", self.raw, "--out", self.results, "--config",
            self.write("weir.yaml", "partitions: 1\n"))

    def records(self, directory):
        return {file: file.read_bytes() for file in (directory / "topics").glob("*/*/*")}

    def readers_fail(self, directory, says):
        for command in (("inspect",), ("query",)):
            kinds = [()] if command == ("inspect",) else [
                ("kpi", "--scope", "service", "--window", "1m"), ("deadletter",), ("burn",)]
            for kind in kinds:
                self.fails(*command, directory, *kind, says=says)

    def test_published_ends_that_are_damaged_or_missing(self):
        self.replayed()
        ends = self.results / "ends"
        damaged = bytearray(ends.read_bytes())
        damaged[len(damaged) // 2] ^= 0x40
        ends.write_bytes(damaged)
        self.readers_fail(self.results, (str(ends), "damaged", "weir replay --out"))
        ends.unlink()
        self.readers_fail(self.results, (str(ends), "missing", "weir replay --out"))

        run("replay", self.raw, "--out", self.results, "--config", self.dir / "weir.yaml")
        self.assertTrue(query(self.results, "service", "1m/10s"))

    def test_a_missing_segment(self):
        self.replayed()
        says = "the segment with offset 0 is missing; restore the directory from a copy"
        for directory, topic, command in (
                (self.results, "weir.kpi", ("query", self.results, "kpi", "--scope", "service",
                                            "--window", "1m")),
                (self.raw, "weir.inference", ("replay", self.raw, "--out", self.dir / "new"))):
            partition = directory / "topics" / topic / "0"
            for segment in partition.iterdir():
                segment.unlink()
            self.fails(*command, says=(f"{partition}: {says}",))
            self.fails("inspect", directory, says=(f"{partition}: {says}",))

    def test_a_state_that_lost_what_was_acknowledged(self):
        """Nothing of the records that it no longer knows is taken away."""
        self.replayed()
        records = self.records(self.results)
        for log in (self.results / "state").glob("*.log"):
            os.truncate(log, log.stat().st_size // 2)
        self.fails("replay", self.raw, "--out", self.results, "--config", self.dir / "weir.yaml",
                   says=("state/", "restore the directory from a copy"))
        self.assertEqual(self.records(self.results), records)

    def test_a_state_that_is_gone(self):
        file = self.write("mixed.ndjson", EVENT % (1, 5) + "{not json\n")
        run("import", "ndjson", file, "--out", self.raw)
        records = self.records(self.raw)
        shutil.rmtree(self.raw / "state")
        self.fails("import", "ndjson", file, "--out", self.raw, "--append",
                   says=(f"{self.raw}: weir.deadletter/0 ends at offset 0, and 1 had been",))
        self.assertEqual(self.records(self.raw), records)

    def test_a_second_writer(self):
        with subprocess.Popen([WEIR, "simulate", "--for", "100000h", "--rate", "100", "--out",
                               self.raw]) as first:
            while not (self.raw / "topics/weir.inference/3").exists():
                self.assertIsNone(first.poll())
                time.sleep(0.01)
            self.fails("simulate", "--events", "10", "--append", "--out", self.raw,
                       says=(str(self.raw), str(first.pid)))
            run("inspect", self.raw)  # a reader works beside it
            first.kill()

    def test_what_does_not_exist_is_listed(self):
        run("import", "ndjson", self.events(), "--out", self.raw)
        run("replay", self.raw, "--out", self.results)
        for more, says in (
                (("--scope", "region", "--window", "1m"), ("region", "service,model", "tenant")),
                (("--scope", "service", "--window", "2m"), ("2m", "1m/10s", "5m/10s", "1h/1m")),
                (("--scope", "service", "--window", "1m", "--where", "model=x"), ("model",))):
            self.fails("query", self.results, "kpi", *more, says=says)
        config = self.write("hops.yaml", "fold:\n  scopes:\n    - dimensions: [service]\n"
                            "      windows: [1m/10s, 1m/1m]\n")
        other = self.dir / "other"
        run("replay", self.raw, "--out", other, "--config", config)
        self.fails("query", other, "kpi", "--scope", "service", "--window", "1m",
                   says=("1m/10s", "1m/1m"))
        self.assertEqual(len(query(other, "service", "1m/1m")), 1)


class Inspect(WeirTest):
    def test_topics_tasks_and_records(self):
        raw, results = self.dir / "raw", self.dir / "results"
        file = self.write("events.ndjson", "".join(EVENT % (s, s) for s in range(60)))
        run("import", "ndjson", file, "--out", raw, "--partitions", "1")
        run("replay", raw, "--out", results)

        self.assertRegex(run("inspect", raw).stdout, r"\nweir\.inference/0 +0 +1 +1 ")
        shown = run("inspect", results).stdout
        for text in ("weir.kpi/0", "weir.partial/1", "fold/0", "kpi/1"):
            self.assertIn(text, shown)

        events = [json.loads(line) for line in run("inspect", raw,
                                                   "weir.inference").stdout.splitlines()]
        self.assertEqual(len(events), 60)
        self.assertEqual(events[7]["event"], {
            "event_time_us": 1767571207500000, "service": "chat", "status": "ok", "latency_us": 7})
        for topic, field in (("weir.partial", "end_offset"), ("weir.kpi", "end_time_us"),
                             ("weir.config", "definitions")):
            lines = run("inspect", results, topic, "--limit", "1").stdout.splitlines()
            self.assertTrue(any(field in json.loads(line)["message"] for line in lines), lines)
        self.fails("inspect", results, "weir.kpi/9", says=("weir.kpi/9",))
        self.fails("inspect", results, "weir.nothing", says=("weir.nothing",))


if __name__ == "__main__":
    unittest.main()
