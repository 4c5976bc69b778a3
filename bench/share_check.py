"""Whether a log of calls kept within a share of the vendor's limits at every instant, computed apart from the connector's own arithmetic."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(slots=True)
class ShareBucket:
    """A token bucket of `share` × the quota, with `left` tokens at `since`. `overdraft`: the most it ever lacked, in calls."""

    capacity: float
    window_s: float
    left: float
    since: float
    overdraft: float = 0.0
    used: float = 0.0

    def spend(self, at: float, calls: int) -> None:
        self.left = min(self.capacity, self.left + max(0.0, at - self.since) * self.capacity / self.window_s) - calls
        self.since = max(self.since, at)
        self.used += calls
        self.overdraft = max(self.overdraft, -self.left)


def overdraft(calls: Iterable[tuple[float, int]], *, capacity: float, window_s: float, left: float, since: float) -> float:
    """The most that `calls` [(unix s, how many)], oldest first, took above the bucket at any instant; 0 when they never did."""
    bucket = ShareBucket(capacity, window_s, left, since)
    for at, count in calls:
        if count:
            bucket.spend(at, count)
    return bucket.overdraft
