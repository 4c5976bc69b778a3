"""Webhooks and events that are lost, doubled, late or in the wrong order change latency, never the result; broken calls are looked up."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.order_story import OrderStory
from sandbox.sitoo.records import CLOSED
from tests.flows.order_steps import Calls, in_step, on_hand, story


@pytest.mark.parametrize(
    "modes",
    [
        {},
        {"range_from_inclusive": False},
        {"order_updated_by_shipment": False, "order_updated_by_allocation": False, "order_updated_by_payment": False},
        {"order_line_allocations": "all"},
        {"validation_status": 200, "error_path": "none", "retry_after": "missing"},
    ],
    ids=["likeliest", "from exclusive", "updatedAt of lines only", "all allocations", "other errors"],
)
def test_a_lost_webhook_is_found_within_two_minutes(modes: dict[str, Any]) -> None:
    with story() as told:
        told.world.centra.modes(**modes)
        told.run(200.0)
        told.world.centra.webhook_faults(lose=10)
        number = told.order([("TEE-S", 1)], [11])
        told.run(120.0)
        assert told.held(number, 11) == {"TEE-S": 1}
        told.hand_out(number)
        told.run(130.0)
        assert told.shipped_from(number, 11) == {"TEE-S": 1}
        in_step(told)


@pytest.mark.parametrize("updated", [True, False])
def test_a_lost_shipment_webhook_is_found_whatever_moves_the_orders_time(updated: bool) -> None:
    with story() as told:
        told.world.centra.modes(order_updated_by_shipment=updated)
        number = told.order([("TEE-S", 1)], [11])
        told.run(200.0)
        told.world.centra.webhook_faults(lose=10)
        told.world.centra.ship(number)
        told.run(120.0)
        (copy,) = told.copies(number)
        assert (copy.state, copy.delivered()) == (CLOSED, True)
        in_step(told)


@pytest.mark.parametrize("part", [None, {0: 1}], ids=["all", "part"])
def test_a_lost_sitoo_event_is_found_within_two_minutes(part: dict[int, int] | None) -> None:
    with story() as told:
        number = told.order([("TEE-S", 2)], [11])
        told.run(70.0)
        told.world.sitoo.lose_events(10)
        told.hand_out(number, part)
        told.run(120.0)
        assert told.shipped_from(number, 11) == told.delivered(number, 11) == {"TEE-S": 2 if part is None else 1}
        in_step(told)


def test_a_lost_mark_is_found_within_two_minutes() -> None:
    with story() as told:
        number = told.order([("TEE-S", 1)], [11])
        told.run(70.0)
        told.world.sitoo.lose_events(10)
        told.world.sitoo.ready_for_pickup(told.copy(number).orderid)
        told.run(120.0)
        assert [e.what for e in told.world.bus.facts()] == ["order.ready_for_pickup"]


@pytest.mark.parametrize("how", ["double", "swap"])
def test_doubled_and_swapped_webhooks_make_one_copy(how: str) -> None:
    with story() as told:
        told.world.centra.webhook_faults(**{how: 10})
        calls = Calls(told)
        number = told.order([("TEE-S", 1)], [11])
        told.world.centra.comment(number, internal_comment="seen")
        told.run(130.0)
        assert len(told.copies(number, live=False)) == 1
        assert calls.sitoo()["POST orders"] == 1


@pytest.mark.parametrize("how", ["double_events", "reorder_events"])
def test_doubled_and_swapped_events_make_one_shipment_each(how: str) -> None:
    with story() as told:
        number = told.order([("TEE-S", 2)], [11])
        told.run(5.0)
        getattr(told.world.sitoo, how)(10)
        told.hand_out(number, {0: 1})
        told.hand_out(number)
        told.run(130.0)
        assert len(told.state(number)["shipments"]) == 2
        assert told.state(number)["psp"]["captured"] == 20_000
        in_step(told)


@pytest.mark.parametrize("duplicates", [True, False], ids=["externalid is unique", "externalid may repeat"])
@pytest.mark.parametrize("kind", ["drop_after", "error_after", "drop_before", "error"])
def test_a_post_that_broke_off_makes_one_copy(kind: str, duplicates: bool) -> None:
    with story() as told:
        told.world.sitoo.modes(refuse_duplicate_externalid=duplicates)
        told.world.sitoo.fault(kind, operation="POST orders")
        number = told.order([("TEE-S", 1)], [11])
        told.run(200.0)
        assert len(told.copies(number, live=False)) == 1
        assert on_hand(told, 101, "TEE-S") == (5, 1)
        assert told.problems() == {}
        in_step(told)


def test_an_order_that_lists_show_late_is_not_posted_twice() -> None:
    with story() as told:
        told.world.sitoo.modes(order_read_lag=20.0)
        told.world.sitoo.fault("drop_after", operation="POST orders")
        calls = Calls(told)
        number = told.order([("TEE-S", 1)], [11])
        told.run(200.0)
        assert len(told.copies(number, live=False)) == 1
        assert calls.sitoo()["POST orders"] == 1
        assert told.problems() == {}
        in_step(told)


def test_an_order_cancelled_while_its_post_was_uncertain_leaves_nothing_behind() -> None:
    with story() as told:
        told.world.sitoo.modes(order_read_lag=20.0)
        told.world.sitoo.fault("drop_after", operation="POST orders")
        number = told.order([("TEE-S", 1)], [11])
        told.run(1.0)
        told.world.centra.cancel_lines(number)
        told.run(200.0)
        assert told.copies(number) == []
        assert len(told.copies(number, live=False)) == 1, "it was found, and taken back"
        assert on_hand(told, 101, "TEE-S") == (5, 0)
        assert told.problems() == {}
        in_step(told)


@pytest.mark.parametrize("kind", ["error", "drop_before", "throttle"])
def test_a_vendor_that_is_down_for_minutes_delays_orders_and_loses_none(kind: str) -> None:
    with story() as told:
        until = told.world.clock.now() + 300.0
        told.world.centra.fault(kind, times=None, until=until, status=503)
        told.world.sitoo.fault(kind, times=None, until=until, status=503)
        numbers = [told.order([(sku, 1)], [11]) for sku in ("TEE-S", "TEE-M", "CAP")]
        told.run(310.0)
        assert not any(told.copies(n) for n in numbers)
        told.run(700.0)
        assert [len(told.copies(n)) for n in numbers] == [1, 1, 1]
        in_step(told)


def test_nothing_is_written_when_nothing_happens() -> None:
    with story() as told:
        _a_day_of_orders(told)
        told.run(200.0)
        calls, commits = Calls(told), len(told.world.centra.commits())
        told.run(600.0)
        assert not {name for name in calls.sitoo() if not name.startswith("GET")}
        assert "mutations" not in calls.centra()
        assert len(told.world.centra.commits()) == commits


def _a_day_of_orders(told: OrderStory) -> None:
    for warehouse in (11, 12, 13):
        told.order([("TEE-S", 1), ("CAP", 1)], [warehouse])
    told.run(10.0)
    told.hand_out(told.orders[0])
    told.world.sitoo.pickup_rejected(told.copy(told.orders[1]).orderid)
    told.world.centra.ship(told.orders[2])
    told.run(10.0)
