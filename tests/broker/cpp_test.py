"""The C++ tests on a real broker: starts one and runs broker_test on it."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from broker.cluster import Cluster, missing

SKIPPED = 77


def main():
    if absent := missing():
        print(f"skipped: {absent}")
        return SKIPPED
    with tempfile.TemporaryDirectory() as directory:
        cluster = Cluster(Path(directory))
        cluster.create()
        cluster.start()
        try:
            environment = os.environ | {"WEIR_KAFKA_BOOTSTRAP": cluster.bootstrap()}
            return subprocess.run([os.environ["BROKER_TEST"]], env=environment,
                                  check=False).returncode
        finally:
            cluster.kill()


sys.exit(main())
