"""The C++ tests on a real broker: starts one and runs broker_test on it."""

import os
import subprocess
import sys

from pipeline import die_with_parent, start_cluster

environment = os.environ | {"WEIR_KAFKA_BOOTSTRAP": start_cluster().bootstrap()}
sys.exit(subprocess.run([os.environ["BROKER_TEST"]], env=environment, check=False,
                        preexec_fn=die_with_parent).returncode)
