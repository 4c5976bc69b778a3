"""What cannot be sent is parked whole, with every reason in one exception; once its cause is fixed and it is redriven, it goes through, once."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import pytest

from connector.domain.exceptions import Kind, Owner, State
from connector.flows.exceptions_desk import Redrive
from connector.store.sku_map import SkuEntry
from sandbox.order_story import SHIP
from sandbox.sitoo.pricing import order_totals
from sandbox.sitoo.records import OrderRow
from sandbox.stock_story import SITE
from tests.flows.order_steps import Calls, case_of, copies_total, redrive, story, with_settings


def test_one_unmapped_line_of_three_parks_the_whole_order_until_it_is_mapped() -> None:
    with story() as told:
        ids = told.world.centra.add_size("NEW-1")
        told.world.centra.put_stock(11, "NEW-1", 5)
        number = told.order([("TEE-S", 1), ("NEW-1", 1), ("CAP", 1)], [11])
        told.run(130.0)
        assert told.copies(number, live=False) == []
        case = case_of(told, Kind.UNMAPPED_SKU, number)
        assert (case.problem.owner, case.state) == (Owner.MERCHANDISING, State.OPEN)
        assert "NEW-1" in case.problem.happened
        assert told.held(number, 11) == {}

        told.world.sitoo.add_product("NEW-1")
        told.world.sitoo.receive(101, {"NEW-1": 5})
        told.world.sku_map.put_many(SITE, [SkuEntry("NEW-1", ids["size_id"], ids["product_id"], ids["variant_id"], "NEW-1")])
        assert redrive(told, Kind.UNMAPPED_SKU, number) is Redrive.SENT
        assert told.held(number, 11) == {"TEE-S": 1, "NEW-1": 1, "CAP": 1}
        assert case_of(told, Kind.UNMAPPED_SKU, number).state is State.RESOLVED
        assert copies_total(told, number) == told.state(number)["grand_total"]

        calls = Calls(told)
        assert redrive(told, Kind.UNMAPPED_SKU, number) is Redrive.NOT_OPEN
        assert len(told.copies(number, live=False)) == 1
        assert calls.sitoo().get("POST orders", 0) == 0


def test_every_reason_stands_in_one_exception() -> None:
    with story() as told:
        told.world.centra.add_size("NEW-1")
        told.world.centra.put_stock(11, "NEW-1", 5)
        number = told.order([("TEE-S", 1), ("NEW-1", 1)], [11], option="By drone")
        told.run(130.0)
        (found,) = [case for case in told.world.cases.list() if case.problem.entity == f"order/{number}"]
        assert (found.problem.kind, found.problem.owner) == (Kind.INCOMPLETE_ORDER, Owner.CUSTOMER_SERVICE)
        assert "NEW-1" in found.problem.happened
        assert "By drone" in found.problem.happened
        assert told.copies(number, live=False) == []


def test_a_missing_courier_parks_an_order_that_is_to_be_sent() -> None:
    settings = with_settings()
    bare = tuple(m if m.option != SHIP else type(m)(m.option, m.fulfilment) for m in settings.shipping_methods)
    with story(settings=with_settings(shipping_methods=bare)) as told:
        number = told.order([("TEE-S", 1)], [11], option=SHIP)
        told.run(5.0)
        assert told.copies(number, live=False) == []
        (kind,) = [kind for kind, entities in told.problems().items() if f"order/{number}" in entities]
        case = case_of(told, Kind(kind), number)
        assert "courier" in str(case.problem.evidence["missing"]).lower()


def test_an_incomplete_address_is_completed_and_redriven() -> None:
    with story() as told:
        number = told.order([("TEE-S", 1)], [11], option=SHIP, address={"zipCode": "", "city": ""})
        told.run(5.0)
        assert told.copies(number, live=False) == []
        case = case_of(told, Kind.INCOMPLETE_ORDER, number)
        assert case.problem.owner is Owner.CUSTOMER_SERVICE
        told.world.centra.edit_address(number, zipCode="111 22", city="Stockholm")
        told.run(5.0)
        assert told.copy(number).written["delivery_city"] == "Stockholm"
        assert case_of(told, Kind.INCOMPLETE_ORDER, number).state is State.RESOLVED
        assert redrive(told, Kind.INCOMPLETE_ORDER, number) is Redrive.NOT_OPEN
        assert len(told.copies(number, live=False)) == 1


def test_an_amount_that_sitoo_cannot_express_is_for_finance() -> None:
    with story() as told:
        number = told.order([{"sku": "TEE-S", "units": 1, "price": 12_345}], [11], currency="KWD")
        told.run(5.0)
        assert told.copies(number, live=False) == []
        assert case_of(told, Kind.UNSUPPORTED_AMOUNT, number).problem.owner is Owner.FINANCE


def test_a_copy_that_comes_to_another_total_is_taken_back_and_parked(monkeypatch: pytest.MonkeyPatch) -> None:
    with story() as told:
        _sitoo_adds(monkeypatch, "0.01")
        number = told.order([("TEE-S", 2)], [11])
        told.run(130.0)
        assert told.copies(number) == []
        (cancelled,) = told.copies(number, live=False)
        assert told.world.sitoo.snapshot()[101]["TEE-S"] == {"total": 5, "reserved": 0}
        case = case_of(told, Kind.TOTAL_MISMATCH, number)
        assert case.problem.owner is Owner.FINANCE
        assert (case.problem.evidence["sitoo_total"], case.problem.evidence["centra_cents"]) == ("200.01", 20_000)

        monkeypatch.undo()
        assert redrive(told, Kind.TOTAL_MISMATCH, number) is Redrive.SENT
        assert told.copy(number).externalid == f"C{number}-W11-R2" != cancelled.externalid
        assert copies_total(told, number) == 20_000
        assert case_of(told, Kind.TOTAL_MISMATCH, number).state is State.RESOLVED


def test_a_refusal_by_sitoo_is_told_without_the_customers_words() -> None:
    with story() as told:
        told.world.sitoo.fault("error", operation="POST orders", status=400, times=1)
        number = told.order([("TEE-S", 1)], [11])
        told.run(5.0)
        case = case_of(told, Kind.VENDOR_REFUSED, number)
        assert case.problem.owner is Owner.ENGINEERING
        assert "Berg" not in case.problem.happened
        assert redrive(told, Kind.VENDOR_REFUSED, number) is Redrive.SENT
        assert told.held(number, 11) == {"TEE-S": 1}
        assert case_of(told, Kind.VENDOR_REFUSED, number).state is State.RESOLVED


def _sitoo_adds(monkeypatch: pytest.MonkeyPatch, amount: str) -> None:
    """Sitoo rounds otherwise: each order it shows is worth a little more than its rows were sent as."""

    def more(rows: Iterable[OrderRow]) -> tuple[Decimal, Decimal]:
        net, vat = order_totals(rows)
        return net, vat + Decimal(amount)

    monkeypatch.setattr("sandbox.sitoo.order_shapes.order_totals", more)
