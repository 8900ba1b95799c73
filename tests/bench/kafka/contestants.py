"""The contestants of `tools/bench kafka` that are not Weir: how each starts and what it says."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
FOLDER = Path(__file__).resolve().parent
CLIENT = ROOT / "build/release/bin/weir_kafka_bench"
STREAMS = ROOT / "build/kafka-streams"

# Default settings with a grace that people choose; as an expert would set it, with one so long that
# nothing is lost; by hand, where partitions cannot run apart.
TOPOLOGIES = {
    "streams_default": ("groupBy", False, 2),
    "streams_tuned": ("groupBy", True, 600),
    "streams_processor": ("processor", True, 5),
}


@dataclass
class Figures:
    events: int
    wall_s: float
    cpu_s: float
    broker_cpu_s: float
    peak_rss_bytes: int
    dropped: int = 0


def client(*arguments):
    """Runs weir_kafka_bench; returns what it says and its peak resident memory in bytes."""
    return _run([CLIENT, *arguments])


def _run(command):
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, text=True)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{Path(command[0]).name} {command[1]} failed")
    return json.loads(output.splitlines()[-1]), usage.ru_maxrss * 1024


def read(command, cluster, topic, columnar, events):
    """librdkafka by itself: `drain` or `decode`."""
    before = cluster.cpu_s()
    said, rss = client(command, cluster.bootstrap(), topic, *["columnar"] * columnar)
    return Figures(events, said["wall_s"], said["cpu_s"], cluster.cpu_s() - before, rss)


def build_streams():
    """Compiles the Java contestants; False, with a line that says so, where there is no JDK."""
    if not (shutil.which("javac") and shutil.which("mvn")):
        print("Kafka Streams is left out: it needs javac and mvn (Debian: default-jdk-headless, "
              "maven)", file=sys.stderr)
        return False
    shutil.rmtree(STREAMS, ignore_errors=True)
    generated = STREAMS / "generated"
    generated.mkdir(parents=True)
    subprocess.run(["mvn", "-q", "-B", "-Dstyle.color=never", "-f", FOLDER / "streams/pom.xml",
                    "dependency:copy-dependencies", "-DincludeScope=runtime",
                    f"-DoutputDirectory={STREAMS / 'jars'}"], check=True, stdout=sys.stderr)
    subprocess.run(["protoc", f"--java_out={generated}", f"-I{ROOT / 'proto'}",
                    ROOT / "proto/weir/v1/inference.proto"], check=True)
    sources = [*generated.rglob("*.java"), *(FOLDER / "streams").glob("*.java")]
    subprocess.run(["javac", "-nowarn", "-cp", f"{STREAMS / 'jars'}/*", "-d", STREAMS / "classes",
                    *sources], check=True)
    return True


def streams(name, cluster, topic, columnar, events):
    topology, tuned, grace_s = TOPOLOGIES[name]
    state = STREAMS / "state"
    shutil.rmtree(state, ignore_errors=True)
    before = cluster.cpu_s()
    said, rss = _run([
        "java", "-Xmx2g", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
        "-cp", f"{STREAMS / 'classes'}:{STREAMS / 'jars'}/*", "Main",
        "--brokers", cluster.bootstrap(), "--input", topic, "--output", output_topic(name),
        "--directory", state, "--topology", topology, "--columnar", str(columnar).lower(),
        "--tuned", str(tuned).lower(), "--grace_s", grace_s, "--events", events])
    return Figures(said["counted"] + said["dropped"], said["wall_s"], said["cpu_s"],
                   cluster.cpu_s() - before, rss, said["dropped"])


def output_topic(name):
    return f"bench.{name}"
