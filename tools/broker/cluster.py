"""A Kafka cluster on loopback, in a directory: one process a node, broker and controller in one."""

import json
import os
import random
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from broker.certificates import make_certificates
from broker.settings import server_properties

ROOT = Path(__file__).resolve().parents[2]
JARS = ROOT / "build/kafka"
# Small, and soon up: it compiles less well, which a benchmark should not have.
QUICK_JVM = "-Xmx384m -XX:+UseSerialGC -XX:TieredStopAtLevel=1"
_STARTED = b"Kafka Server started"
_START_TIMEOUT_S = 180
_STOP_TIMEOUT_S = 30


class BrokerError(Exception):
    """What was wrong and what to do, for a person."""


def missing():
    """What a broker needs and this machine has not, as text; empty where nothing is missing."""
    if not shutil.which("java"):
        return "java is missing; run tools/setup --kafka"
    if not (JARS / "pom.xml").is_file():
        return "build/kafka is missing; run tools/setup --kafka"
    return ""


def _is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_ports(count):
    """Ports that nobody has now. They are below those that the kernel gives to connections, so that
    a node that is away finds its own free when it is back."""
    ports = random.SystemRandom().sample(range(12000, 32000), 20 * count)
    return [port for port in ports if _is_free(port)][:count]


class Cluster:
    """The cluster in `directory`, running or not. Nodes are numbered from 1."""

    def __init__(self, directory, before_exec=None):
        """`before_exec` is called in each node's process before it becomes a node."""
        self.directory = Path(directory).resolve()
        self._before_exec = before_exec
        self._processes = {}  # those that were started here, so that they do not stay zombies
        self._file = self.directory / "cluster.json"
        self.options = json.loads(self._file.read_text()) if self._file.is_file() else None

    def create(self, nodes=1, port=0, sasl=False, tls=False, jvm=QUICK_JVM, settings=None):
        """Lays out a new cluster. Its listeners are PLAINTEXT, with `sasl` also SASL_PLAINTEXT,
        with `tls` SSL, with both SASL_SSL; they have the ports from `port` on, or any with 0."""
        listeners = (["PLAINTEXT"] + ["SASL_PLAINTEXT"] * sasl + ["SSL"] * tls
                     + ["SASL_SSL"] * (sasl and tls))
        names = [*listeners, "CONTROLLER"]
        ports = (list(range(port, port + nodes * len(names))) if port
                 else free_ports(nodes * len(names)))
        if taken := [number for number in ports if not _is_free(number)]:
            raise BrokerError(f"port {taken[0]} is in use: choose others with --port")
        self.options = {
            "nodes": [{name: ports[i * nodes + node] for i, name in enumerate(names)}
                      for node in range(nodes)],
            "listeners": listeners, "sasl": sasl, "tls": tls, "user": "weir",
            "password": "weir-secret", "jvm": jvm, "set": settings or {}}
        if tls:
            make_certificates(self.tls_folder)
        for node in self.nodes:
            self._format(node)
        self._file.write_text(json.dumps(self.options, indent=1) + "\n")

    def remove(self):
        self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)
        self.options = None

    @property
    def nodes(self):
        return range(1, len(self.options["nodes"]) + 1)

    @property
    def tls_folder(self):
        return self.directory / "tls"

    def bootstrap(self, listener="PLAINTEXT"):
        return ",".join(f"127.0.0.1:{ports[listener]}" for ports in self.options["nodes"])

    def client(self, listener="PLAINTEXT", mechanism="SCRAM-SHA-256"):
        """What a client of librdkafka sets to reach that listener."""
        found = {"bootstrap.servers": self.bootstrap(listener), "security.protocol": listener}
        if listener.startswith("SASL"):
            found |= {"sasl.mechanism": mechanism, "sasl.username": self.options["user"],
                      "sasl.password": self.options["password"]}
        if listener.endswith("SSL"):
            found["ssl.ca.location"] = str(self.tls_folder / "ca.pem")
        return found

    # A node's life. Each takes the nodes meant, all by default.

    def start(self, *nodes):
        """Starts those that do not run; returns once each has joined the cluster."""
        waiting = {}
        for node in nodes or self.nodes:
            if not self.pid(node):
                waiting[node] = self._launch(node)
        for node, (process, offset) in waiting.items():
            self._wait_started(node, process, offset)

    def stop(self, *nodes):
        """An orderly end."""
        self._signal(signal.SIGTERM, nodes)
        deadline = time.monotonic() + _STOP_TIMEOUT_S
        for node in nodes or self.nodes:
            self._wait_gone(node, deadline)

    def kill(self, *nodes):
        """kill -9."""
        if not self.options:
            return
        self._signal(signal.SIGKILL, nodes)
        deadline = time.monotonic() + _STOP_TIMEOUT_S
        for node in nodes or self.nodes:
            self._wait_gone(node, deadline)

    def freeze(self, *nodes):
        """Stops them without their knowing (SIGSTOP), until wake()."""
        self._signal(signal.SIGSTOP, nodes)

    def wake(self, *nodes):
        self._signal(signal.SIGCONT, nodes)

    def pid(self, node):
        """The process of that node; None where it does not run."""
        try:
            pid = int((self._folder(node) / "pid").read_text())
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except (OSError, ValueError):
            return None
        ours = str(self._folder(node) / "server.properties").encode() in command
        return pid if ours and state != "Z" else None

    def cpu_s(self):
        """The processor time that the running nodes have had, user and system, in seconds."""
        ticks = 0
        for node in self.nodes:
            if pid := self.pid(node):
                fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
                ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    # How it is done.

    def _signal(self, number, nodes):
        for node in nodes or self.nodes:
            if pid := self.pid(node):
                os.kill(pid, number)

    def _folder(self, node):
        return self.directory / f"node-{node}"

    def _java(self, *arguments):
        return ["java", *self.options["jvm"].split(), "-cp", f"{JARS}/*", *map(str, arguments)]

    def _format(self, node):
        folder = self._folder(node)
        folder.mkdir(parents=True, exist_ok=True)
        properties = folder / "server.properties"
        properties.write_text(server_properties(self.options, node, folder, self.tls_folder))
        scram = [text for bits in (256, 512) if self.options["sasl"] for text in (
            "--add-scram", f"SCRAM-SHA-{bits}=[name={self.options['user']},"
                           f"password={self.options['password']}]")]
        done = subprocess.run(
            self._java("kafka.tools.StorageTool", "format", "--ignore-formatted",
                       "--config", properties, "--cluster-id", "d2VpcndlaXJ3ZWlyd2Vpcg", *scram),
            capture_output=True, text=True)
        if done.returncode:
            raise BrokerError(f"node {node} could not be laid out in {folder}:\n"
                              f"{(done.stdout + done.stderr)[-2000:]}")

    def _launch(self, node):
        folder = self._folder(node)
        with open(folder / "server.log", "ab") as log:
            process = subprocess.Popen(
                self._java("kafka.Kafka", folder / "server.properties"), cwd=folder,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                preexec_fn=self._before_exec)
            (folder / "pid").write_text(f"{process.pid}\n")
            self._processes[node] = process
            return process, log.tell()

    def _wait_started(self, node, process, offset):
        log = self._folder(node) / "server.log"
        deadline = time.monotonic() + _START_TIMEOUT_S
        while time.monotonic() < deadline:
            with open(log, "rb") as file:
                file.seek(offset)
                if _STARTED in file.read():
                    return
            if process.poll() is not None:
                raise BrokerError(f"node {node} ended while it started: see {log}")
            time.sleep(0.05)
        raise BrokerError(f"node {node} does not get ready: see {log}")

    def _wait_gone(self, node, deadline):
        while self.pid(node):
            if time.monotonic() > deadline:
                raise BrokerError(f"node {node} does not end; try: tools/kafka kill")
            time.sleep(0.02)
        if process := self._processes.pop(node, None):
            process.wait()
