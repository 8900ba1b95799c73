#!/usr/bin/env python3
"""Tests that `cmake --install` gives a binary that runs, and what a user reads beside it.

    install_test.py BUILD_FOLDER
"""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

BUILD = sys.argv.pop(1)
PROTO = Path(__file__).resolve().parents[2] / "proto"


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


class Install(unittest.TestCase):
    def test_what_is_installed_runs(self):
        with tempfile.TemporaryDirectory() as prefix:
            subprocess.run(["cmake", "--install", BUILD, "--prefix", prefix], check=True,
                           capture_output=True)
            files = sorted(str(f.relative_to(prefix)) for f in Path(prefix).rglob("*")
                           if f.is_file())
            self.assertEqual(["bin/weir"] + [f"share/doc/weir/{name}" for name in (
                "CHANGELOG.md", "LICENSE", "README.md", "alertmanager.yml", "kafka.yaml",
                "slo.yaml", "weir.yaml")] +
                ["share/weir/proto/README.md"] + [f"share/weir/proto/{f.relative_to(PROTO)}"
                                                  for f in sorted(PROTO.rglob("*.proto"))], files)

            self.assertRegex(output(f"{prefix}/bin/weir", "--version"), r"^weir \d+\.\d+\.\d+\n")
            empty = Path(prefix) / "empty.yaml"
            empty.touch()
            self.assertEqual(*[  # the example holds the defaults
                output(f"{prefix}/bin/weir", "check", file).split("\n", 1)[1]
                for file in (empty, f"{prefix}/share/doc/weir/weir.yaml")])


if __name__ == "__main__":
    unittest.main()
