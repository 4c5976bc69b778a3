"""The target rule, sentence by sentence, and its invariants over generated facts."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from connector.domain.stock_target import OnHand, OwedLine, is_settled, target

NOW = 1_800_000_000.0
DAY = 86_400.0

LINE = OwedLine(order_number=7, allocated=0, shipped=0, shipped_at=0.0, delivered=0, reserved=0, reserved_until=None, withheld=0, withheld_at=0.0)


def on_hand(total: int, reserved: int = 0, stocktaken_at: float = 0.0) -> OnHand:
    return OnHand(1, total, reserved, stocktaken_at)


def quantity(levels: list[OnHand], lines: list[OwedLine] | None = None, booked: int = 0) -> int:
    return target(levels, booked, lines or [], now=NOW).quantity


def test_plain_stock_is_what_sitoo_has() -> None:
    assert quantity([on_hand(5)]) == 5


def test_two_warehouses_are_summed_before_the_floor() -> None:
    assert quantity([on_hand(3), on_hand(-1)]) == 2
    assert quantity([on_hand(1), on_hand(-3)]) == 0


def test_bookings_count_once_whichever_way_sitoo_shows_them() -> None:
    assert quantity([on_hand(5, reserved=2)]) == 3
    assert quantity([on_hand(5)], booked=2) == 3
    assert quantity([on_hand(5, reserved=2)], booked=2) == 3


def test_our_own_reservation_is_no_booking_until_it_expires_or_is_delivered() -> None:
    ours = replace(LINE, allocated=1, reserved=1, reserved_until=NOW + 10)
    assert quantity([on_hand(5, reserved=1)], [ours]) == 5
    assert quantity([on_hand(5, reserved=1)], [replace(ours, reserved_until=NOW)]) == 4
    assert quantity([on_hand(4, reserved=0)], [replace(ours, delivered=1)]) == 5


def test_our_reservation_beside_a_booking() -> None:
    ours = replace(LINE, allocated=1, reserved=1, reserved_until=NOW + 10)
    assert quantity([on_hand(5, reserved=2)], [ours], booked=1) == 4


def test_shipped_in_centra_first_holds_the_unit_back_until_sitoo_hands_it_out() -> None:
    shipped = replace(LINE, shipped=1, shipped_at=NOW - 60)
    assert quantity([on_hand(5)], [shipped]) == 4
    assert quantity([on_hand(4)], [replace(shipped, delivered=1)]) == 4


def test_a_stock_take_after_the_shipment_has_counted_the_unit_out() -> None:
    shipped = replace(LINE, shipped=1, shipped_at=NOW - 60)
    assert quantity([on_hand(4, stocktaken_at=NOW - 30)], [shipped]) == 4
    assert quantity([on_hand(5, stocktaken_at=NOW - 90)], [shipped]) == 4


def test_an_uncounted_shipment_holds_back_however_old_it_is() -> None:
    assert quantity([on_hand(5)], [replace(LINE, shipped=1, shipped_at=NOW - 90 * DAY)]) == 4


def test_handed_out_in_sitoo_first_keeps_the_allocated_unit_in_centra() -> None:
    picked_up = replace(LINE, allocated=1, delivered=1)
    assert quantity([on_hand(4)], [picked_up]) == 5
    assert quantity([on_hand(4)], [replace(picked_up, allocated=0, shipped=1, shipped_at=NOW)]) == 4


def test_handed_out_then_cancelled_in_centra_keeps_nothing() -> None:
    assert quantity([on_hand(4)], [replace(LINE, allocated=0, delivered=1)]) == 4


def test_units_not_found_are_withheld_until_a_later_count() -> None:
    lost = replace(LINE, withheld=1, withheld_at=NOW - 60)
    assert quantity([on_hand(5)], [lost]) == 4
    assert quantity([on_hand(4, stocktaken_at=NOW - 10)], [lost]) == 4


def test_the_explanation_names_every_part() -> None:
    goal = target([on_hand(9, reserved=1)], 0, [replace(LINE, shipped=2, shipped_at=NOW)], now=NOW)
    assert goal.explain() == "9 on hand, -1 booked in the store, -2 shipped in Centra, not yet handed out in Sitoo"


LINES = st.builds(
    OwedLine,
    order_number=st.integers(1, 5),
    allocated=st.integers(0, 3),
    shipped=st.integers(0, 3),
    shipped_at=st.floats(NOW - 20 * DAY, NOW),
    delivered=st.integers(0, 3),
    reserved=st.integers(0, 3),
    reserved_until=st.none() | st.floats(NOW - 10, NOW + 10),
    withheld=st.integers(0, 2),
    withheld_at=st.floats(NOW - DAY, NOW),
)
LEVELS = st.lists(st.builds(OnHand, st.integers(1, 3), st.integers(-5, 20), st.integers(0, 5), st.floats(0, NOW)), min_size=1, max_size=3)


@given(LEVELS, st.integers(0, 4), st.lists(LINES, max_size=4))
def test_never_negative_and_never_above_what_is_there_plus_what_was_handed_out(levels: list[OnHand], booked: int, lines: list[OwedLine]) -> None:
    goal = target(levels, booked, lines, now=NOW)
    assert 0 <= goal.quantity <= max(0, sum(level.total for level in levels) + sum(line.allocated for line in lines))


@given(LEVELS, st.integers(0, 4), LINES)
def test_a_settled_line_changes_no_target(levels: list[OnHand], booked: int, line: OwedLine) -> None:
    counted_at = min(level.stocktaken_at for level in levels)
    if is_settled(line, counted_at):
        with_line = target(levels, booked, [line], now=NOW)
        assert with_line == target(levels, booked, [], now=NOW)
