"""Centra's rate limits: token buckets over ten seconds and one hour for requests, mutations and query complexity."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

KINDS = ("REQUEST_COUNT", "QUERY_COMPLEXITY", "MUTATION_COUNT")
INTERVALS = {"TEN_SECONDS": 10.0, "ONE_HOUR": 3600.0}

# plan → kind → (per ten seconds, per hour)
PLANS: dict[str, dict[str, tuple[int, int]]] = {
    "growth": {"REQUEST_COUNT": (60, 5_000), "MUTATION_COUNT": (20, 1_800), "QUERY_COMPLEXITY": (250_000, 30_000_000)},
    "enhanced": {"REQUEST_COUNT": (150, 20_000), "MUTATION_COUNT": (50, 4_500), "QUERY_COMPLEXITY": (900_000, 90_000_000)},
    "high_volume": {"REQUEST_COUNT": (450, 40_000), "MUTATION_COUNT": (150, 7_000), "QUERY_COMPLEXITY": (1_800_000, 180_000_000)},
    "enterprise": {"REQUEST_COUNT": (1_500, 85_000), "MUTATION_COUNT": (500, 25_000), "QUERY_COMPLEXITY": (4_000_000, 400_000_000)},
}


@dataclass(slots=True)
class Bucket:
    """Refills at a constant rate; `peak` is the most that was ever used of it at one moment."""

    kind: str
    interval: str
    quota: int
    level: float
    at: float
    peak: float = 0.0

    def refill(self, now: float) -> None:
        if now > self.at:
            self.level = min(float(self.quota), self.level + (now - self.at) * self.quota / INTERVALS[self.interval])
            self.at = now

    def ready_at(self, cost: float, now: float) -> float:
        """When `cost` will be there if nobody else spends."""
        missing = cost - self.level
        return now if missing <= 1e-9 else now + missing * INTERVALS[self.interval] / self.quota

    def spend(self, cost: float) -> None:
        self.level = max(0.0, self.level - cost)
        self.peak = max(self.peak, self.quota - self.level)


@dataclass(slots=True)
class Limits:
    """The six buckets of a plan. While `enforced` is off nothing is spent and nothing refused. `violations` counts the 429s given."""

    plan: str = "growth"
    enforced: bool = False
    violations: int = 0
    closed_until: float = 0.0
    violated: Counter[str] = field(default_factory=Counter)
    buckets: list[Bucket] = field(default_factory=list)

    def start(self, now: float, plan: str, *, enforced: bool, hour_left: float = 1.0, window_left: float = 1.0) -> None:
        """Take a plan with its buckets filled to the given fractions; the counters start anew."""
        self.plan, self.enforced, self.violations, self.closed_until = plan, enforced, 0, 0.0
        self.violated.clear()
        self.buckets = [
            Bucket(kind, interval, quota, quota * left, now, quota * (1 - left))
            for kind in KINDS
            for interval, quota, left in zip(INTERVALS, PLANS[plan][kind], (window_left, hour_left), strict=True)
        ]

    def take(self, now: float, *, requests: int, mutations: int, complexity: int, strict: bool = False) -> float | None:
        """Spend in all buckets at once; or spend nothing and tell from when on it would be granted. `strict`: no earlier than last told."""
        if not self.enforced:
            return None
        if strict and now < self.closed_until:
            self.violations += 1
            self.violated["EARLY_RETRY"] += 1
            return self.closed_until
        costs = {"REQUEST_COUNT": requests, "MUTATION_COUNT": mutations, "QUERY_COMPLEXITY": complexity}
        until = now
        for bucket in self.buckets:
            bucket.refill(now)
            ready = bucket.ready_at(costs[bucket.kind], now)
            if ready > now:
                self.violated[f"{bucket.kind}/{bucket.interval}"] += 1
                until = max(until, ready)
        if until > now:
            self.violations += 1
            self.closed_until = until
            return until
        for bucket in self.buckets:
            bucket.spend(costs[bucket.kind])
        return None

    def spend(self, now: float, *, requests: int = 0, mutations: int = 0, complexity: int = 0) -> None:
        """Another integration of the client uses its share of the limits."""
        costs = {"REQUEST_COUNT": requests, "MUTATION_COUNT": mutations, "QUERY_COMPLEXITY": complexity}
        for bucket in self.buckets:
            bucket.refill(now)
            bucket.spend(costs[bucket.kind])

    def rows(self, now: float) -> list[dict[str, Any]]:
        """As `rateLimits` shows them: quota = used + remaining, whole numbers."""
        rows = []
        for bucket in self.buckets:
            bucket.refill(now)
            left = int(bucket.level + 1e-9)
            rows.append(
                {
                    "type": bucket.kind,
                    "intervalSeconds": bucket.interval,
                    "quota": bucket.quota,
                    "usedQuota": bucket.quota - left,
                    "remainingQuota": left,
                }
            )
        return rows

    def usage(self) -> dict[str, Any]:
        """What a bench asserts: refusals, and per bucket the quota and the most ever used at one moment."""
        peaks = {f"{b.kind}/{b.interval}": {"quota": b.quota, "peak": round(b.peak, 6)} for b in self.buckets}
        return {"plan": self.plan, "enforced": self.enforced, "violations": self.violations, "violated": dict(self.violated), "buckets": peaks}
