#!/usr/bin/env python3
"""Workers that come, go, die and sleep while events arrive: the results are the oracle's."""

import time
import unittest

from pipeline import SESSION_S, Comparison, Pipeline, start_cluster

from traffic import Traffic


def setUpModule():
    global cluster
    cluster = start_cluster()


class Workers(unittest.TestCase):
    def test_a_second_and_a_third_one_a_kill_a_freeze_and_a_stop(self):
        pipeline = Pipeline(cluster, partitions=6).make_topics()
        traffic = Traffic(cluster.client(), pipeline.topic("inference"), 6, seed=3)
        comparison = Comparison(pipeline)
        first = pipeline.start_worker("first")
        traffic.start()
        pipeline.await_results(10)
        second = pipeline.start_worker("second")
        third = pipeline.start_worker("third")
        pipeline.await_progress()
        second.kill()
        pipeline.await_progress()
        third.freeze()
        time.sleep(SESSION_S + 4)  # it has to miss its session: nothing tells that it has
        third.wake()
        second.start()
        pipeline.await_progress()
        first.stop()
        pipeline.await_progress()
        traffic.stop()
        comparison.await_equal()
        for worker in (second, third):
            worker.stop()
        self.assertGreater(comparison.told.restatements, 0)
        self.assertGreater(comparison.oracle.events, 1000)


if __name__ == "__main__":
    unittest.main()
