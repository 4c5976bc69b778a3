"""How a Sitoo call can fail, by what the caller may do next."""

from __future__ import annotations


class SitooError(Exception):
    """Base of all failures of a Sitoo call."""


class Unavailable(SitooError):
    """5xx, connection refused, or a read that timed out: trying again later is safe."""


class Throttled(SitooError):
    """HTTP 429; `until` (unix s) is when to try again (Retry-After | X-Rate-Limit-Reset | backoff)."""

    def __init__(self, until: float) -> None:
        super().__init__(f"Sitoo throttles until {until:.0f}")
        self.until = until


class Unauthorised(SitooError):
    """HTTP 401: wrong API id or password."""


class Refused(SitooError):
    """HTTP 400/404 or a row refused: retrying changes nothing. `text` is Sitoo's errortext."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"Sitoo refused ({status}): {text}")
        self.status, self.text = status, text


class Unconfirmed(SitooError):
    """The answer cannot be trusted (a filter was ignored, a page is short, a value is missing): treat as unknown, write nothing."""


class Uncertain(SitooError):
    """A write may or may not have been committed (time-out, dropped connection, 5xx after sending). Look before repeating."""
