"""Whatever the vendors leave open about orders: each plausible answer leads to the same end in both systems."""

from __future__ import annotations

from typing import Any

import pytest

from connector.domain.exceptions import Kind
from sandbox.centra.modes import choices
from sandbox.order_story import SHIP, OrderStory
from sandbox.sitoo.records import CLOSED
from tests.flows.order_steps import copies_total, in_step, story

CENTRA = (
    "below_allocated",
    "set_stock_atomic",
    "shipments_make_stock_changes",
    "order_updated_by_shipment",
    "order_updated_by_allocation",
    "order_updated_by_payment",
    "range_from_inclusive",
    "order_line_allocations",
    "stock_rows",
    "allocate_demand",
    "including_tax_adds",
    "order_tax_holds_shipping",
    "discount_sign",
    "complete_unpaid",
    "held_orders_ship",
    "shipment_fees",
    "duplicate_external_id",
    "cancel_keeps_authorisation",
    "validation_status",
)
SITOO: tuple[tuple[str, Any], ...] = (
    ("refuse_duplicate_externalid", False),
    ("single_order_fields", False),
    ("order_read_lag", 5.0),
    ("put_merges_additionaldata", True),
    ("cancel_delivered", False),
    ("closed_delivers", False),
    ("full_delivery_closes", True),
    ("closed_as_type", True),
    ("reservation_moves_date", True),
    ("undated_orders_reserve", True),
    ("available_ignores_reserved", True),
    ("older_status_rule", True),
    ("transaction_events", False),
    ("transaction_event_ids", False),
    ("max_num", 2),
)


@pytest.mark.parametrize(("name", "value"), [(name, value) for name in CENTRA for value in choices()[name][1:]])
def test_centra_may_answer_otherwise(name: str, value: Any) -> None:
    with story() as told:
        told.world.centra.modes(**{name: value})
        _everything_happens(told)


@pytest.mark.parametrize(("name", "value"), SITOO)
def test_sitoo_may_answer_otherwise(name: str, value: Any) -> None:
    with story() as told:
        told.world.sitoo.modes(**{name: value})
        _everything_happens(told)


def _everything_happens(told: OrderStory) -> None:
    handed, moved, sent, split = (
        told.order([("TEE-S", 2), ("CAP", 1)], [11], shipping_fee=4_900, voucher={"code": "V", "amount": 1_001}),
        told.order([("TEE-M", 1)], [12]),
        told.order([("CAP", 1)], [13], option=SHIP),
        told.order([("TEE-M", 6)], [11, 12], option=SHIP, tax_kind="added"),
    )
    told.run(20.0)
    for number in told.orders:
        assert copies_total(told, number) == told.state(number)["grand_total"]
    told.hand_out(handed, {0: 1})
    told.world.sitoo.pickup_rejected(told.copy(moved).orderid)
    told.world.centra.ship(sent)
    told.world.centra.cancel_lines(split, [("TEE-M", 1)])
    told.run(30.0)
    told.hand_out(handed)
    told.run(250.0)

    state = told.state(handed)
    assert [s["shipped_at"] is not None for s in state["shipments"]] == [True, True]
    assert state["psp"]["captured"] == state["grand_total"] == 33_899
    assert told.held(moved, 12) == {}
    assert sum(sum(told.held(moved, w).values()) for w in (11, 13)) == 1
    assert [(copy.state, copy.delivered()) for copy in told.copies(sent)] == [(CLOSED, True)]
    assert len(told.state(sent)["shipments"]) == 1
    owed = {w: told.allocated_at(split, w) for w in (11, 12)}
    assert {w: told.held(split, w) for w in (11, 12)} == owed
    assert sum(sum(units.values()) for units in owed.values()) == 5
    assert told.problems() == {Kind.FULFILMENT_REJECTED.value: [f"order/{moved}/warehouse/12"]}
    in_step(told)
