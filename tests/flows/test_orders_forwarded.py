"""Web orders reach their stores complete, once, to the cent, and cheaply."""

from __future__ import annotations

from typing import Any

import pytest

from connector.domain.exceptions import Kind
from connector.domain.order_settings import Capture
from sandbox.order_story import PICK_UP, SHIP
from tests.flows.order_steps import Calls, copies_total, file_of, in_step, on_hand, rows_of, story, with_settings


def test_a_pick_up_has_no_delivery_address_and_reserves_its_units() -> None:
    with story() as told:
        number = told.order([("TEE-S", 2), ("CAP", 1)], [11], option=PICK_UP)
        told.run(5.0)
        copy = told.copy(number)
        assert rows_of(told, number) == [("TEE-S", 2, "200.00"), ("CAP", 1, "100.00")]
        assert (copy.externalid, copy.warehouseid, copy.payment_state) == (f"C{number}-W11-R1", 101, 20)
        assert not [name for name in copy.written if name.startswith("delivery_")]
        assert (copy.written["email"], copy.written["phone"]) == ("alva.berg@example.com", "+46700000001")
        assert copy.additionaldata["centra-order"] == str(number)
        assert copy.reserved_until == pytest.approx(told.world.clock.now() + 14 * 86_400, abs=60)
        assert copy.payments[0]["moneyamount"] == "300.00"
        assert (on_hand(told, 101, "TEE-S"), on_hand(told, 101, "CAP")) == ((5, 2), (5, 1))
        assert told.problems() == {}
        in_step(told)


def test_an_order_sent_from_a_store_has_its_address_courier_and_gift_message_where_staff_look() -> None:
    with story() as told:
        message = "Grattis på födelsedagen! 🎂\nKram, mormor\n\nP.S. 你好"
        number = told.order([("CAP", 1)], [12], option=SHIP, other_comment=message)
        told.run(5.0)
        copy = told.copy(number)
        assert copy.written["delivery_address"] == "Storgatan 1"
        assert (copy.written["delivery_zip"], copy.written["delivery_city"], copy.written["delivery_countryid"]) == ("111 22", "Stockholm", "se")
        assert message in copy.written["comment"]
        assert "PostNord" in copy.written["comment"]
        assert "MyPack Home" in copy.written["comment"]
        assert copy.additionaldata["gift-message"] == message
        assert "weborder-bopis" not in copy.additionaldata
        assert copy.warehouseid == 102
        assert told.problems() == {}


def test_fees_become_rows_and_the_copy_is_worth_what_the_customer_pays() -> None:
    settings = with_settings(shipping_fee_sku="FRAKT")
    with story(settings=settings) as told:
        told.world.sitoo.add_product("FRAKT", stock_counted=False)
        number = told.order([("TEE-S", 3)], [11], option=SHIP, shipping_fee=4_900, handling_fee=1_950, voucher={"code": "TEN", "percent": 10})
        told.run(5.0)
        assert copies_total(told, number) == told.state(number)["grand_total"] == 30_000 - 3_000 + 4_900 + 1_950
        assert rows_of(told, number) == [("TEE-S", 3, "270.00"), ("FRAKT", 1, "49.00"), ("Handling", 1, "19.50")]
        assert told.problems() == {}


def test_the_copies_of_an_order_split_over_stores_sum_to_its_grand_total() -> None:
    with story({"TEE-S": 1, "TEE-M": 1, "CAP": 1}) as told:
        lines = [{"sku": "TEE-S", "units": 2, "price": 9_999}, {"sku": "CAP", "units": 1, "price": 3_333}]
        number = told.order(lines, [11, 12], option=SHIP, shipping_fee=2_995, voucher={"code": "V", "amount": 1_001})
        told.run(5.0)
        assert told.held(number, 11) == {"TEE-S": 1, "CAP": 1}
        assert told.held(number, 12) == {"TEE-S": 1}
        assert {copy.externalid for copy in told.copies(number)} == {f"C{number}-W11-R1", f"C{number}-W12-R1"}
        assert copies_total(told, number) == told.state(number)["grand_total"] == 2 * 9_999 + 3_333 + 2_995 - 1_001
        in_step(told)


@pytest.mark.parametrize("currency", ["SEK", "JPY"])
@pytest.mark.parametrize("tax_kind", ["included", "added", "deducted"])
def test_every_kind_of_vat_comes_to_the_cent(currency: str, tax_kind: str) -> None:
    with story() as told:
        lines = [{"sku": "TEE-S", "units": 3, "price": 3_331, "tax": 25}, {"sku": "CAP", "units": 1, "price": 1_777, "tax": 6}]
        number = told.order(lines, [11], option=SHIP, currency=currency, tax_kind=tax_kind, shipping_fee=990, voucher={"code": "V", "amount": 777})
        told.run(5.0)
        sub_units = 1 if currency == "SEK" else 100
        assert copies_total(told, number) == told.state(number)["grand_total"] * sub_units
        assert told.problems() == {}


def test_a_batch_of_ten_orders_is_read_in_one_request_and_each_is_posted_and_read_back_once() -> None:
    with story({"TEE-S": 20, "TEE-M": 20, "CAP": 20}) as told:
        _quiet(told)
        calls = Calls(told)
        numbers = [told.order([("TEE-S", 1)], [11]) for _ in range(10)]
        told.run(1.0)
        assert all(len(told.copies(n)) == 1 for n in numbers)
        assert calls.centra()["requests"] <= 2
        assert calls.sitoo() == {"POST orders": 10, "GET orders": 10}


def test_a_resumed_order_costs_three_sitoo_requests() -> None:
    with story() as told:
        _quiet(told)
        told.world.sitoo.fault("drop_after", operation="POST orders")
        calls = Calls(told)
        number = told.order([("TEE-S", 1)], [11])
        told.run(10.0)
        assert len(told.copies(number, live=False)) == 1
        assert sum(n for name, n in calls.sitoo().items() if "orders" in name) <= 3
        assert calls.sitoo()["POST orders"] == 1


@pytest.mark.parametrize("payment", ["authorised", "captured", "paid"])
@pytest.mark.parametrize("capture", list(Capture))
def test_whatever_is_authorised_or_paid_is_sent(payment: str, capture: Capture) -> None:
    with story(settings=with_settings(capture=capture)) as told:
        number = told.order([("CAP", 1)], [13], payment=payment)
        told.run(5.0)
        assert told.held(number, 13) == {"CAP": 1}


@pytest.mark.parametrize(
    "wishes",
    [{"b2b": True}, {"internal": True}, {"external_id": "sitoo-sale-77"}],
    ids=["wholesale", "internal", "made of a till sale"],
)
def test_what_is_no_business_of_stores_is_ignored(wishes: dict[str, Any]) -> None:
    with story() as told:
        number = told.order([("TEE-S", 1)], [11], **wishes)
        told.run(130.0)
        assert told.copies(number, live=False) == []
        assert told.problems() == {}
        file = file_of(told, number)
        assert not file.is_open
        assert file.decision


@pytest.mark.parametrize(
    ("wishes", "awaited"),
    [
        ({"payment": "waiting"}, "payment"),
        ({"hold": True}, "hold"),
        ({"hold": "WAITING_FOR_FRAUD_CHECK"}, "fraud"),
        ({"status": "PENDING"}, "confirmed"),
    ],
    ids=["unpaid", "on hold", "fraud check", "not confirmed"],
)
def test_what_is_not_ready_is_awaited_and_said(wishes: dict[str, Any], awaited: str) -> None:
    with story() as told:
        number = told.order([("TEE-S", 1)], [11], **wishes)
        told.run(130.0)
        assert told.copies(number, live=False) == []
        assert told.problems() == {}
        file = file_of(told, number)
        assert file.is_open
        assert awaited in file.awaiting


def test_an_order_paid_at_last_goes_to_its_store() -> None:
    with story() as told:
        number = told.order([("TEE-S", 1)], [11], payment="waiting")
        told.run(30.0)
        told.world.centra.pay(number)
        told.run(130.0)
        assert told.held(number, 11) == {"TEE-S": 1}
        assert Kind.INCOMPLETE_ORDER.value not in told.problems()


def _quiet(told: Any) -> None:
    """Only orders are worked on: no schedules, and no drain takes up the nudges."""
    told.world.schedules = False
    told.world.consumers.pop(next(w for w in told.world.consumers if w.name == "STORE_STOCK"))
    told.world.sitoo.events("")
