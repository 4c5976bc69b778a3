"""Rate-limit arithmetic (generic cell rate algorithm): pure functions over theoretical arrival times.

A bucket is full with `capacity` tokens and refills evenly, `capacity` per `window_s`. Its whole state is one number, the theoretical arrival
time: the moment (unix s) at which it would be full again. That number only ever grows, so time cannot run backwards through a slow clock.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from connector.domain.configuration import Lane, Plan

REQUESTS = "requests"
MUTATIONS = "mutations"
TEN_SECONDS = 10
HOUR = 3600

SLACK_S = 1e-6
"""Unix seconds as floats are exact to about 2e-7: whoever waits until the promised moment must be let through."""

QUOTAS: Mapping[Plan, Mapping[tuple[str, int], int]] = {
    Plan.GROWTH: {(REQUESTS, TEN_SECONDS): 60, (REQUESTS, HOUR): 5_000, (MUTATIONS, TEN_SECONDS): 20, (MUTATIONS, HOUR): 1_800},
    Plan.ENHANCED: {(REQUESTS, TEN_SECONDS): 150, (REQUESTS, HOUR): 20_000, (MUTATIONS, TEN_SECONDS): 50, (MUTATIONS, HOUR): 4_500},
    Plan.HIGH_VOLUME: {(REQUESTS, TEN_SECONDS): 450, (REQUESTS, HOUR): 40_000, (MUTATIONS, TEN_SECONDS): 150, (MUTATIONS, HOUR): 7_000},
    Plan.ENTERPRISE: {(REQUESTS, TEN_SECONDS): 1_500, (REQUESTS, HOUR): 85_000, (MUTATIONS, TEN_SECONDS): 500, (MUTATIONS, HOUR): 25_000},
}
"""Centra's published limits per environment: {(kind, window in s): quota}."""

_FLOOR_TOKENS: Mapping[Lane, float] = {Lane.STOCK_RISK: 0, Lane.ORDERS: 2, Lane.STOCK: 4}
_FLOOR_SHARES: Mapping[Lane, float] = {Lane.PRODUCTS: 0.10, Lane.RECONCILE: 0.25, Lane.LOAD: 0.50}


@dataclass(frozen=True, slots=True)
class Bucket:
    """One limit as far as we may use it: `quota` is the vendor's, `capacity` our share of it."""

    kind: str
    window_s: int
    quota: float
    capacity: float

    @property
    def key(self) -> str:
        return f"{self.kind}/{self.window_s}"

    @property
    def per_token_s(self) -> float:
        return self.window_s / self.capacity

    def level(self, arrival: float, now: float) -> float:
        """Tokens free at `now`; negative when more was used (by others) than our share allows."""
        return self.capacity - max(0.0, arrival - now) / self.per_token_s

    def free_at(self, arrival: float, tokens: float, floor: float) -> float:
        """The earliest moment (unix s, maybe past) at which `tokens` may be taken so that `floor` remain."""
        return arrival + (tokens + floor) * self.per_token_s - self.window_s

    def after(self, arrival: float, now: float, tokens: float) -> float:
        """The arrival time once `tokens` were taken at `now`."""
        return max(arrival, now) + tokens * self.per_token_s

    def at_most(self, arrival: float, now: float, tokens: float) -> float:
        """The arrival time moved forward, if need be, so that no more than `tokens` are free at `now`."""
        return max(arrival, now + (self.capacity - tokens) * self.per_token_s)


def buckets(plan: Plan, share: float, seen: Mapping[tuple[str, int], float] | None = None) -> tuple[Bucket, ...]:
    """Our four buckets. `seen`: quotas as Centra reported them; the smaller of plan and report counts (limits may be changed for a time)."""
    if not 0 < share <= 1:
        raise ValueError(f"a quota share lies in (0, 1]: {share}")
    rows = []
    for (kind, window_s), published in QUOTAS[plan].items():
        quota = min(float(published), (seen or {}).get((kind, window_s), math.inf))
        rows.append(Bucket(kind, window_s, quota, max(1.0, share * quota)))
    return tuple(rows)


def floor(lane: Lane, bucket: Bucket) -> float:
    """Tokens that must remain in `bucket` after `lane` took its own: what more urgent lanes may still need at once."""
    wanted = _FLOOR_TOKENS[lane] if lane in _FLOOR_TOKENS else _FLOOR_SHARES[lane] * bucket.capacity
    return min(wanted, bucket.capacity / 2)


def allowed(bucket: Bucket, arrival: float, now: float, lane: Lane) -> int:
    """Whole tokens that `lane` may take at `now`, never negative."""
    free = bucket.level(arrival, now) - floor(lane, bucket)
    return max(0, math.floor(free + SLACK_S / bucket.per_token_s))


def earliest(rows: tuple[Bucket, ...], arrivals: Mapping[str, float], lane: Lane, wanted: Mapping[str, int]) -> float:
    """The earliest moment at which all of `wanted` ({kind: tokens}) may be taken by `lane`; 0 when nothing is wanted.

    Raises ValueError when a bucket can never hold that much: such a call must be made smaller.
    """
    when = 0.0
    for bucket in rows:
        tokens = wanted.get(bucket.kind, 0)
        if tokens <= 0:
            continue
        keep = floor(lane, bucket)
        if tokens + keep > bucket.capacity + SLACK_S:
            raise ValueError(f"{tokens} {bucket.kind} at once exceed what {lane} may use of {bucket.capacity:g} in {bucket.window_s} s")
        when = max(when, bucket.free_at(arrivals.get(bucket.key, 0.0), tokens, keep))
    return when


def spend(rows: tuple[Bucket, ...], arrivals: Mapping[str, float], now: float, wanted: Mapping[str, int]) -> dict[str, float]:
    """The arrival times after taking `wanted` at `now`; buckets of other kinds keep theirs."""
    spent = dict(arrivals)
    for bucket in rows:
        tokens = wanted.get(bucket.kind, 0)
        if tokens > 0:
            spent[bucket.key] = bucket.after(arrivals.get(bucket.key, 0.0), now, tokens)
    return spent


def heed(rows: tuple[Bucket, ...], arrivals: Mapping[str, float], now: float, remaining: Mapping[tuple[str, int], float]) -> dict[str, float]:
    """The arrival times after learning what Centra still allows to everybody together: of that, our share may be ours.

    Not "all but the others' share of the whole limit": once somebody emptied the hour, we would then stand still for a quarter of it.
    """
    heeded = dict(arrivals)
    for bucket in rows:
        if (bucket.kind, bucket.window_s) in remaining:
            ours = remaining[bucket.kind, bucket.window_s] * bucket.capacity / bucket.quota
            heeded[bucket.key] = bucket.at_most(arrivals.get(bucket.key, 0.0), now, ours)
    return heeded
