#!/usr/bin/env python3
"""Workers that come, go, die and sleep, and a broker that goes away, while events arrive: the
results are the oracle's."""

import time
import unittest

from pipeline import SESSION_S, Comparison, Pipeline, await_that, start_cluster

from traffic import Traffic


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
        await_that("readyz says that there is no broker", lambda: not self.first.is_ready())
        late = self.pipeline.start_worker("late")  # while there is no broker
        cluster.start()
        workers = self.first, second, late
        await_that("all are ready", lambda: all(worker.is_ready() for worker in workers))
        self.end(*workers)


if __name__ == "__main__":
    unittest.main()
