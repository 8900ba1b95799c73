#!/usr/bin/env python3
"""A replay that is killed, or stopped, and continued gives the results of one that was not."""

import signal
import subprocess
import time
import unittest

from weir_cli import WEIR, WeirTest, run

# Many small commits, so that a kill falls between, and into, some.
CONFIG = "commit_interval: 5ms\npartitions: 2\nthreads: 2\n"
SHOW = [("service", "1m/10s"), ("service,model", "5m/10s"), ("tenant", "1h/1m")]


class Resume(WeirTest):
    def setUp(self):
        super().setUp()
        self.raw = self.dir / "raw"
        self.config = self.write("weir.yaml", CONFIG)
        run("simulate", "--for", "20m", "--rate", "1000", "--seed", "11", "--tenants", "20",
            "--out", self.raw)

    def command(self, results):
        return ["replay", self.raw, "--out", results, "--config", self.config]

    def results_of(self, directory):
        """Every last value, byte for byte."""
        return [run("query", directory, "kpi", "--scope", scope, "--window", window, "--format",
                    "json").stdout for scope, window in SHOW]

    def interrupt(self, results, reached, how):
        """Ends a replay once `reached()`; False where it was faster."""
        with subprocess.Popen([WEIR, *map(str, self.command(results))],
                              stderr=subprocess.DEVNULL) as replay:
            while replay.poll() is None:
                if reached():
                    replay.send_signal(how)
                    break
                time.sleep(0.0005)
            return replay.wait() != 0

    @staticmethod
    def has_told(results, bytes_told):
        """So many bytes of results are on disk."""
        return lambda: bytes_told < sum(file.stat().st_size for file in
                                        (results / "topics").glob("weir.kpi/*/*"))

    def interrupted_often(self, how):
        straight, broken = self.dir / "straight", self.dir / "broken"
        run(*self.command(straight))
        expected = self.results_of(straight)
        self.assertTrue(all(expected))

        interrupted = [self.interrupt(broken, self.has_told(broken, bytes_told), how)
                       for bytes_told in (0, 100_000, 300_000, 600_000)]
        done = run(*self.command(broken)).stderr

        self.assertGreaterEqual(sum(interrupted), 2, "it was never in the middle")
        if interrupted[-1]:  # which may have been too late to interrupt anything
            self.assertRegex(done, r"went on: \d+ of \d+ records of \S+ had been read before; in "
                             r"this run:\n\d+ events, |already complete: nothing to do\n")
        self.assertEqual(self.results_of(broken), expected)
        again = run(*self.command(broken)).stderr
        self.assertIn(f"{broken}: already complete: nothing to do\n", again)
        self.assertNotIn(" events, ", again)
        self.assertEqual(self.results_of(broken), expected)

    def test_killed(self):
        self.interrupted_often(signal.SIGKILL)

    def test_killed_while_its_directory_is_made(self):
        straight, broken = self.dir / "straight", self.dir / "broken"
        run(*self.command(straight))
        for made in ("LOCK", "format", "state", "state/CURRENT", "ends", "replay", "topics",
                     "topics/weir.partial", "topics/weir.kpi"):
            self.interrupt(broken, (broken / made).exists, signal.SIGKILL)
        run(*self.command(broken))
        self.assertEqual(self.results_of(broken), self.results_of(straight))

    def test_stopped(self):
        self.interrupted_often(signal.SIGTERM)

    def grow(self):
        run("simulate", "--for", "1m", "--rate", "100", "--seed", "12", "--tenants", "20",
            "--start", "2026-01-05T00:20:00Z", "--out", self.raw, "--append")

    def refused_for_it_grew(self, results):
        self.fails(*self.command(results), says=(
            f"{results}: already complete, without the ", f" records that came to {self.raw} since",
            "replay into a new directory"))

    def test_a_source_that_grew_needs_another_directory(self):
        results = self.dir / "results"
        run(*self.command(results))
        expected = self.results_of(results)

        self.grow()

        self.refused_for_it_grew(results)
        self.assertEqual(self.results_of(results), expected)
        run(*self.command(self.dir / "more"))
        self.assertNotEqual(self.results_of(self.dir / "more"), expected)

    def test_killed_while_its_source_grows(self):
        """It goes on to where the source ended when it was begun."""
        straight, broken = self.dir / "straight", self.dir / "broken"
        run(*self.command(straight))
        expected = self.results_of(straight)

        self.assertTrue(self.interrupt(broken, self.has_told(broken, 0), signal.SIGKILL),
                        "it was never in the middle")
        self.grow()
        done = run(*self.command(broken))

        self.assertIn(f" records came to {self.raw} since this replay was begun, and are not in it",
                      done.stderr)
        self.assertEqual(self.results_of(broken), expected)
        self.refused_for_it_grew(broken)

    def test_a_part_of_a_replay_is_not_taken_for_all(self):
        results = self.dir / "results"
        self.assertTrue(self.interrupt(results, self.has_told(results, 0), signal.SIGKILL),
                        "it was never in the middle")
        shown = (("query", results, "kpi", "--scope", "service", "--window", "1m", "--format",
                  "json"), ("query", results, "deadletter"), ("inspect", results),
                 ("inspect", results, "weir.kpi"))
        says = (f"weir: {results}: the replay into it has not ended, and results are missing; "
                f"unless it is running, go on with: weir replay {self.raw} --out {results} "
                f"--config {self.config}\n")
        for command in shown:
            with self.subTest(command=command):
                done = run(*command)
                self.assertEqual(done.stderr.count(says), 1, done.stderr)
                self.assertNotIn("has not ended", done.stdout)

        run(*self.command(results))
        for command in shown:
            with self.subTest(command=command):
                self.assertNotIn("has not ended", run(*command).stderr)

    def test_other_rules_need_another_directory(self):
        results = self.dir / "results"
        run(*self.command(results))
        for rules in ("fold: {out_of_orderness: 1s}", "fold: {dedup_horizon: 1m}",
                      "kpi: {max_series: 3}", "slo: {silence: {after: 1m}}",
                      "alert: {keep_firing_for: 2m}"):
            other = self.write("other.yaml", f"{CONFIG}{rules}\n")
            with self.subTest(rules=rules):
                self.fails("replay", self.raw, "--out", results, "--config", other,
                           says=(f"{results}: holds a replay of {self.raw} under other rules",))
        other = self.write("other.yaml", "partitions: 2\nthreads: 1\nmemory: 512MiB\n")
        again = run("replay", self.raw, "--out", results, "--config", other).stderr
        self.assertIn(f"{results}: already complete: nothing to do\n", again)


if __name__ == "__main__":
    unittest.main()
