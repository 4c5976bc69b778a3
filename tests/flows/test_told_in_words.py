"""What people read about units sold twice and about a vendor that is down: whom it hits, how many, what first."""

from __future__ import annotations

import pytest

from connector.domain.exceptions import Kind, State
from connector.flows.store_stock.parked import losers
from connector.store.order_links import OpenLine
from sandbox.stock_story import StockStory
from tests.flows.stock_steps import A_TILL, SOON, TEE, A


def test_units_sold_twice_name_the_first_step_and_who_goes_without() -> None:
    story = StockStory.begin()
    older, newer = story.web_order(TEE, 1, [A]), story.web_order(TEE, 2, [A])
    story.run(SOON)
    story.world.sitoo.sell(A_TILL, {TEE: 2})
    story.run(SOON)
    (case,) = story.world.cases.list(state=State.OPEN, kind=Kind.OVERSOLD)
    assert case.problem.happened.startswith(f"2 of 3 units of {TEE} promised to web orders are gone from")
    todo = case.problem.todo
    assert todo.index("to look for 2 units") < todo.index("count it in Sitoo") < todo.index("Else take") < todo.index("cancel the line")
    assert f"2 units of order {newer} (the newest" in todo
    assert str(older) not in todo


def line(number: int, allocated: int) -> OpenLine:
    return OpenLine(number, A, TEE, allocated=allocated)


@pytest.mark.parametrize(
    ("lost", "told"),
    [
        (1, "1 of the 2 units of order 7 (the newest: older orders keep theirs)"),
        (3, "2 units of order 7, 1 of the 3 units of order 5 (the newest: older orders keep theirs)"),
    ],
)
def test_the_newest_order_loses_first(lost: int, told: str) -> None:
    assert losers([line(5, 3), line(7, 2)], lost) == told


def test_one_order_alone_and_none_that_is_known() -> None:
    assert losers([line(5, 1)], 1) == "1 unit of order 5"
    assert losers([], 2) == "2 units of the newest order allocated there"


@pytest.mark.parametrize("vendor", ["centra", "sitoo"])
def test_a_vendor_that_is_down_is_named_with_its_address_and_how_long(vendor: str) -> None:
    story = StockStory.begin()
    sandbox = story.world.centra if vendor == "centra" else story.world.sitoo
    sandbox.fault("error", times=None)
    story.world.sitoo.sell(A_TILL, {TEE: 1})
    story.run(60.0)
    (case,) = story.world.cases.list(state=State.OPEN, kind=Kind.DRAIN_STUCK)
    assert f"{vendor.capitalize()} does not answer as it should: {vendor.capitalize()} ({vendor}.test) answered HTTP " in case.problem.happened
    assert " s: " in case.problem.happened
    assert "docs/runbooks/vendor-down.md" in case.problem.todo
