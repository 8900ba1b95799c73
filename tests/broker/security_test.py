#!/usr/bin/env python3
"""Brokers that ask who is there: SASL with SCRAM and PLAIN, TLS with a CA of its own."""

import ctypes
import json
import unittest
import urllib.request
from pathlib import Path

from pipeline import Login, Pipeline, await_that, start_cluster, temporary

import confluent_kafka
from broker.certificates import make_certificates
from messages import kpi_pb2
from traffic import Traffic, now_us

SCRAM_WORKS_FROM = 0x02060100


def setUpModule():
    global cluster
    cluster = start_cluster(sasl=True, tls=True)


def newer_librdkafka():
    """Debian's librdkafka 2.0.2 cannot use SCRAM with Kafka 4 (its issue 4895, mended in 2.6.1), so
    Weir runs on the library that confluent-kafka brings: its environment for that."""
    library, = (Path(confluent_kafka.__file__).parents[1] / "confluent_kafka.libs").glob(
        "librdkafka*.so*")
    folder = temporary("weir-librdkafka-")
    (folder / "librdkafka.so.1").symlink_to(library)
    return {"LD_LIBRARY_PATH": str(folder)}


class Security(unittest.TestCase):
    def flows(self, login):
        """Topics are made, a worker runs, and a producer and `weir ingest` send, all over that
        listener."""
        prefix = f"{login.listener}.{login.mechanism}.".lower()
        pipeline = Pipeline(cluster, partitions=2, prefix=prefix, login=login).make_topics()
        worker = pipeline.start_worker("one")
        traffic = Traffic(cluster.client(login.listener, login.mechanism),
                          pipeline.topic("inference"), 2, seed=1)
        traffic.start()
        receiver = pipeline.start_receiver("receiver")
        await_that("weir ingest is ready", receiver.is_ready)
        event = {"event_time_us": now_us(), "service": "over-http", "status": "ok"}
        with urllib.request.urlopen(urllib.request.Request(
                f"{receiver.url}/v1/events", json.dumps(event).encode(),
                {"Content-Type": "application/x-ndjson"}), timeout=30) as answer:
            self.assertEqual(answer.status, 200)
        for record in pipeline.follow("kpi"):
            if list(kpi_pb2.KpiResult.FromString(record.value()).series) == ["over-http"]:
                break
        traffic.stop()
        for each in (worker, receiver):
            each.stop()
            self.assertNotIn(cluster.options["password"], each.log())

    def test_scram_with_a_password_in_a_file(self):
        file = temporary("weir-secret-") / "password"
        file.write_text(cluster.options["password"] + "\n")
        self.flows(Login("SASL_PLAINTEXT", "SCRAM-SHA-256", f"file:{file}", newer_librdkafka()))

    def test_scram_with_a_library_that_cannot_says_what_to_install(self):
        done = Pipeline(cluster, login=Login(
            "SASL_PLAINTEXT", "SCRAM-SHA-256", "env:WEIR_TEST_PASSWORD",
            {"WEIR_TEST_PASSWORD": cluster.options["password"]})).topics("--apply")
        if ctypes.CDLL("librdkafka.so.1").rd_kafka_version() >= SCRAM_WORKS_FROM:
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            return
        self.assertEqual(done.returncode, 1)
        self.assertIn("this librdkafka cannot use SCRAM with Kafka 4 and later: install 2.6.1 or a "
                      "newer one, or use PLAIN over TLS", done.stderr)

    def test_plain_over_tls_with_a_password_in_the_environment(self):
        self.flows(Login("SASL_SSL", "PLAIN", "env:WEIR_TEST_PASSWORD",
                         {"WEIR_TEST_PASSWORD": cluster.options["password"]}))

    def test_tls(self):
        self.flows(Login("SSL"))

    def test_brokers_of_another_authority_are_refused(self):
        other = temporary("weir-ca-")
        make_certificates(other)
        done = Pipeline(cluster, login=Login("SSL", client={
            "ssl.ca.location": str(other / "ca.pem")})).topics()
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr.lower(), "certificate verify failed")

    def test_a_wrong_password_is_said(self):
        done = Pipeline(cluster, login=Login(
            "SASL_PLAINTEXT", "PLAIN", "env:WEIR_TEST_GUESS",
            {"WEIR_TEST_GUESS": "open-sesame"})).topics()
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr.lower(), "authentication|credentials")
        self.assertNotIn("open-sesame", done.stderr)


if __name__ == "__main__":
    unittest.main()
