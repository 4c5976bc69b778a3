"""The oracle: what Centra must hold, by hand-made cases."""

from __future__ import annotations

import pytest

from sandbox.truth import Shelf, Truth, WebOrder, truth


@pytest.mark.parametrize(
    ("shelves", "orders", "booked", "own", "expected"),
    [
        ([Shelf(5, 0)], [], 0, 0, Truth(5, 0)),
        ([Shelf(5, 0), Shelf(-2, 0)], [], 0, 0, Truth(3, 0)),
        ([Shelf(1, 0), Shelf(-2, 0)], [], 0, 0, Truth(0, 0)),
        ([Shelf(5, 2)], [], 2, 0, Truth(3, 0)),
        ([Shelf(5, 0)], [], 2, 0, Truth(3, 0)),
        ([Shelf(5, 3)], [WebOrder(1)], 2, 1, Truth(3, 1)),
        ([Shelf(0, 0)], [WebOrder(1)], 0, 0, Truth(0, 1)),
        ([Shelf(5, 0)], [WebOrder(0, shipped=1, shipped_at=10.0)], 0, 0, Truth(4, 0)),
        ([Shelf(4, 0, counted_at=11.0)], [WebOrder(0, shipped=1, shipped_at=10.0)], 0, 0, Truth(4, 0)),
        ([Shelf(4, 0, counted_at=11.0), Shelf(1, 0)], [WebOrder(0, shipped=1, shipped_at=10.0)], 0, 0, Truth(4, 0)),
        ([Shelf(4, 0, counted_at=11.0), Shelf(0, 0, counted_at=None)], [WebOrder(0, shipped=1, shipped_at=10.0)], 0, 0, Truth(4, 0)),
        ([Shelf(4, 0)], [WebOrder(1, delivered=1)], 0, 0, Truth(5, 1)),
        ([Shelf(4, 0)], [WebOrder(0, delivered=1)], 0, 0, Truth(4, 0)),
        ([Shelf(4, 0)], [WebOrder(0, shipped=1, delivered=1)], 0, 0, Truth(4, 0)),
    ],
)
def test_the_truth(shelves: list[Shelf], orders: list[WebOrder], booked: int, own: int, expected: Truth) -> None:
    assert truth(shelves, orders, booked=booked, own_reservations=own) == expected


def test_centra_goes_no_lower_than_what_it_promised() -> None:
    assert (Truth(0, 2).physical, Truth(0, 2).oversold) == (2, True)
    assert (Truth(3, 2).physical, Truth(3, 2).oversold) == (3, False)
