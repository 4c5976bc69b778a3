"""When schedules fire, what they send, and what happens when nobody takes it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.local_stack.outcome import Outcome, OutcomeKind
from sandbox.local_stack.schedules import Timer, next_run, scheduled_event
from sandbox.local_stack.template import Schedule

MONDAY = datetime(2026, 11, 23, 8, 30, 15, tzinfo=UTC)
EACH_MINUTE = Schedule("each-minute", "PollSitoo", "rate(1 minute)", "aws.scheduler", "")


@pytest.mark.parametrize(
    ("expression", "due"),
    [
        ("rate(1 minute)", datetime(2026, 11, 23, 8, 31, 15, tzinfo=UTC)),
        ("rate(2 hours)", datetime(2026, 11, 23, 10, 30, 15, tzinfo=UTC)),
        ("cron(30 8 * * ? *)", datetime(2026, 11, 24, 8, 30, tzinfo=UTC)),
        ("cron(0/15 * * * ? *)", datetime(2026, 11, 23, 8, 45, tzinfo=UTC)),
        ("cron(0 3 ? * SUN *)", datetime(2026, 11, 29, 3, 0, tzinfo=UTC)),
        ("cron(0 22 ? * MON-FRI *)", datetime(2026, 11, 23, 22, 0, tzinfo=UTC)),
        ("cron(5,35 6 1 1,7 ? *)", datetime(2027, 1, 1, 6, 5, tzinfo=UTC)),
        ("cron(0 0 29 FEB ? *)", datetime(2028, 2, 29, 0, 0, tzinfo=UTC)),
    ],
)
def test_the_next_run_is_the_documented_one(expression: str, due: datetime) -> None:
    assert next_run(expression, MONDAY) == due


UNPLAYABLE = ("rate(1 fortnight)", "cron(0 3 L * ? *)", "cron(99 3 * * ? *)", "at(2026-11-24T00:00:00)", "cron(0 0 1 1 ? 2020)", "cron(0 0 30 2 ? *)")


@pytest.mark.parametrize("expression", UNPLAYABLE)
def test_what_cannot_be_played_is_refused(expression: str) -> None:
    with pytest.raises(ValueError, match=r"cannot play|never fires|outside"):
        next_run(expression, MONDAY)


def test_the_event_is_the_schedulers_or_the_schedules_own() -> None:
    event = scheduled_event(EACH_MINUTE, "eu-north-1", MONDAY)
    assert (event["source"], event["time"], event["detail"]) == ("aws.scheduler", "2026-11-23T08:30:15Z", "{}")
    own = Schedule("own", "PollSitoo", "rate(1 minute)", "aws.events", '{"site": 1}')
    assert scheduled_event(own, "eu-north-1", MONDAY) == {"site": 1}


@pytest.mark.parametrize(("failures", "calls"), [(0, 1), (1, 2), (2, 3), (9, 3)])
def test_a_failed_event_is_tried_twice_more(failures: int, calls: int) -> None:
    seen: list[Any] = []

    def invoke(event: Any) -> Outcome:
        seen.append(event["id"])
        return Outcome(OutcomeKind.CRASH if len(seen) <= failures else OutcomeKind.OK)

    outcome = Timer(EACH_MINUTE, "eu-north-1", invoke, pauses_s=(0, 0)).fire()
    assert len(seen) == calls
    assert len(set(seen)) == 1
    assert outcome.ok is (failures < 3)


def test_a_stopped_timer_gives_up() -> None:
    timer = Timer(EACH_MINUTE, "eu-north-1", lambda event: Outcome(OutcomeKind.CRASH), pauses_s=(60, 120))
    timer.stop()
    assert timer.fire().kind is OutcomeKind.CRASH
