"""`ops order check`: what would be done with an order, everything it lacks, what Sitoo would get; nothing is written, nobody is named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from connector.centra.order_models import Address, LineOfShipment, OrderAmounts, ShipmentOfOrder
from connector.mapping.order_copy import CopyDraft, draft_copy
from connector.mapping.order_decision import decide
from connector.store.order_files import Copy, CopyRow, CopyState, OrderFile, Purpose
from connector.store.sku_map import SkuEntry
from ops.connection import Refusal
from tests.ops.told_orders import AT, PERSON, PRIVATE, Told, centra_order
from tests.ops.world import GOTHENBURG, MAPPING, STOCKHOLM, make_world

PICK_UP = "orders: {shipping_methods: [{option: pickup, fulfilment: pick_up}]}\n"
SHIP = "orders: {shipping_methods: [{option: pickup, fulfilment: ship_from_store, carrier: PostNord}]}\n"
TEE = centra_order().lines[0]
PLAIN = centra_order(
    lines=(replace(TEE, allocations=(replace(TEE.allocations[0], waiting=False),)),),
    shipments=(),
    grand_total=49_800,
    amounts=OrderAmounts(49_800, 0, 0, 0, 0, 0, 9_960),
)
"""Two tees that Stockholm owes."""


def prepared(folder: Path, orders: str) -> Told:
    told = Told(make_world(folder), MAPPING + orders)
    told.world.connection.sku_map.put_many(1, [SkuEntry("TEE-M", 71, 7, 7, "TEE-M"), SkuEntry("CAP", 72, 7, 7, "CAP")])
    told.centra.known[104233] = PLAIN
    return told


@pytest.fixture
def told(tmp_path: Path) -> Told:
    return prepared(tmp_path, PICK_UP)


def draft(told: Told) -> CopyDraft:
    """The copy that the flow would post."""
    current = told.conn.mappings.current()
    assert current is not None
    mapping, site = current.mapping, current.mapping.sites[0]
    decision = decide(PLAIN, mapping.orders, site)
    made = draft_copy(
        PLAIN,
        store_name="Stockholm",
        sitoo_warehouse=3,
        warehouse=STOCKHOLM,
        units=decision.fulfil[STOCKHOLM],
        fulfilment=decision.fulfilment,
        settings=mapping.orders,
        skus={71: "TEE-M", 72: "CAP"},
        purpose=Purpose.FULFIL,
        stores=[STOCKHOLM, GOTHENBURG],
    )
    assert isinstance(made, CopyDraft)
    return made


def copied(told: Told, made: CopyDraft, fingerprint: str = "") -> None:
    """The order has this copy in the store already."""
    copy = Copy(1, STOCKHOLM, 1, Purpose.FULFIL, "C104233-W11-R1", CopyState.OPEN, AT, made.rows, made.total, fingerprint or made.fingerprint, 991)
    told.conn.files.put(OrderFile(104233, 1).with_copy(copy))


def test_an_order_that_centra_does_not_have(told: Told) -> None:
    with pytest.raises(Refusal, match="Centra has no order 7"):
        told.ops("check", 7)


def test_an_order_that_would_be_sent_with_what_sitoo_would_get(told: Told) -> None:
    text = told.ops("check")
    for words in ("Site 1: fulfil – Stockholm: pick up", "Stockholm: would be sent", '"sku": "TEE-M"', '"quantity": 2', '"centra-order": "104233"'):
        assert words in text, words
    assert '"moneyamount": "498.00"' in text


@pytest.mark.parametrize("orders", [PICK_UP, SHIP])
def test_nobody_is_named_in_what_sitoo_would_get(tmp_path: Path, orders: str) -> None:
    told = prepared(tmp_path, orders)
    text = told.ops("check")
    assert '"namefirst": "•••"' in text
    assert "would be sent" in text
    assert [value for value in PRIVATE if value in text] == []


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    told = prepared(tmp_path, SHIP)
    told.conn.sku_map.delete_many(1, ["TEE-M"])
    nowhere = replace(PERSON, address1="", zip_code="")
    told.centra.known[104233] = replace(PLAIN, shipping_address=nowhere, billing_address=nowhere)
    text = told.ops("check", exit_code=1)
    assert "nothing would be sent: it would be parked" in text
    for attribute in (" skus ", " address ", " zip_code "):
        assert attribute in text, attribute
    assert [value for value in PRIVATE if value in text] == []


def test_a_shipping_option_that_is_not_mapped(tmp_path: Path) -> None:
    told = prepared(tmp_path, "")
    text = told.ops("check", exit_code=1)
    assert "UNMAPPED_NAME" in text
    assert "shipping_method" in text


def test_an_order_that_waits(told: Told) -> None:
    told.centra.known[104233] = replace(PLAIN, on_hold=True, hold_reason="WAITING_FOR_FRAUD_CHECK")
    text = told.ops("check")
    assert "Site 1: wait – on hold: waiting for the fraud check" in text
    assert "would be sent" not in text


def test_a_store_that_must_confirm_first(told: Told) -> None:
    told.centra.known[104233] = replace(PLAIN, lines=(TEE,))
    assert "Stockholm must confirm the allocation" in told.ops("check")


def test_an_order_that_is_in_sitoo_as_it_should_be(told: Told) -> None:
    copied(told, draft(told))
    assert "Stockholm: is in Sitoo as it should be" in told.ops("check")


def test_an_order_that_changed_since(told: Told) -> None:
    copied(told, draft(told), fingerprint="older")
    assert "its copy would be made anew, unless the store has begun" in told.ops("check")


def test_an_order_that_the_store_no_longer_owes(told: Told) -> None:
    copied(told, draft(told))
    told.centra.known[104233] = replace(PLAIN, lines=tuple(replace(line, allocations=()) for line in PLAIN.lines))
    assert "what it has would be taken back, unless it has begun" in told.ops("check")


def test_nothing_is_written(told: Told) -> None:
    queued = sum(map(len, told.world.rehearsal.queues.waiting.values()))
    told.centra.known[104233] = replace(PLAIN, shipping_address=Address(), billing_address=Address(), email="")
    told.ops("check", exit_code=1)
    assert told.conn.files.get(104233) is None
    assert told.conn.cases.list(state=None) == []
    assert sum(map(len, told.world.rehearsal.queues.waiting.values())) == queued


# --- copies for returns ---------------------------------------------------------------------------------------------

RETURNS = "orders: {shipping_methods: [{option: pickup, fulfilment: pick_up}], return_copies: {make: true, sitoo_warehouse: 2, window_days: 30}}\n"
CENTRAL = 1
DAY = 86_400.0


def shipped_centrally(told: Told, age_days: float = 1.0) -> None:
    placed = told.conn.clock.now() - age_days * DAY
    shipped = ShipmentOfOrder(43, "104233-1", "", True, True, True, placed, "", "", "", (LineOfShipment(602, 501, 2, 0, {CENTRAL: 2}),))
    told.centra.known[104233] = replace(PLAIN, created_at=placed, lines=(replace(TEE, allocations=()),), shipments=(shipped,))


def test_what_a_till_would_get_of_an_order_shipped_centrally(tmp_path: Path) -> None:
    told = prepared(tmp_path, RETURNS)
    shipped_centrally(told)
    text = told.ops("check")
    for words in ("Tills may take back: 2 of line 501", "For returns at tills: would be sent, unless 2000 were today", '"moneyamount": "498.00"'):
        assert words in text, words
    assert [value for value in PRIVATE if value in text] == []


def test_a_copy_for_returns_that_would_be_parked(tmp_path: Path) -> None:
    told = prepared(tmp_path, RETURNS)
    shipped_centrally(told)
    told.conn.sku_map.delete_many(1, ["TEE-M"])
    assert "For returns at tills: nothing would be sent: it would be parked" in told.ops("check", exit_code=1)


def test_a_copy_for_returns_that_is_there_or_no_longer_made(tmp_path: Path) -> None:
    told = prepared(tmp_path, RETURNS)
    shipped_centrally(told, age_days=31.0)
    assert "For returns at tills: nothing would be sent: the order is older than 30 days" in told.ops("check")
    rows = (CopyRow(0, 501, "TEE-M", 2),)
    copy = Copy(1, CENTRAL, 1, Purpose.RETURN, "C104233-W1-R1", CopyState.DONE, AT, rows, 49_800, "f", 992)
    told.conn.files.put(OrderFile(104233, 1).with_copy(copy))
    assert "For returns at tills: is in Sitoo as it should be" in told.ops("check")


def test_no_copy_for_returns_is_spoken_of_where_none_are_made(told: Told) -> None:
    shipped_centrally(told)
    assert "For returns" not in told.ops("check")
