"""A pipeline on a broker of its own: topics, workers, and the comparison of what came out."""

import atexit
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "e2e"), str(TESTS.parent / "tools")]

from weir_cli import ROOT, SKIPPED, WEIR, need_package

need_package("confluent_kafka")
from broker.cluster import Cluster, free_ports, missing
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from messages import kpi_pb2
from oracle import Oracle
from results import Buried, Told, differences

import rules

if reason := missing():
    print(f"skipped: {reason}", file=sys.stderr)
    sys.exit(SKIPPED)

SESSION_S = 6  # the broker's minimum
_QUICK = f"  session_timeout: {SESSION_S}s\n"
_RULES = "threads: 1\n" + rules.CONFIG

_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1


def die_with_parent():
    """For a child between fork and exec: a test that is killed leaves nothing behind."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def temporary(prefix):
    """A directory that is deleted when this process ends."""
    directory = Path(tempfile.mkdtemp(prefix=prefix))
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    return directory


def start_cluster(**options):
    """A new cluster on free ports, which ends with this process."""
    cluster = Cluster(temporary("weir-broker-"), before_exec=die_with_parent)
    cluster.create(**options)
    atexit.register(cluster.kill)
    cluster.start()
    return cluster


class Worker:
    """A `weir run`, or another command that serves HTTP, with a directory of its own; running or
    not. `kafka` is more of that section."""

    def __init__(self, pipeline, name, command="run", kafka=""):
        self.name = name
        self._command = command
        self.directory = pipeline.directory / name
        self.directory.mkdir()
        self._port, = free_ports(1)
        self.url = f"http://127.0.0.1:{self._port}"
        self._config = pipeline.write_config(name, self.directory / "data", self._port, kafka)
        self._environment = pipeline.environment
        self._log = self.directory / "weir.log"
        self._process = None

    def start(self):
        with open(self._log, "ab") as log:
            self._process = subprocess.Popen(
                [WEIR, self._command, "--config", self._config], stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, preexec_fn=die_with_parent, env=self._environment)
        return self

    @property
    def pid(self):
        return self._process.pid

    def is_running(self):
        return self._process is not None and self._process.poll() is None

    def exit_code(self):
        """Of a worker that has ended; negative: the signal that ended it."""
        return self._process.returncode

    def kill(self):
        """kill -9."""
        if self._process:
            self._process.kill()
            self._process.wait()

    def freeze(self):
        self._process.send_signal(signal.SIGSTOP)

    def wake(self):
        self._process.send_signal(signal.SIGCONT)

    def stop(self):
        """An orderly end, which has to succeed."""
        self._process.terminate()
        try:
            code = self._process.wait(60)
        except subprocess.TimeoutExpired:
            code = "nothing within 60 s"
        if code:
            raise AssertionError(f"worker {self.name} ended with {code}:\n{self.last_words()}")

    def log(self):
        return self._log.read_text(errors="replace")

    def last_words(self):
        """The end of its log, each line cut, for a person who looks for what went wrong."""
        return "".join(f"  {self.name}: {line[:300]}\n" for line in self.log().splitlines()[-15:])

    def readiness(self):
        """What /readyz says, status and text; (0, why) where nothing answers."""
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=5) as said:
                return said.status, said.read().decode()
        except urllib.error.HTTPError as refusal:
            return refusal.code, refusal.read().decode()
        except OSError as error:
            return 0, str(error)

    def is_ready(self):
        return self.readiness()[0] == 200


@dataclass(frozen=True)
class Login:
    """How a pipeline reaches the brokers: `password` as in `secrets:`, `environment` of its own;
    `client` is more of that section, instead of what the cluster says."""
    listener: str = "PLAINTEXT"
    mechanism: str = "PLAIN"
    password: str = ""
    environment: dict = field(default_factory=dict)
    client: dict = field(default_factory=dict)


class Pipeline:
    """Topics and workers of one pipeline on a cluster; names in the cluster begin with `prefix`."""

    def __init__(self, cluster, partitions=4, prefix="", login=Login(), kafka=_QUICK, more=_RULES):
        """`kafka` is more of that section, `more` is more of the file."""
        self.cluster, self.partitions, self.prefix = cluster, partitions, prefix
        self.directory = temporary("weir-pipeline-")
        self._login, self._kafka, self._more = login, kafka, more
        self.environment = os.environ | login.environment
        self.workers = {}
        atexit.register(self.close)

    def topics(self, *arguments):
        """`weir topics`, finished."""
        config = self.write_config("topics", self.directory / "topics")
        return subprocess.run([WEIR, "topics", "--config", config, *arguments], text=True,
                              capture_output=True, timeout=60, env=self.environment)

    def make_topics(self):
        done = self.topics("--apply")
        if done.returncode:
            raise AssertionError(f"weir topics: exit code {done.returncode}\n{done.stderr}")
        return self

    def close(self):
        for worker in self.workers.values():
            worker.kill()

    def last_words(self):
        return "".join(worker.last_words() for worker in self.workers.values())

    def topic(self, name):
        return f"{self.prefix}weir.{name}"

    def write_config(self, name, data, port=0, kafka=""):
        client = self.cluster.client(self._login.listener, self._login.mechanism)
        client |= self._login.client
        bootstrap = client.pop("bootstrap.servers")
        secrets = ""
        if client.pop("sasl.password", None):
            secrets = f"  secrets: {{sasl.password: {self._login.password}}}\n"
        copies = min(3, len(self.cluster.nodes))
        settings = "".join(f"    {key}: {value}\n" for key, value in client.items())
        path = self.directory / f"{name}.yaml"
        path.write_text(f"""
data: {data}
raw_partitions: {self.partitions}
partitions: 2
http: {{listen: "127.0.0.1:{port}"}}
ingest: {{listen: "127.0.0.1:{port}"}}
kafka:
  bootstrap: "{bootstrap}"
  prefix: "{self.prefix}"
  replication: {copies}
  min_insync: {(copies + 1) // 2}
  instance: {name}
  client:
{settings}{secrets}{self._kafka}{kafka}{self._more}""")
        return path

    def start_worker(self, name, kafka=""):
        """A new worker, or one that has ended."""
        if name not in self.workers:
            self.workers[name] = Worker(self, name, kafka=kafka)
        return self.workers[name].start()

    def start_receiver(self, name):
        """A new `weir ingest`."""
        self.workers[name] = Worker(self, name, "ingest")
        return self.workers[name].start()

    def tail(self, name):
        return Tail(self.cluster.client(), self.topic(name))

    def follow(self, name, timeout_s=120):
        """The records of a topic as they come."""
        tail, deadline = self.tail(name), time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            yield from tail
            time.sleep(0.1)
        raise AssertionError(f"{self.topic(name)}: nothing more within {timeout_s} s\n"
                             + self.last_words())

    def await_results(self, count, timeout_s=120):
        """Waits until the result topic has that many records."""
        for found, _ in enumerate(self.follow("kpi", timeout_s), 1):
            if found == count:
                return

    def await_progress(self, timeout_s=120):
        """Waits until something new is told about time that begins now."""
        begin = time.time_ns() // 1000
        for record in self.follow("kpi", timeout_s):
            result = kpi_pb2.KpiResult.FromString(record.value())
            if result.end_time_us > begin and not result.restates:
                return


class Tail:
    """Reads a topic to its present end, again and again."""

    def __init__(self, settings, topic):
        self._consumer = Consumer(settings | {
            "log_level": 2, "group.id": "weir-test", "enable.auto.commit": False,
            "auto.offset.reset": "earliest", "isolation.level": "read_committed",
            "enable.partition.eof": True})
        self._topic = topic
        found = self._consumer.list_topics(topic, timeout=30).topics[topic].partitions
        self._partitions = sorted(found)
        self._next = dict.fromkeys(self._partitions, 0)
        self._consumer.assign([TopicPartition(topic, number, 0) for number in self._partitions])

    def ends(self):
        """{partition: the offset after the last committed record}."""
        return {number: self._end(number) for number in self._partitions}

    def _end(self, number):
        """Asks again while the brokers are about to agree on a leader."""
        deadline = time.monotonic() + 90
        while True:
            try:
                return self._consumer.get_watermark_offsets(
                    TopicPartition(self._topic, number), timeout=5)[1]
            except KafkaException:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def __iter__(self):
        """What is there and was not given yet; ends where nothing more is committed, and early
        where the brokers do not answer."""
        ends = self.ends()
        while any(self._next[number] < end for number, end in ends.items()):
            record = self._consumer.poll(5)
            if record is None:
                return
            # The end of a partition tells of what is no record: markers, and what was aborted.
            if not record.error():
                self._next[record.partition()] = record.offset() + 1
                yield record
            elif record.error().code() == KafkaError._PARTITION_EOF:
                self._next[record.partition()] = record.offset()


class Comparison:
    """Follows the raw topic and the result topics of a pipeline."""

    def __init__(self, pipeline):
        self._pipeline = pipeline
        self.oracle, self.told, self.buried = Oracle(pipeline.partitions), Told(), Buried()
        self._sides = [(pipeline.tail("inference"), self.oracle),
                       (pipeline.tail("kpi"), self.told),
                       (pipeline.tail("deadletter"), self.buried)]

    def read(self):
        for tail, taker in self._sides:
            for record in tail:
                taker.take(record)

    def differences(self, until_us):
        return differences(self.oracle, self.told, self.buried, until_us)

    def await_equal(self, timeout_s=120):
        """Waits until the raw topic's time has passed its last event's windows of 10 s, and all
        that was told until then is what the oracle counted. Returns that end."""
        deadline = time.monotonic() + timeout_s
        while True:
            self.read()
            mark = self.oracle.watermark() or 0
            end = self.oracle.latest_us - self.oracle.latest_us % (10 * rules.SECOND) \
                + 10 * rules.SECOND
            is_over = time.monotonic() > deadline
            if mark >= end or is_over:
                wrong = self.differences(end)
            if mark >= end and not wrong:
                return end
            if is_over:
                raise AssertionError(
                    f"time is {(mark - end) / 1e6:.1f} s past the last window; {len(wrong)} "
                    "differences:\n" + "\n".join(wrong[:20]) + f"\n{self._pipeline.last_words()}")
            time.sleep(0.5)


def await_that(what, holds, timeout_s=120):
    """Waits until `holds()` is true; returns what it gave."""
    deadline = time.monotonic() + timeout_s
    while not (found := holds()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {timeout_s} s")
        time.sleep(0.1)
    return found
