"""The rules that the tests of this folder run under: as the configuration has them, and as the
oracle reads them."""

SECOND = 1_000_000
MINUTE = 60 * SECOND

OUT_OF_ORDERNESS = 5 * SECOND
FUTURE_LIMIT = MINUTE
DEDUP_HORIZON = 10 * MINUTE
# Tiers are counted from the finest: (span, how long after an event it still restates).
TIERS = ((10 * SECOND, 10 * MINUTE), (MINUTE, 60 * MINUTE))
UNRATED = ("client_error", "cancelled")

# Dimensions, and windows as (length, hop).
SCOPES = (
    (("service",), ((10 * SECOND, 10 * SECOND), (MINUTE, 10 * SECOND))),
    (("service", "model"), ((MINUTE, 10 * SECOND), (5 * MINUTE, MINUTE))),
    (("tenant",), ((MINUTE, 10 * SECOND),)),
)

CONFIG = """
fold:
  scopes:
    - {dimensions: [service], windows: [10s/10s, 1m/10s], sketches: [latency, ttft]}
    - {dimensions: [service, model], windows: [1m/10s, 5m/1m], sketches: [latency, ttft]}
    - {dimensions: [tenant], windows: [1m/10s], sketches: [latency, ttft]}
"""


def tier_of(hop):
    """The tier that a window of that hop is made of."""
    return next(i for i, (span, _) in enumerate(TIERS) if span == hop)


def entrance(windows, time, watermark):
    """The tier where an event enters a scope with those windows; None: all of them are over."""
    for tier in sorted({0} | {tier_of(hop) for _, hop in windows}):
        if watermark is None or time >= watermark - TIERS[tier][1]:
            return tier
    return None
