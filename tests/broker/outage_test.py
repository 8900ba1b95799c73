#!/usr/bin/env python3
"""A broker that goes away and comes back: workers wait for it, and nothing is lost."""

import unittest

from pipeline import Comparison, Pipeline, await_that, start_cluster

from traffic import Traffic


def setUpModule():
    global cluster
    cluster = start_cluster()


class Outage(unittest.TestCase):
    def test_a_broker_is_killed_and_comes_back(self):
        pipeline = Pipeline(cluster, partitions=4).make_topics()
        traffic = Traffic(cluster.client(), pipeline.topic("inference"), 4, seed=5)
        comparison = Comparison(pipeline)
        one, two = pipeline.start_worker("one"), pipeline.start_worker("two")
        traffic.start()
        pipeline.await_results(10)
        cluster.kill()
        await_that("readyz says that there is no broker", lambda: not one.is_ready())
        late = pipeline.start_worker("late")  # while there is no broker
        cluster.start()
        await_that("all are ready", lambda: one.is_ready() and two.is_ready() and late.is_ready())
        pipeline.await_progress()
        traffic.stop()
        comparison.await_equal()
        for worker in (one, two, late):
            worker.stop()


if __name__ == "__main__":
    unittest.main()
