"""Every form in which a vendor may say when to come back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.retry_after import LEAST_WAIT_S, LONGEST_WAIT_S, Backoff, retry_at

NOW = 1_800_000_000.0  # Fri, 15 Jan 2027 08:00:00 GMT


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("7", NOW + 7),
        ("2.5", NOW + 2.5),
        (" 12 ", NOW + 12),
        ("0", NOW + LEAST_WAIT_S),
        ("999999999", NOW + LONGEST_WAIT_S),
        ("1800000030", NOW + 30),
        ("1799999990", NOW + LEAST_WAIT_S),
        ("1800000030500", NOW + 30.5),
        ("Fri, 15 Jan 2027 08:00:20 GMT", NOW + 20),
        ("Fri, 15 Jan 2027 09:00:20 +0100", NOW + 20),
        ("2027-01-15T08:00:40+00:00", NOW + 40),
        ("2027-01-15T09:00:40+01:00", NOW + 40),
        ("2027-01-15 08:00:40", NOW + 40),
        ("Fri, 15 Jan 2100 08:00:20 GMT", NOW + LONGEST_WAIT_S),
    ],
)
def test_documented_and_plausible_forms(value: str, expected: float) -> None:
    assert retry_at(value, NOW) == pytest.approx(expected)


@pytest.mark.parametrize("value", [None, "", "  ", "soon", "-5", "1e3", "12s", "²", "nan", "inf", "9" * 30])
def test_what_cannot_be_read_is_none(value: str | None) -> None:
    assert retry_at(value, NOW) is None


@given(st.text(max_size=40))
def test_no_header_makes_it_fail_or_leave_the_bounds(value: str) -> None:
    until = retry_at(value, NOW)
    assert until is None or NOW + LEAST_WAIT_S <= until <= NOW + LONGEST_WAIT_S


def test_the_backoff_doubles_to_its_end_and_forgets_after_a_success() -> None:
    backoff = Backoff(5, 120)
    assert [backoff.next() for _ in range(7)] == [5, 10, 20, 40, 80, 120, 120]
    backoff.reset()
    assert backoff.next() == 5
