"""The order side of the Sitoo client against the sandbox: whole orders, copies, deliveries, and writes that break off."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from connector.domain.configuration import Lane
from connector.sitoo.errors import Refused, Throttled, Uncertain
from connector.sitoo.order_models import CANCELLED, CLOSED, OPEN, PICKUP_REJECTED, READY_FOR_PICKUP
from tests.sandbox.connected_sitoo import START, SitooWorld

LOST_AFTER = ("drop_after", "error_after")
LOST_BEFORE = ("drop_before", "error")


@pytest.fixture
def world() -> SitooWorld:
    made = SitooWorld()
    made.state.receive(1, {"TEE-S": 5, "TEE-M": 5, "TEE-L": 5})
    made.state.receive(2, {"TEE-S": 5})
    return made


def copy(external_id: str = "C104233-W11-R1", **changes: Any) -> dict[str, Any]:
    """The copy of a web order: two rows of goods with a discount, and the freight as a row without SKU."""
    rows = [
        {"productname": "Tee / S", "sku": "TEE-S", "quantity": 2, "moneyrowprice": "250.00", "moneyrowdiscount": "50.01", "vatvalue": Decimal(25)},
        {"productname": "Tee / M", "sku": "TEE-M", "quantity": 1, "moneyrowprice": "99.90", "vatvalue": Decimal("12.5")},
        {"productname": "Freight", "quantity": 1, "moneyrowprice": "49.00", "vatvalue": Decimal(25), "additionaldata": {"web-itemid": "freight"}},
    ]
    return {
        "ordertypeid": 10,
        "paymentstateid": 20,
        "externalid": external_id,
        "warehouseid": 1,
        "datereserved": int(START) + 1000,
        "email": "ada@example.test",
        "namefirst": "Ada",
        "additionaldata": {"centra-order": "104233", "weborder": "true"},
        "orderitems": rows,
        "payments": [{"name": "Web", "moneyamount": "348.89"}],
        **changes,
    }


def test_a_copy_is_posted_and_read_back_to_the_cent(world: SitooWorld) -> None:
    number = world.orders.post_order(copy())
    (order,) = world.orders.whole_orders(external_ids=["C104233-W11-R1", "C104233-W11-R2"])
    assert (order.id, order.type, order.state, order.payment_state, order.warehouse_id) == (number, 10, OPEN, 20, 1)
    assert (order.total, order.currency, order.register, order.reserved_until) == (Decimal("348.89"), "SEK", "", START + 1000)
    assert sum((row.gross for row in order.rows), Decimal(0)) == order.total
    assert [(row.row, row.sku, row.quantity, row.gross, row.vat_percent) for row in order.rows] == [
        (0, "TEE-S", 2, Decimal("199.99"), Decimal(25)),
        (1, "TEE-M", 1, Decimal("99.90"), Decimal("12.5")),
        (2, "", 1, Decimal("49.00"), Decimal(25)),
    ]
    assert order.rows[2].marks == {"web-itemid": "freight"}
    assert [(tender.name, tender.amount, tender.virtual) for tender in order.payments] == [("Web", Decimal("348.89"), False)]
    assert order.marks == {"centra-order": "104233", "weborder": "true"}
    assert "ada" not in repr(order).lower()


@pytest.mark.parametrize("honoured", [True, False])
def test_a_single_order_comes_with_its_log_and_without_the_customer(world: SitooWorld, honoured: bool) -> None:
    world.state.modes(single_order_fields=honoured)
    number = world.orders.post_order(copy())
    world.clock.sleep(60)
    world.state.ready_for_pickup(number)
    world.clock.sleep(60)
    world.state.pickup_rejected(number)
    order = world.orders.whole_order(number)
    assert order is not None
    assert [kind for _, kind in order.log] == [0, READY_FOR_PICKUP, PICKUP_REJECTED]
    assert order.log[-1][0] - order.log[1][0] == 60
    assert "ada" not in repr(order).lower()
    assert world.orders.whole_orders(ids=[number])[0].log == ()
    assert world.orders.whole_order(424242) is None


@pytest.mark.parametrize("max_num", [1000, 3])
def test_orders_are_followed_by_id_over_small_pages(world: SitooWorld, max_num: int) -> None:
    world.state.modes(max_num=max_num)
    numbers = [world.orders.post_order(copy(f"C{n}-W11-R1")) for n in range(8)]
    found, everything = world.orders.orders_from(numbers[0])
    assert ([order.id for order in found], everything) == (numbers, True)
    found, everything = world.orders.orders_from(numbers[2], limit=4)
    assert ([order.id for order in found], everything) == (numbers[2:6], False)
    assert world.orders.orders_from(numbers[-1] + 1) == ([], True)
    assert (world.orders.ids_from(numbers[1]), world.orders.ids_from(numbers[2], limit=4)) == (numbers[1:], numbers[2:6])
    assert world.orders.ids_from(numbers[-1] + 1) == []
    assert [order.id for order in world.orders.whole_orders(ids=[*numbers, 424242], external_ids=["C3-W11-R1"])] == numbers


def test_refunds_of_an_order_are_found_by_it(world: SitooWorld) -> None:
    sale = world.state.sell(1, {"TEE-S": 2, "TEE-M": 1})["order_id"]
    assert sale is not None
    first = world.state.refund(sale, {0: 1})["order_id"]
    second = world.state.refund(sale, {1: 1}, warehouse=2)["order_id"]
    world.state.refund(warehouse=1, skus={"TEE-L": 1})
    refunds = world.orders.whole_orders(credit_of=sale)
    assert [(r.id, r.credit_of, r.warehouse_id, r.state) for r in refunds] == [(first, sale, 1, CLOSED), (second, sale, 2, CLOSED)]
    assert [(row.quantity, row.gross, row.marks["pos-originalsales-orderitemid"]) for row in refunds[0].rows] == [(-1, Decimal("-100.00"), "0")]
    assert refunds[0].register
    manual = world.orders.orders_from(refunds[-1].id + 1)[0]
    assert [(order.credit_of, order.total) for order in manual] == [(None, Decimal("-100.00"))]


def test_a_reservation_is_renewed_and_an_order_cancelled(world: SitooWorld) -> None:
    number = world.orders.post_order(copy())
    world.orders.put_order(number, {"datereserved": int(START) + 9000})
    assert world.orders.whole_orders(ids=[number])[0].reserved_until == START + 9000
    world.orders.put_order(number, {"orderstateid": CANCELLED})
    world.orders.put_order(number, {"orderstateid": CANCELLED})
    assert world.orders.whole_orders(ids=[number])[0].state == CANCELLED
    assert world.state.snapshot()[1]["TEE-S"]["reserved"] == 0


@pytest.mark.parametrize("ignore", [False, True])
def test_rows_are_delivered_by_api(world: SitooWorld, ignore: bool) -> None:
    number = world.orders.post_order(copy())
    assert world.orders.handed_out(number) == []
    first = world.orders.post_delivery(number, 2, {0: 1}, reference="TRACK-1", ignore_stock=ignore)
    second = world.orders.post_delivery(number, 1, {0: 1, 1: 1}, reference="", ignore_stock=ignore)
    world.state.cancel_delivery(first)
    assert [(d.id, d.warehouse_id, d.reference, d.cancelled, d.units) for d in world.orders.handed_out(number)] == [
        (first, 2, "TRACK-1", True, {0: 1}),
        (second, 1, "", False, {0: 1, 1: 1}),
    ]
    assert world.state.snapshot()[1]["TEE-S"]["total"] == (5 if ignore else 4)
    with pytest.raises(Refused):
        world.orders.post_delivery(number, 1, {0: 2}, reference="", ignore_stock=ignore)


@pytest.mark.parametrize("bare", [False, True])
def test_a_transaction_is_booked_and_a_wrong_one_refused(world: SitooWorld, bare: bool) -> None:
    world.state.modes(batch_of_one_bare=bare)
    made = world.orders.post_transaction(1, 10, {"TEE-S": 2}, external_id="REFUND-9", description="Return 9")
    taken = world.orders.post_transaction(1, 20, {"TEE-S": -1, "TEE-M": -1}, external_id="REFUND-10", description="Return 10")
    rows = world.client.transactions(from_id=made, lane=Lane.ORDERS).rows
    assert [(r.id, r.type, r.external_id, dict(r.items)) for r in rows] == [
        (made, 10, "REFUND-9", {"TEE-S": Decimal(2)}),
        (taken, 20, "REFUND-10", {"TEE-M": Decimal(-1), "TEE-S": Decimal(-1)}),
    ]
    with pytest.raises(Refused):
        world.orders.post_transaction(1, 10, {"NONE": 1}, external_id="REFUND-11", description="")
    with pytest.raises(Refused):
        world.orders.post_transaction(9, 10, {"TEE-S": 1}, external_id="REFUND-11", description="")


def post_order(world: SitooWorld) -> object:
    return world.orders.post_order(copy())


def put_order(world: SitooWorld) -> object:
    world.orders.put_order(1001, {"datereserved": int(START) + 9000})
    return None


def post_delivery(world: SitooWorld) -> object:
    return world.orders.post_delivery(1001, 1, {0: 1}, reference="T", ignore_stock=False)


def post_transaction(world: SitooWorld) -> object:
    return world.orders.post_transaction(1, 10, {"TEE-S": 1}, external_id="REFUND-9", description="")


def orders_there(world: SitooWorld) -> bool:
    return bool(world.orders.whole_orders(external_ids=["C104233-W11-R1"]))


def reservation_moved(world: SitooWorld) -> bool:
    return world.orders.whole_orders(ids=[1001])[0].reserved_until == START + 9000


def delivery_there(world: SitooWorld) -> bool:
    return bool(world.orders.handed_out(1001))


def transaction_there(world: SitooWorld) -> bool:
    return any(row.external_id == "REFUND-9" for row in world.client.transactions(from_id=1, lane=Lane.ORDERS).rows)


WRITES: list[tuple[Callable[[SitooWorld], object], Callable[[SitooWorld], bool]]] = [
    (post_order, orders_there),
    (put_order, reservation_moved),
    (post_delivery, delivery_there),
    (post_transaction, transaction_there),
]


def prepared(world: SitooWorld, write: Callable[[SitooWorld], object]) -> None:
    if write in (put_order, post_delivery):
        world.orders.post_order(copy("C1-W11-R1"))


@pytest.mark.parametrize(("write", "committed"), WRITES)
@pytest.mark.parametrize("kind", [*LOST_AFTER, *LOST_BEFORE])
def test_a_write_that_breaks_off_is_uncertain_and_looking_tells(
    world: SitooWorld, kind: str, write: Callable[[SitooWorld], object], committed: Callable[[SitooWorld], bool]
) -> None:
    prepared(world, write)
    world.state.fault(kind=kind)
    with pytest.raises(Uncertain):
        write(world)
    assert committed(world) is (kind in LOST_AFTER)


@pytest.mark.parametrize(("write", "committed"), WRITES)
def test_a_throttled_write_was_not_made_and_nobody_calls_meanwhile(
    world: SitooWorld, write: Callable[[SitooWorld], object], committed: Callable[[SitooWorld], bool]
) -> None:
    prepared(world, write)
    world.state.fault(kind="throttle", retry_after=2.0)
    with pytest.raises(Throttled) as throttled:
        write(world)
    assert committed(world) is False
    assert world.clock.now() >= throttled.value.until


@pytest.mark.parametrize("refused", [True, False])
def test_repeating_a_post_blindly_may_make_a_second_order(world: SitooWorld, refused: bool) -> None:
    world.state.modes(refuse_duplicate_externalid=refused)
    world.state.fault(kind="drop_after")
    with pytest.raises(Uncertain):
        world.orders.post_order(copy())
    if refused:
        with pytest.raises(Refused):
            world.orders.post_order(copy())
    else:
        world.orders.post_order(copy())
    assert len(world.orders.whole_orders(external_ids=["C104233-W11-R1"])) == (1 if refused else 2)


def test_a_wrong_order_is_refused_whole(world: SitooWorld) -> None:
    with pytest.raises(Refused) as refused:
        world.orders.post_order(copy(payments=[{"name": "Web", "moneyamount": "348.9"}]))
    assert refused.value.status == 400
    assert world.orders.orders_from(1) == ([], True)
