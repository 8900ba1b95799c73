"""What the raw topic means: which events count and where, which are dead letters, how far time is.

Reads records as any consumer does and shares no code with Weir but generated messages; slow and
plain on purpose."""

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from google.protobuf.message import DecodeError

from messages import ABSENT, BATCH, EVENT, JSON, PROTOBUF, TICK, inference_pb2, partial_pb2
from rules import DEDUP_HORIZON, FUTURE_LIMIT, OUT_OF_ORDERNESS, SCOPES, entrance, tier_of

_NUMBERS = ("latency_us", "ttft_us", "input_tokens", "output_tokens")


class Refused(Exception):
    """A record or an event that counts nowhere, with the reason's name."""


def _batch_events(batch):
    """The rows of a batch as events; the columns that these tests fill."""
    def text(column, row):
        width = len(column.code) // batch.count
        index = int.from_bytes(column.code[row * width:(row + 1) * width], "little")
        return column.value[index] if column.value else ""

    for row in range(batch.count):
        event = inference_pb2.InferenceEvent(
            event_time_us=batch.base_time_us + batch.time_offset_us[row],
            service=text(batch.service, row), model=text(batch.model, row),
            tenant=text(batch.tenant, row), status=batch.status[row])
        for name in _NUMBERS:
            if (value := getattr(batch, name)[row]) != ABSENT:
                setattr(event, name, value)
        yield event


def _json_event(value):
    fields = json.loads(value)
    event = inference_pb2.InferenceEvent()
    for name in ("event_time_us", "service", "model", "tenant", *_NUMBERS):
        if fields.get(name) is not None:
            setattr(event, name, fields[name])
    if "status" in fields:
        event.status = inference_pb2.InferenceStatus.Value(
            f"INFERENCE_STATUS_{fields['status'].upper()}")
    return event


def _events(content_type, value):
    """The events of a record."""
    try:
        if content_type == BATCH:
            return list(_batch_events(inference_pb2.InferenceBatch.FromString(value)))
        if content_type == JSON or (content_type in ("", PROTOBUF) and value.startswith(b"{")):
            return [_json_event(value)]
        if content_type in ("", PROTOBUF, EVENT):
            return [inference_pb2.InferenceEvent.FromString(value)]
    except (DecodeError, ValueError):
        raise Refused("MALFORMED") from None
    raise Refused("CONTENT_TYPE")


@dataclass
class Partition:
    """How far one raw partition has been read."""
    append: int = 0
    greatest: int | None = None
    watermark: int | None = None
    ids: dict = field(default_factory=dict)  # id: (content, when)


class Seen:
    """What results say of one event, and the tier where it entered."""

    __slots__ = ("tier", "status", "second", "durations", "input_tokens", "output_tokens")

    def __init__(self, event, tier):
        name = inference_pb2.InferenceStatus.Name(event.status).removeprefix("INFERENCE_STATUS_")
        self.tier = tier
        self.status = "absent" if name == "UNSPECIFIED" else name.lower()
        self.second = event.event_time_us // 1_000_000
        self.input_tokens, self.output_tokens = event.input_tokens, event.output_tokens
        self.durations = [(name, getattr(event, name)) for name in ("latency_us", "ttft_us")
                          if event.HasField(name)]
        decode, steps = event.latency_us - event.ttft_us, event.output_tokens - 1
        if len(self.durations) == 2 and decode >= 0 < steps:
            self.durations.append(("tpot_us", (2 * decode + steps) // (2 * steps)))


class Series:
    """The events of one series, by the pane of the finest tier."""

    def __init__(self):
        self.panes = defaultdict(list)

    def between(self, begin, end, tier):
        """Those in [begin, end) that windows of that tier count."""
        return [seen for pane in range(begin, end, 10_000_000)
                for seen in self.panes.get(pane, ()) if seen.tier <= tier]

    def entered(self, hop):
        """The ends of the hops in which something entered windows of that hop."""
        tier = tier_of(hop)
        return {pane - pane % hop + hop for pane, found in self.panes.items()
                if any(seen.tier <= tier for seen in found)}


class Oracle:
    """Takes the records of every raw partition, each partition's in order."""

    def __init__(self, partitions):
        self._partitions = [Partition() for _ in range(partitions)]
        self._series = defaultdict(Series)  # (scope, values)
        self.dead = Counter()               # (partition, offset, event index, reason)
        self.events = 0
        self.latest_us = 0                  # of the events that count

    def watermark(self):
        """The smallest of the partitions; None while one of them has none."""
        marks = [partition.watermark for partition in self._partitions]
        return None if None in marks else min(marks)

    def take(self, record):
        """A record as confluent_kafka gives it."""
        partition = self._partitions[record.partition()]
        headers = {name: value for name, value in record.headers() or ()}
        content_type = (headers.get("content-type") or b"").decode()
        partition.append = max(partition.append, record.timestamp()[1] * 1000)
        if content_type == TICK:
            tick = partial_pb2.TickRecord.FromString(record.value())
            newest = partition.append if tick.last_offset == record.offset() - 1 else None
        elif self._is_repeat(partition, record, headers.get("weir-id")):
            newest = None
        else:
            newest = self._count_all(partition, record, content_type)
        if newest is not None:
            partition.greatest = max(partition.greatest or newest, newest)
            mark = min(partition.greatest, partition.append) - OUT_OF_ORDERNESS
            partition.watermark = max(partition.watermark or mark, mark)

    def _bury(self, record, index, reason):
        self.dead[record.partition(), record.offset(), index, reason] += 1

    def _is_repeat(self, partition, record, identity):
        if identity is None:
            return False
        before = partition.ids.get(identity)
        if before is None or before[1] < partition.append - DEDUP_HORIZON:
            partition.ids[identity] = (record.value(), partition.append)
            return False
        if before[0] != record.value():
            self._bury(record, 0, "ID_CONFLICT")
        return True

    def _count_all(self, partition, record, content_type):
        """The greatest time of the events that count."""
        try:
            events = _events(content_type, record.value())
        except Refused as reason:
            self._bury(record, 0, str(reason))
            return None
        newest = None
        for index, event in enumerate(events):
            try:
                self._count(partition, event)
                newest = max(newest or 0, event.event_time_us)
            except Refused as reason:
                self._bury(record, index, str(reason))
        return newest

    def _count(self, partition, event):
        time = event.event_time_us
        if time <= 0:
            raise Refused("MISSING_TIME")
        if any(getattr(event, name) < 0 for name in _NUMBERS[:2]):
            raise Refused("NEGATIVE_DURATION")
        if time > partition.append + FUTURE_LIMIT:
            raise Refused("FROM_THE_FUTURE")
        tiers = [entrance(windows, time, partition.watermark) for _, windows in SCOPES]
        if all(tier is None for tier in tiers):
            raise Refused("TOO_OLD")
        for (dimensions, _), tier in zip(SCOPES, tiers):
            if tier is not None:
                key = (dimensions, tuple(getattr(event, name) for name in dimensions))
                self._series[key].panes[time - time % 10_000_000].append(Seen(event, tier))
        self.events += 1
        self.latest_us = max(self.latest_us, time)

    def windows(self, until_us):
        """Every window from the first event of its series on, in order of their ends:
        ((scope, values, end, length, hop), events, whether something entered or left it). Such a
        one has to be told; the others have the value of the one before."""
        for (dimensions, values), series in self._series.items():
            for length, hop in next(windows for names, windows in SCOPES if names == dimensions):
                entered = series.entered(hop)
                for end in range(min(entered, default=until_us + 1), until_us + 1, hop):
                    yield ((dimensions, values, end, length, hop),
                           series.between(end - length, end, tier_of(hop)),
                           end in entered or end - length in entered)
