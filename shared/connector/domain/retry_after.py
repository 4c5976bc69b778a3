"""When a vendor says "try again later": reading every documented form of that moment."""

from __future__ import annotations

from datetime import UTC, datetime

LEAST_WAIT_S = 0.5
LONGEST_WAIT_S = 3600.0
_EPOCH_FROM = 1e9
_MILLISECONDS_FROM = 1e11


def retry_at(value: str | None, now: float) -> float | None:
    """`Retry-After` as delta-seconds, epoch seconds or milliseconds, HTTP-date or ISO 8601 → unix s; None when absent or unreadable.

    Kept within [now + 0.5 s, now + 1 h], the longest rate-limit window: a wrong clock must neither hammer the vendor nor stop us for days.
    """
    if value is None or not value.strip():
        return None
    moment = _number(value.strip(), now)
    if moment is None:
        moment = _date(value.strip())
    if moment is None:
        return None
    return min(max(moment, now + LEAST_WAIT_S), now + LONGEST_WAIT_S)


def _number(text: str, now: float) -> float | None:
    if not text.replace(".", "", 1).isascii() or not text.replace(".", "", 1).isdigit() or len(text) > 20:
        return None
    number = float(text)
    if number >= _MILLISECONDS_FROM:
        return number / 1000
    return number if number >= _EPOCH_FROM else now + number


def _date(text: str) -> float | None:
    from email.utils import parsedate_to_datetime  # only here: costs start-up time

    for parse in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            moment = parse(text)
        except ValueError:
            continue
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    return None


class Backoff:
    """Waits when the vendor names no moment: `first_s` doubling to `longest_s`, forgotten after a success. One per client instance."""

    def __init__(self, first_s: float, longest_s: float) -> None:
        self._first_s, self._longest_s = first_s, longest_s
        self._next_s = first_s

    def next(self) -> float:
        """Seconds to wait this time."""
        wait, self._next_s = self._next_s, min(self._next_s * 2, self._longest_s)
        return wait

    def reset(self) -> None:
        self._next_s = self._first_s
