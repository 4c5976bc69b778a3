"""What tests of web orders do and read beyond an OrderStory: redrives, calls counted per stretch of time, rows and deliveries of copies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from typing import Any

from connector.domain.exceptions import Case, Kind
from connector.domain.order_settings import OrderSettings
from connector.flows.exceptions_desk import ExceptionsDesk, Redrive
from connector.flows.orders.order_turn import order_entity
from connector.store.order_files import OrderFile
from sandbox.order_story import SETTINGS, OrderStory

DAY_S = 86_400.0


@contextmanager
def story(stock: Mapping[str, int] | None = None, **how: Any) -> Iterator[OrderStory]:
    """An OrderStory (see OrderStory.begin) that ends with the block."""
    told = OrderStory.begin(stock, **how)
    try:
        yield told
    finally:
        told.world.close()


def with_settings(**changes: Any) -> OrderSettings:
    return replace(SETTINGS, **changes)


def case_of(told: OrderStory, kind: Kind, number: int) -> Case:
    """The one exception of this kind for an order or a part of it, whatever its state."""
    found = cases_of(told, kind, number)
    assert len(found) == 1, f"{len(found)} × {kind.value} for order {number}: {told.problems()}"
    return next(iter(found.values()))


def cases_of(told: OrderStory, kind: Kind, number: int) -> dict[str, Case]:
    """{what of the order it is about ("" all of it): case}, whatever the cases' states."""
    entity = order_entity(number)
    cases = {case.problem.entity: case for case in told.world.cases.list(state=None, kind=kind)}
    return {name.removeprefix(entity).lstrip("/"): case for name, case in cases.items() if name == entity or name.startswith(f"{entity}/")}


def file_of(told: OrderStory, number: int) -> OrderFile:
    """What the connector has done about an order."""
    found = told.world.files.get(number)
    assert found is not None, f"no file of order {number}"
    return found


def redrive(told: OrderStory, kind: Kind, number: int, *, run: float = 20.0) -> Redrive:
    """Somebody sends a parked order back; then time passes."""
    desk = ExceptionsDesk(told.world.cases, told.world.queues, told.world.queues, told.world.clock)
    answer = desk.redrive(case_of(told, kind, number).case_id, "anna")
    told.run(run)
    return answer


def let_days_pass(told: OrderStory, days: float) -> None:
    """Nothing is polled meanwhile (that takes long to play and changes nothing); then two minutes as usual."""
    told.world.schedules = False
    told.run(days * DAY_S)
    told.world.schedules = True
    told.run(130.0)


class Calls:
    """Requests to both vendors since it was made, by operation; what is zero is left out."""

    def __init__(self, told: OrderStory) -> None:
        self._told = told
        self._centra, self._sitoo = told.world.centra.calls(), told.world.sitoo.calls()

    def centra(self) -> dict[str, int]:
        return _since(self._told.world.centra.calls(), self._centra)

    def sitoo(self) -> dict[str, int]:
        return _since(self._told.world.sitoo.calls(), self._sitoo)


def rows_of(told: OrderStory, number: int) -> list[tuple[str, int, str]]:
    """(sku, units, row total) of the order's open copies, fees with their name in place of a SKU."""
    rows = [row for copy in told.copies(number) for row in copy.rows]
    return [(row.sku or row.name, row.quantity, str(row.gross)) for row in rows]


def copies_total(told: OrderStory, number: int) -> int:
    """Cents of all live copies of an order."""
    return int(sum((row.gross for copy in told.copies(number) for row in copy.rows), Decimal(0)) * 100)


def on_hand(told: OrderStory, sitoo_warehouse: int, sku: str) -> tuple[int, int]:
    """(total, reserved) in Sitoo."""
    row = told.world.sitoo.snapshot()[sitoo_warehouse].get(sku, {"total": 0, "reserved": 0})
    return int(row["total"]), int(row["reserved"])


def in_step(told: OrderStory) -> None:
    """Centra holds in every store what it must."""
    assert {key: told.physical(*key) for key in told.must_be()} == told.must_be()


def _since(now: Mapping[str, int], before: Mapping[str, int]) -> dict[str, int]:
    return {name: n - before.get(name, 0) for name, n in now.items() if n > before.get(name, 0)}
