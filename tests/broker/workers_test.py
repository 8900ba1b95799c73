#!/usr/bin/env python3
"""Workers that come, go, die and sleep, and a broker that goes away, while events arrive: the
results are the oracle's."""

import json
import time
import unittest
import urllib.error
import urllib.request

from pipeline import SESSION_S, Comparison, Pipeline, await_that, start_cluster

from traffic import Traffic


def why_not_ready(worker):
    """What /readyz gives as the reason; None where it does not answer, or all is well."""
    status, text = worker.readiness()
    return json.loads(text)["error"] if status == 503 else None


def status_of(worker, path, body=None):
    try:
        with urllib.request.urlopen(worker.url + path, body, timeout=5) as answer:
            return answer.status
    except urllib.error.HTTPError as refusal:
        return refusal.code


def setUpModule():
    global cluster
    cluster = start_cluster()


class Workers(unittest.TestCase):
    def setUp(self):
        name = self.id().rsplit(".", 1)[-1]
        self.pipeline = Pipeline(cluster, partitions=6, prefix=f"{name}.").make_topics()
        self.traffic = Traffic(cluster.client(), self.pipeline.topic("inference"), 6, seed=3)
        self.comparison = Comparison(self.pipeline)
        self.first = self.pipeline.start_worker("first")
        self.traffic.start()
        self.pipeline.await_results(10)

    def end(self, *workers):
        self.pipeline.await_progress()
        self.traffic.stop()
        self.comparison.await_equal()
        for worker in workers:
            worker.stop()
        self.assertGreater(self.comparison.told.restatements, 0)
        self.assertGreater(self.comparison.oracle.events, 1000)

    def test_a_second_and_a_third_one_a_kill_a_freeze_and_a_stop(self):
        second = self.pipeline.start_worker("second")
        third = self.pipeline.start_worker("third")
        self.pipeline.await_progress()
        second.kill()
        self.pipeline.await_progress()
        third.freeze()
        time.sleep(SESSION_S + 4)  # it has to miss its session: nothing tells that it has
        third.wake()
        second.start()
        self.pipeline.await_progress()
        self.first.stop()
        self.end(second, third)

    def test_a_broker_is_killed_and_comes_back(self):
        second = self.pipeline.start_worker("second")
        self.pipeline.await_progress()
        cluster.kill()
        await_that("readyz says that a worker does not run", lambda: why_not_ready(self.first))
        # Who starts now serves HTTP at once, and says what it waits for.
        late = self.pipeline.start_worker("late")
        receiver = self.pipeline.start_receiver("receiver")
        for process in late, receiver:
            self.assertEqual(await_that("it answers", lambda: why_not_ready(process)),
                             f"waits for the brokers {cluster.bootstrap()}")
            self.assertEqual(status_of(process, "/healthz"), 200)
        self.assertEqual(status_of(late, "/api/v1/pipeline"), 503)
        self.assertEqual(status_of(receiver, "/v1/events", b"[]"), 503)
        self.assertEqual(status_of(receiver, "/metrics"), 200)
        cluster.start()
        workers = self.first, second, late, receiver
        await_that("all are ready", lambda: all(worker.is_ready() for worker in workers))
        await_that("late shows results", lambda: status_of(late, "/api/v1/pipeline") == 200)
        self.assertEqual(status_of(receiver, "/v1/events", b"[]"), 200)
        self.end(*workers)


if __name__ == "__main__":
    unittest.main()
