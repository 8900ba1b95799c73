"""What Weir told on its result topics, and how that differs from what the oracle counted."""

import math
from collections import Counter, defaultdict

from messages import dead_letter_pb2, kpi_pb2
from rules import UNRATED

_STATUSES = ("ok", "client_error", "server_error", "timeout", "oom", "dependency", "model_load",
             "rejected", "cancelled")


def _wrong_quantiles(values, told):
    ordered = sorted(values)
    for name, part in (("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99), ("p999", 0.999)):
        exact = ordered[math.ceil(part * len(ordered) - 1e-9) - 1]
        if abs(getattr(told, name) - exact) > exact * 0.0101 + 1:
            yield f"{name} {getattr(told, name)}, exactly {exact}"


def difference(events, told, length_us):
    """How `told` (KpiValues) differs from what the oracle has seen; empty where it does not."""
    statuses = Counter(seen.status for seen in events)
    rated = sum(count for name, count in statuses.items() if name not in (*UNRATED, "absent"))
    durations = defaultdict(list)
    for seen in events:
        for name, value in seen.durations:
            durations[name].append(value)
    pairs = [("requests", told.requests, len(events)), ("rated", told.rated, rated),
             ("rate", round(told.requests_per_second, 6),
              round(len(events) * 1e6 / length_us, 6))]
    if all(seen.tier == 0 for seen in events):  # later ones do not tell how busy a second was
        seconds = Counter(seen.second for seen in events)
        pairs.append(("peak", told.peak_requests_per_second, max(seconds.values(), default=0)))
    pairs += [(name, getattr(told.status, name), statuses[name])
              for name in (*_STATUSES, "absent")]
    if rated:
        pairs.append(("success_ratio", told.success_ratio, statuses["ok"] / rated))
    for name in ("input_tokens", "output_tokens"):
        pairs.append((name, getattr(told, name), sum(getattr(seen, name) for seen in events)))
    for name in ("latency_us", "ttft_us", "tpot_us"):
        values, of = durations[name], getattr(told, name)
        pairs += [(f"{name}.count", of.count, len(values)),
                  (f"{name}.max", of.max, max(values, default=0)),
                  (f"{name}.mean", round(of.mean, 3),
                   round(sum(values) / len(values), 3) if values else 0)]
    wrong = [f"{name} {found}, exactly {exact}" for name, found, exact in pairs if found != exact]
    for name in ("latency_us", "ttft_us"):
        if durations[name]:
            wrong += [f"{name}.{text}"
                      for text in _wrong_quantiles(durations[name], getattr(told, name))]
    return "; ".join(wrong)


def _sums(values):
    """The sums of KpiValues, which a restatement's difference must explain."""
    return {"requests": values.requests, "rated": values.rated,
            "input_tokens": values.input_tokens, "output_tokens": values.output_tokens,
            "latency_us.count": values.latency_us.count,
            "ttft_us.count": values.ttft_us.count, "cold_starts": values.cold_starts,
            **{name: getattr(values.status, name) for name in _STATUSES}}


def text_of(dimensions, values, end, length=None, hop=None):
    series = ",".join(f"{name}={value}" for name, value in zip(dimensions, values))
    return f"{series}@{end // 1_000_000}" + (f" {length // 10**6}s/{hop // 10**6}s" if hop else "")


class Told:
    """The last value of every window of `weir.kpi`, and what was wrong on the way there."""

    def __init__(self):
        self.windows = {}  # (scope, values, end, length, hop): KpiValues
        self.results = 0
        self.restatements = 0
        self.wrong = []

    def take(self, record):
        result = kpi_pb2.KpiResult.FromString(record.value())
        scope, series = tuple(result.scope), tuple(result.series)
        self.results += 1
        self.restatements += result.restates
        for window in result.window:
            key = (scope, series, result.end_time_us, window.length_us, window.hop_us)
            before = self.windows.get(key)
            self._check(key, before, result.restates, window, record.offset())
            self.windows[key] = window.value

    def _check(self, key, before, restates, window, offset):
        where = f"{text_of(*key)} at offset {offset}"
        if not restates:
            if before is not None:
                self.wrong.append(f"{where}: told twice")
            return
        if before is not None and window.restated != before:
            self.wrong.append(f"{where}: restates {window.restated.requests} requests, and "
                              f"{before.requests} were told")
        value, restated, change = map(_sums, (window.value, window.restated, window.difference))
        for name in value:
            if value[name] != restated[name] + change[name]:
                self.wrong.append(f"{where}: {name} {value[name]} is not {restated[name]} and "
                                  f"{change[name]}")


class Buried:
    """The dead letters: (partition, offset, event index, reason), each as often as it was told."""

    def __init__(self):
        self.letters = Counter()

    def take(self, record):
        letter = dead_letter_pb2.DeadLetter.FromString(record.value())
        for entry in letter.entry:
            reason = dead_letter_pb2.DeadLetterReason.Name(entry.reason)
            self.letters[letter.partition, letter.offset, entry.event_index,
                         reason.removeprefix("DEAD_LETTER_REASON_")] += 1


def _wrong_windows(oracle, told, until_us):
    """Every window against its events; one that was not told has the value of the one before."""
    known, line, carried = set(), None, None
    for key, events, due in oracle.windows(until_us):
        dimensions, values, _, length, hop = key
        if line != (dimensions, values, length, hop):
            line, carried = (dimensions, values, length, hop), None
        known.add(key)
        if key in told.windows:
            carried = told.windows[key]
        elif due:
            yield f"{text_of(*key)}: not told, {len(events)} requests"
            continue
        if carried is not None and (text := difference(events, carried, length)):
            yield f"{text_of(*key)}: {text}"
    for key in told.windows.keys() - known:
        if key[2] <= until_us:
            yield f"{text_of(*key)}: told, and nothing happened until there"


def differences(oracle, told, buried, until_us):
    """Everything in which the results differ from the oracle, as lines for a person."""
    letters = [f"dead letter {letter}: expected {oracle.dead[letter]} times, found "
               f"{buried.letters[letter]}" for letter in oracle.dead | buried.letters
               if oracle.dead[letter] != buried.letters[letter]]
    return [*told.wrong, *_wrong_windows(oracle, told, until_us), *letters]
