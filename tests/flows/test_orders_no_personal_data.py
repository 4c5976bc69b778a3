"""Nothing about a customer is left in any queue, table, exception, event or log line, whatever happens to the order."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from connector.domain.order_settings import ReturnCopies
from sandbox.order_story import PICK_UP, SETTINGS, SHIP, OrderStory
from tests.flows.order_steps import story

PERSONAL = {
    "firstName": "Zqfirst",
    "lastName": "Zqlast",
    "address1": "Zqstreet 77",
    "city": "Zqcity",
    "zipCode": "987 65",
    "phoneNumber": "+46999888777",
    "email": "zqmail@zq.example",
}
MESSAGE = "Zqmessage for you 💝"
TOLD_BY = ("Zq", "987 65", "+46999888777", "zqmail")


@pytest.mark.parametrize("trouble", ["none", "refused", "broken off", "incomplete"])
def test_no_trace_of_the_customer_is_left(trouble: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    rules = ReturnCopies(make=True, sitoo_warehouse=SETTINGS.return_copies.sitoo_warehouse)
    with story(settings=replace(SETTINGS, return_copies=rules)) as told:
        seen = _watch_queues(told)
        _trouble(told, trouble)
        for option, warehouse in ((PICK_UP, 11), (SHIP, 12), (SHIP, 1)):
            address = PERSONAL | ({"zipCode": ""} if trouble == "incomplete" and option == SHIP else {})
            told.order([("TEE-S", 1)], [warehouse], option=option, address=address, email=PERSONAL["email"], other_comment=MESSAGE)
        told.run(30.0)
        for number in told.orders[:2]:
            for copy in told.copies(number):
                if number == told.orders[0]:
                    told.world.sitoo.ready_for_pickup(copy.orderid)
                else:
                    told.world.sitoo.pickup_rejected(copy.orderid)
        told.world.centra.ship(told.orders[2])
        told.run(10.0)
        told.world.centra.edit_address(told.orders[0], lastName="Zqother")
        told.run(130.0)
        assert any("Zq" in str(copy.written) for number in told.orders for copy in told.copies(number, live=False)), "the sandbox has the customer"
        kept = [*seen, *_tables(told), *(repr(event) for event in told.world.bus.announced), *(record.getMessage() for record in caplog.records)]
        assert sum(f"C{told.orders[0]}-W11-R1" in text for text in kept) > 1 or trouble in ("refused", "incomplete"), "the tables are read"
        assert [text for text in kept if any(mark in text for mark in TOLD_BY)] == []


def _trouble(told: OrderStory, trouble: str) -> None:
    if trouble == "refused":
        told.world.sitoo.fault("error", operation="POST orders", status=400, times=3)
        told.world.centra.fail_captures(2)
    elif trouble == "broken off":
        told.world.sitoo.fault("drop_after", operation="POST orders", times=2)
        told.world.centra.fault("error", operation="orders", times=2, status=503)


def _watch_queues(told: OrderStory) -> list[str]:
    """Every body that is ever sent or parked."""
    seen: list[str] = []
    queues: Any = told.world.queues
    for name in ("send", "park"):
        whole = getattr(queues, name)

        def watched(*args: Any, _whole: Any = whole, **kwargs: Any) -> Any:
            seen.append(repr((args, kwargs)))
            return _whole(*args, **kwargs)

        setattr(queues, name, watched)
    return seen


def _tables(told: OrderStory) -> Iterator[str]:
    world = told.world
    for table in (world.files, world.links, world.levels, world.cases, world.cursors, world.leases, world.ledger, world.sku_map, world.budget_store):
        yield repr(vars(table) if hasattr(table, "__dict__") else [getattr(table, name, None) for name in getattr(type(table), "__slots__", ())])
