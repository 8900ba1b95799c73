#!/usr/bin/env python3
"""A changelog that the broker's own cleaner has compacted: a worker whose disk is empty restores
from what is left, and the results are the oracle's."""

import shutil
import unittest

from pipeline import Comparison, Pipeline, await_that, start_cluster

from confluent_kafka.admin import (AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource,
                                   ResourceType)
from traffic import Traffic

CHANGELOG = "fold.changelog"
# Segments soon closed, and cleaned as soon as anything in them is stale.
EAGER = {"segment.ms": "200", "min.cleanable.dirty.ratio": "0.01"}


def set_eager(cluster, topic):
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[
        ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
        for name, value in EAGER.items()])
    admin = AdminClient(cluster.client())
    for done in admin.incremental_alter_configs([resource]).values():
        done.result()


class Compaction(unittest.TestCase):
    def is_cleaned(self):
        """Each commit writes its head anew, and what has changed: of hundreds of offsets, a few
        hold what a later one replaces."""
        tail = self.pipeline.tail(CHANGELOG)
        keys = [(record.partition(), record.key()) for record in tail]
        written = sum(tail.ends().values())
        return written > 400 and len(keys) - len(set(keys)) < written / 20

    def test_a_worker_restores_from_what_the_cleaner_has_left(self):
        # Given a changelog of which most records are gone.
        cluster = start_cluster(settings={"log.cleaner.backoff.ms": 200})
        self.pipeline = Pipeline(cluster, partitions=2).make_topics()
        set_eager(cluster, self.pipeline.topic(CHANGELOG))
        traffic = Traffic(cluster.client(), self.pipeline.topic("inference"), 2, seed=5)
        comparison = Comparison(self.pipeline)
        worker = self.pipeline.start_worker("one")
        traffic.start()
        await_that("the changelog is compacted", self.is_cleaned)
        # When the worker is killed and has nothing of its own any more.
        worker.kill()
        shutil.rmtree(worker.directory / "data")
        worker.start()
        # Then it goes on where it was.
        self.pipeline.await_progress()
        traffic.stop()
        comparison.await_equal()
        worker.stop()


if __name__ == "__main__":
    unittest.main()
