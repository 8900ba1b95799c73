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


class Install(unittest.TestCase):
    def test_what_is_installed_runs(self):
        with tempfile.TemporaryDirectory() as prefix:
            subprocess.run(["cmake", "--install", BUILD, "--prefix", prefix], check=True,
                           capture_output=True)
            files = sorted(str(f.relative_to(prefix)) for f in Path(prefix).rglob("*")
                           if f.is_file())
            self.assertEqual(["bin/weir"] + [f"share/doc/weir/{name}" for name in (
                "CHANGELOG.md", "LICENSE", "README.md", "weir.yaml")], files)

            weir = [f"{prefix}/bin/weir"]
            version = subprocess.run([*weir, "--version"], check=True, capture_output=True)
            self.assertIn(b"weir", version.stdout)
            subprocess.run([*weir, "check", f"{prefix}/share/doc/weir/weir.yaml"], check=True,
                           capture_output=True)


if __name__ == "__main__":
    unittest.main()
