"""EventBridge schedules: `rate(...)` and `cron(...)` of the template."""

from __future__ import annotations

import json
import logging
import re
import threading
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.local_stack.intrinsics import ACCOUNT
from sandbox.local_stack.outcome import Outcome
from sandbox.local_stack.template import Schedule

_LOG = logging.getLogger(__name__)
_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_CRON = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)")
_UNIT_S = {"minute": 60, "hour": 3600, "day": 86400}
_WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


def next_run(expression: str, after: datetime) -> datetime:
    """The first moment later than `after` (UTC) at which the schedule fires. Raises ValueError for an expression it cannot play.

    A rate counts from `after`. Cron knows `*`, `?`, lists, ranges, steps and names; not L, W and #.
    """
    rate = _RATE.fullmatch(expression)
    if rate:
        return after + timedelta(seconds=int(rate.group(1)) * _UNIT_S[rate.group(2)])
    cron = _CRON.fullmatch(expression)
    if not cron:
        raise ValueError(f"the local stack cannot play the schedule {expression}")
    minute, hour, day, month, weekday, year = cron.groups()
    minutes, hours = _field(minute, 0, 59), _field(hour, 0, 23)
    days, months = _field(day, 1, 31), _field(month, 1, 12, _MONTHS)
    weekdays, years = _field(weekday, 1, 7, _WEEKDAYS), _field(year, 1970, 2199)
    date = after.date()
    for _ in range(366 * 5):
        if date.year in years and date.month in months and date.day in days and date.isoweekday() % 7 + 1 in weekdays:
            for clock in sorted((h, m) for h in hours for m in minutes):
                moment = datetime(date.year, date.month, date.day, *clock, tzinfo=UTC)
                if moment > after:
                    return moment
        date += timedelta(days=1)
    raise ValueError(f"the schedule {expression} never fires")


def _field(text: str, low: int, high: int, names: tuple[str, ...] = ()) -> set[int]:
    found: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        first, dash, last = span.partition("-")
        if span in ("*", "?"):
            start, stop = low, high
        else:
            start = _number(first, low, names)
            stop = _number(last, low, names) if dash else (high if step else start)
        if not low <= start <= stop <= high:
            raise ValueError(f"{text} is outside {low} to {high}")
        found.update(range(start, stop + 1, int(step or 1)))
    return found


def _number(text: str, low: int, names: tuple[str, ...]) -> int:
    if text.upper() in names:
        return names.index(text.upper()) + low
    if not text.isdecimal():
        raise ValueError(f"the local stack cannot play {text} in a cron schedule")
    return int(text)


def scheduled_event(schedule: Schedule, region: str, at: datetime) -> Any:
    """The event a function gets: the schedule's own input, else what the scheduler writes itself."""
    if schedule.input:
        return json.loads(schedule.input)
    service = "scheduler" if schedule.source == "aws.scheduler" else "events"
    kind = "schedule/default" if service == "scheduler" else "rule"
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": schedule.source,
        "account": ACCOUNT,
        "time": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": region,
        "resources": [f"arn:aws:{service}:{region}:{ACCOUNT}:{kind}/{schedule.name}"],
        "detail": "{}" if service == "scheduler" else {},
    }


class Timer:
    """Fires one schedule from `start` to `stop`, the first time one period after the start.

    As Lambda does with asynchronous events, a failed invocation is tried twice more; `pauses_s` says when.
    """

    def __init__(self, schedule: Schedule, region: str, invoke: Callable[[Any], Outcome], pauses_s: tuple[float, ...] = (60.0, 120.0)) -> None:
        next_run(schedule.expression, datetime.now(UTC))
        self._schedule, self._region, self._invoke, self._pauses_s = schedule, region, invoke, pauses_s
        self._stopping = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._run, name=f"schedule {self._schedule.name}", daemon=True).start()

    def stop(self) -> None:
        self._stopping.set()

    def fire(self) -> Outcome:
        """One event, with its retries; the last outcome."""
        event = scheduled_event(self._schedule, self._region, datetime.now(UTC))
        outcome = self._invoke(event)
        for pause in self._pauses_s:
            if outcome.ok or self._stopping.wait(pause):
                return outcome
            outcome = self._invoke(event)
        if not outcome.ok:
            _LOG.warning("%s: given up after %d attempts: %s", self._schedule.name, len(self._pauses_s) + 1, outcome.error_type)
        return outcome

    def _run(self) -> None:
        due = datetime.now(UTC)
        while True:
            due = next_run(self._schedule.expression, due)
            if self._stopping.wait(max(0.0, due.timestamp() - time.time())):
                return
            threading.Thread(target=self.fire, name=f"event {self._schedule.name}", daemon=True).start()
