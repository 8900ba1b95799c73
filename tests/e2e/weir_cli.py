"""What the tests of this folder share: the binary, a fresh directory, and where real data is.

The binary is named by the environment variable WEIR; CMake sets it."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"
WEIR = os.environ.get("WEIR", str(ROOT / "build/release/bin/weir"))
SKIPPED = 77  # ctest's SKIP_RETURN_CODE
_VENV = ROOT / "build/test-venv/bin/python"

# Every window tumbles, and holds what the data's own README counts.
TUMBLING = """
fold:
  scopes:
    - dimensions: [service]
      windows: [10s/10s, 1m/1m]
"""


def need_data(folder):
    """Real data, or the end of this test."""
    if not (DATA / folder).is_dir():
        print(f"skipped: ../shared/data/{folder} is absent")
        sys.exit(SKIPPED)
    return DATA / folder


def need_package(module):
    """A package of Python that Debian does not have: tools/setup --test puts it into an environment
    of its own, with which this script begins anew. Without it, the end of this test."""
    if importlib.util.find_spec(module):
        return
    if _VENV.is_file() and Path(sys.prefix) != _VENV.parents[1]:
        os.execv(_VENV, [str(_VENV), "-B", *sys.argv])
    print(f"skipped: {module} is missing; run tools/setup --test", file=sys.stderr)
    sys.exit(SKIPPED)


def packages():
    """Where the build put what the page takes from npm, or the end of this test."""
    place = Path(WEIR).resolve().parents[1] / "sinks/dashboard/page/packages"
    if not (place / "fetched").is_file():
        print(f"skipped: {place} is absent; build weir first")
        sys.exit(SKIPPED)
    return place


def run(*arguments, code=0, **options):
    """Runs weir and insists on its exit code; returns the finished process."""
    done = subprocess.run([WEIR, *map(str, arguments)], capture_output=True, text=True,
                          timeout=300, **options)
    if done.returncode != code:
        raise AssertionError(f"weir {' '.join(map(str, arguments))}: exit code {done.returncode}, "
                             f"not {code}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return done


def query(directory, scope, window, *more):
    """The rows of `query kpi`, as objects."""
    lines = run("query", directory, "kpi", "--scope", scope, "--window", window, "--format", "json",
                *more).stdout.splitlines()
    return [json.loads(line) for line in lines]


class WeirTest(unittest.TestCase):
    """Gives each test a directory of its own, `self.dir`."""

    def setUp(self):
        self.dir = Path(tempfile.mkdtemp(prefix="weir-e2e-"))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)

    def write(self, name, text):
        path = self.dir / name
        path.write_text(text, encoding="utf-8")
        return path

    def fails(self, *arguments, says, code=1):
        """One clear line on standard error, with all of `says` in it, and nothing made."""
        done = run(*arguments, code=code)
        lines = done.stderr.splitlines()
        self.assertEqual(len(lines), 1, done.stderr)
        for text in says:
            self.assertIn(text, lines[0])
        return lines[0]
