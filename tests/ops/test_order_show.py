"""`ops order show`: the whole story of an order, and nothing about people."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from connector.domain.exceptions import Kind, Owner, Problem
from connector.runtime.parking import park
from connector.runtime.queues import Work
from connector.sitoo.order_models import HandedOut, TenderOfOrder
from connector.store.order_files import Copy, CopyRow, CopyState, OrderFile, Purpose, Returning, Shipping, ShippingState
from connector.store.sku_map import SkuEntry
from ops.connection import Refusal
from ops.order_view import duration
from tests.ops.told_orders import AT, PRIVATE, Told, centra_order, centra_return, sitoo_order
from tests.ops.world import GOTHENBURG, MAPPING, STOCKHOLM, World, make_world

PICK_UP = "orders: {shipping_methods: [{option: Pick up, fulfilment: pick_up}]}\n"
COPY = Copy(
    site=1,
    warehouse=STOCKHOLM,
    revision=1,
    purpose=Purpose.FULFIL,
    external_id="C104233-W11-R1",
    state=CopyState.OPEN,
    claimed_at=AT,
    rows=(CopyRow(0, 501, "TEE-M", 2),),
    total=49_800,
    sitoo_order_id=991,
    ready_at=AT + 600,
    reminded_at=AT + 900,
)


@pytest.fixture
def told(tmp_path: Path) -> Told:
    return Told(make_world(tmp_path))


def test_an_order_that_nobody_knows(told: Told) -> None:
    with pytest.raises(Refusal, match="knows an order 7"):
        told.ops("show", 7)


def test_what_centra_holds_now(told: Told) -> None:
    told.centra.known[104233] = centra_order(on_hold=True, hold_reason="WAITING_FOR_FRAUD_CHECK")
    text = told.ops("show")
    for words in (
        "Order 104233: nothing is known about it here",
        "The connector has not worked on it yet.",
        "PROCESSING, on hold WAITING_FOR_FRAUD_CHECK (direct to consumer)",
        "598.00 SEK",
        "Hämta [i butik]",
        "AUTH SUCCESS 598.00 SEK",
        "501 TEE-M 2 1 2 Stockholm (to be confirmed) 0 498.00 SEK",
        "502 CAP 1 0 – 1 100.00 SEK",
        "104233-1 (id 42) sitoo-delivery-9 captured, shipped",
        "1 of line 502 (1 returned) PostNord TRACK1",
    ):
        assert words in text, words


def test_an_order_without_a_file_is_looked_for_in_sitoo_by_the_names_it_would_have(told: Told) -> None:
    told.centra.known[104233] = centra_order()
    told.sitoo.known = [sitoo_order()]
    text = told.ops("show")
    assert "991 (C104233-W11-R1): open, registered on warehouse 3" in text
    assert "the connector's file does not know this copy" in text
    assert set(told.sitoo.asked) == {f"C104233-W{warehouse}-R{n}" for warehouse in (STOCKHOLM, GOTHENBURG) for n in (1, 2, 3)}


def test_the_copy_in_sitoo_with_what_was_handed_out_and_refunded(told: Told) -> None:
    told.conn.files.put(OrderFile(104233, 1).with_copy(COPY))
    told.centra.known[104233] = centra_order()
    refund = sitoo_order(
        992,
        "",
        credit_of=991,
        payments=(TenderOfOrder("Card", -sitoo_order().total, virtual=False), TenderOfOrder("X", sitoo_order().total, virtual=True)),
    )
    told.sitoo.known = [sitoo_order(), refund]
    told.sitoo.deliveries = [HandedOut(71, 991, 3, AT, "ref", False, {0: 1}), HandedOut(72, 991, 3, AT, "", True, {0: 2})]
    text = told.ops("show")
    for words in (
        "C104233-W11-R1, to be fulfilled, Stockholm: in the store",
        "991 (C104233-W11-R1): open",
        "498.00 SEK",
        "reserved until",
        "ready for pick-up",
        "customer reminded",
        "2 × TEE-M, 498.00 SEK",
        "delivery 71",
        "1 of row 0",
        "cancelled,",
        "refund 992",
        "Card -498.00, X 498.00 (virtual) SEK",
    ):
        assert words in text, words


def test_a_copy_that_sitoo_does_not_have(told: Told) -> None:
    told.conn.files.put(OrderFile(104233, 1).with_copy(replace(COPY, state=CopyState.CLAIMED, sitoo_order_id=None)))
    text = told.ops("show")
    assert "Centra has no such order" in text
    assert "about to be posted, or not known to have arrived" in text
    assert "Sitoo has none" in text


def test_what_was_done_with_times_and_what_is_waited_for(told: Told) -> None:
    now = told.conn.clock.now()
    file = OrderFile(104233, 1, decision="Stockholm: pick up", awaiting="the store", look_at=now + 90, troubles=3, excluded=frozenset({GOTHENBURG}))
    file = file.with_step(AT, "sent to the store", ms=820, note="Sitoo order 991").with_step(AT + 7, "ready for pick-up")
    told.conn.files.put(file)
    text = told.ops("show")
    for words in (
        "Decided: Stockholm: pick up",
        "Waits for: the store",
        "Looked at again in 2 min",
        "The last 3 tries failed.",
        "Not to be sent again to: Gothenburg",
        "sent to the store 820 ms Sitoo order 991",
        "+7.0 s ready for pick-up",
    ):
        assert words in text, words


def test_what_is_on_its_way_between_the_systems(told: Told) -> None:
    file = OrderFile(104233, 1)
    file = file.with_shipping(Shipping(71, STOCKHOLM, ShippingState.CAPTURE_FAILED, {501: 2}, "sitoo-delivery-71", AT, shipment_id=43))
    file = file.with_returning(Returning("r1", True, "created", 992, 43, {601: 1}, 10_000, AT, 77))
    file = file.with_returning(Returning("r2", False, "claimed", None, 43, {601: 1}, 0, AT, 78))
    told.conn.files.put(file)
    text = told.ops("show")
    assert "delivery 71 → shipment 43: 2 of line 501 the capture failed: waits for people" in text
    assert "Sitoo refund 992 → Centra return 77 created" in text
    assert "Centra return 78 → a Sitoo refund claimed" in text


def test_the_story_of_a_return(told: Told) -> None:
    told.centra.known[104233], told.centra.returns = centra_order(), [centra_return()]
    text = told.ops("show")
    assert "77 (shipment 42) sitoo-refund-992-42 COMPLETED" in text
    assert "removed from stock" in text
    assert "REFUND SUCCESS 100.00 SEK" in text


def test_what_is_parked_is_told_first_with_what_to_do(told: Told) -> None:
    told.centra.known[104233] = centra_order()
    conn = told.conn
    for entity, todo in (("order/104233", "Add the courier."), ("order/104233/refund/992", "Ask the store."), ("order/1042330", "Another order's.")):
        problem = Problem(Kind.INCOMPLETE_ORDER, entity, Owner.CUSTOMER_SERVICE, "It lacks something.", todo, {})
        park(conn.queues, conn.cases, problem, Work.ORDERS, "{}", conn.clock, "sync_order")
    text = told.ops("show")
    assert "Order 104233: parked: INCOMPLETE_ORDER" in text
    assert "Add the courier." in text
    assert "Ask the store." in text
    assert "Another order's." not in text


def test_nothing_about_people_is_shown(told: Told) -> None:
    told.centra.known[104233], told.centra.returns = centra_order(), [centra_return()]
    told.sitoo.known = [sitoo_order()]
    told.conn.files.put(OrderFile(104233, 1).with_copy(COPY))
    text = told.ops("show")
    assert "104233" in text
    assert [value for value in PRIVATE if value in text] == []


def test_a_finished_order(told: Told) -> None:
    told.centra.known[104233] = centra_order(status="SHIPPED")
    told.conn.files.put(OrderFile(104233, 1, is_open=False, decision="everything has been shipped"))
    text = told.ops("show")
    assert "Order 104233: nothing is left to do" in text
    assert "Waits for nothing." in text
    assert "Looked at again" not in text


@pytest.mark.parametrize(
    ("ms", "text"), [(0, "0 ms"), (999, "999 ms"), (4_200, "4.2 s"), (420_000, "7 min"), (18_000_000, "5 h"), (259_200_000, "3 d")]
)
def test_durations_in_units_people_use(ms: float, text: str) -> None:
    assert duration(ms) == text


def test_on_both_sandboxes(world: World) -> None:
    """The same through the real clients, from the command line."""
    world.apply(MAPPING + PICK_UP)
    rehearsal = world.rehearsal
    size = rehearsal.centra.add_size("TEE-M")
    rehearsal.sitoo.add_product("TEE-M")
    rehearsal.sku_map.put_many(1, [SkuEntry("TEE-M", size["size_id"], size["product_id"], size["variant_id"], "TEE-M")])
    rehearsal.centra.put_stock(STOCKHOLM, "TEE-M", 5)
    greeting = "Grattis på födelsedagen"
    order = rehearsal.centra.place_order(
        [("TEE-M", 2)], [STOCKHOLM], shipping_option="Pick up", email="anna-7731@example.com", other_comment=greeting
    )
    number = order["number"]
    checked = world.ops("order", "check", str(number))
    assert "Stockholm: would be sent" in checked
    copy = rehearsal.sitoo.create_web_order(f"C{number}-W{STOCKHOLM}-R1", 3, {"TEE-M": 2})
    shown = world.ops("order", "show", str(number))
    assert f"{copy} (C{number}-W{STOCKHOLM}-R1): open" in shown
    assert "TEE-M" in shown
    assert [private for private in ("anna-7731", greeting) if private in shown + checked] == []
    assert "knows an order 7" in world.ops("order", "show", "7", exit_code=1)
