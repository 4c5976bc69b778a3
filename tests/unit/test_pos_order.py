"""Till orders as bodies for the Order API, and the rows of a till found in the order that came of them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.centra.order_models import CentraOrder, LineOfOrder
from connector.domain.order_keys import sale_key, sale_of, sent_key
from connector.domain.order_settings import TillOrders
from connector.mapping.pos_order import (
    SoldRow,
    Unfit,
    fits,
    lines_of_rows,
    missing_of,
    sale_body,
    sent_body,
    sold_rows,
    total_of,
    undelivered,
    units_by_row,
)
from connector.sitoo.order_models import CLOSED, DeliveryWish, HandedOut, RowOfOrder, TenderOfOrder, WholeOrder
from tests.unit.web_orders import SITE, line
from tests.unit.web_orders import order as centra_order

NOON = 1_800_000_000.0
"""2027-01-15T09:00:00 in Stockholm."""
TILL = TillOrders("till@shop.test", "se", market="Sweden", payment_plugin=36, central_rule="Central", shipping_option="parcel")
SIZES = {"TEE": 51, "CAP": 52}
WISH = DeliveryWish("Erik", "Ek", "", "", "+46", "Storgatan 1", "lgh 2", "111 22", "Umeå", "", "SE", addressed=True, rows=frozenset())


def row(index: int, sku: str, quantity: int, gross: str) -> RowOfOrder:
    vat = (Decimal(gross) / 5).quantize(Decimal("0.01"))
    return RowOfOrder(index, sku, sku.title(), quantity, Decimal(gross) - vat, vat, Decimal(25))


def sale(*rows: RowOfOrder, **other: Any) -> WholeOrder:
    total = sum((r.gross for r in rows), Decimal(0))
    paid = (TenderOfOrder("Card", total - 10, False), TenderOfOrder("Cash", Decimal(10), False), TenderOfOrder("Exchange", Decimal(0), True))
    made = WholeOrder(7001, 10, CLOSED, 20, "", 3, "{R}", NOON, "SEK", None, total, rows, paid, {"pos-receiptid": "SII1"})
    return replace(made, **other)


def delivery(units: dict[int, int], *, cancelled: bool = False) -> HandedOut:
    return HandedOut(1, 7001, 3, NOON, "", cancelled, units)


def rows_of(order: WholeOrder, units: dict[int, int], *, last: bool = False) -> tuple[SoldRow, ...]:
    found = sold_rows(order, SITE, units, SIZES, last=last)
    assert not isinstance(found, Unfit)
    return found


def centra_of(rows: tuple[SoldRow, ...], order: WholeOrder) -> CentraOrder:
    """What Centra makes of the body it is sent."""
    products = sale_body("key", order, SITE, TILL, rows)["products"]
    assert isinstance(products, list)
    lines: list[LineOfOrder] = []
    for index, product in enumerate(products):
        price = int(product["unitPrice"] * 100)
        lines.append(line(5001 + index, product["qty"], price, {}, size_id=product["id"]))
    return centra_order(*lines)


def test_keys_of_both_kinds_name_the_sale() -> None:
    assert [sale_of(key) for key in (sale_key(7), sent_key(7), "sitoo-sale-7-x", "7")] == [7, 7, None, None]


def test_undelivered_is_what_no_living_delivery_holds() -> None:
    order = sale(row(0, "TEE", 3, "300.00"), row(1, "CAP", 1, "100.00"), row(2, "OLD", -1, "-50.00"))
    assert undelivered(order, [delivery({0: 1, 1: 1}), delivery({0: 1}, cancelled=True)]) == {0: 2}


def test_a_sale_takes_no_stock_and_tells_no_customer() -> None:
    order = sale(row(0, "TEE", 3, "250.00"), row(1, "CAP", 1, "100.00"))
    body = sale_body(sale_key(7001), order, SITE, TILL, rows_of(order, {0: 3, 1: 1}))
    paid = {"status": 1, "amount": Decimal("350.00"), "transaction": "sitoo-sale-7001", "method": "Card, Cash"}
    assert body == {
        "products": [
            {"id": 51, "qty": 1, "unitPrice": Decimal("83.34"), "originalPrice": Decimal("83.34")},
            {"id": 51, "qty": 2, "unitPrice": Decimal("83.33"), "originalPrice": Decimal("83.33")},
            {"id": 52, "qty": 1, "unitPrice": Decimal("100.00"), "originalPrice": Decimal("100.00")},
        ],
        "address": {"email": "till@shop.test", "country": "SE"},
        "comment": "sitoo-sale-7001",
        "internalComment": "Sitoo order 7001, receipt SII1",
        "orderDate": "2027-01-15 09:00:00",
        "adjustStock": False,
        "applyVouchers": False,
        "sendEmail": False,
        "shippingValue": Decimal("0.00"),
        "market": "Sweden",
        "payment": {"id": 36, "auth": paid, "capture": paid},
    }


def test_what_is_sent_takes_central_stock_and_tells_the_address() -> None:
    order = sale(row(0, "TEE", 1, "100.00"))
    body = sent_body(sent_key(7001), order, SITE, TILL, rows_of(order, {0: 1}), WISH)
    assert body["adjustStock"] is True
    assert body["warehouseGroup"] == "Central"
    assert body["shippingList"] == "parcel"
    assert body["address"] == {
        "firstName": "Erik",
        "lastName": "Ek",
        "email": "till@shop.test",
        "address": "Storgatan 1",
        "coaddress": "lgh 2",
        "zipcode": "111 22",
        "city": "Umeå",
        "country": "SE",
        "cell": "+46",
    }
    assert body["sendEmail"] is False
    assert "orderNumber" not in body


def test_an_address_tells_what_it_lacks() -> None:
    assert missing_of(WISH, TILL) == []
    assert missing_of(replace(WISH, city="", country=""), replace(TILL, email="")) == ["e-mail", "city", "country"]


def test_the_two_orders_of_one_row_add_up() -> None:
    order = sale(row(0, "TEE", 3, "100.00"))
    taken, sent = rows_of(order, {0: 1}), rows_of(order, {0: 2}, last=True)
    assert (total_of(taken), total_of(sent)) == (3334, 6666)


@pytest.mark.parametrize(
    ("order", "unfit"),
    [
        (sale(row(0, "BAG", 1, "5.00"), row(1, "", 1, "9.00")), Unfit(("BAG", "row 1"))),
        (sale(row(0, "TEE", 1, "5.00"), currency="EUR"), Unfit((), "it is in EUR, and the site sells in SEK")),
        (sale(row(0, "TEE", 1, "-5.00")), Unfit((), "the amounts of TEE cannot be expressed in SEK")),
    ],
)
def test_what_cannot_become_an_order_is_refused_whole(order: WholeOrder, unfit: Unfit) -> None:
    assert sold_rows(order, SITE, {0: 1, 1: 1}, SIZES, last=False) == unfit


def test_a_currency_without_decimals_is_split_in_whole_units() -> None:
    order = sale(row(0, "TEE", 3, "1000.00"), currency="JPY")
    rows = sold_rows(order, replace(SITE, currency="JPY"), {0: 3}, SIZES, last=False)
    assert not isinstance(rows, Unfit)
    assert rows[0].prices == (33_400, 33_300, 33_300)


def test_the_lines_of_rows_are_found_and_split_rows_are_told_by_sku() -> None:
    order = sale(row(0, "TEE", 1, "90.00"), row(1, "TEE", 2, "200.00"), row(2, "CAP", 3, "100.00"))
    rows = rows_of(order, {0: 1, 1: 2, 2: 3})
    made = centra_of(rows, order)
    found = lines_of_rows(made, rows)
    assert found is not None
    assert [(r.row, r.line, r.units) for r in found] == [(0, 5001, 1), (1, 5002, 2), (-4, 5003, 1), (-4, 5004, 2)]
    assert units_by_row(found) == {0: 1, 1: 2, 2: 3}
    assert fits(made, rows)
    assert not fits(replace(made, grand_total=made.grand_total + 1), rows)


def test_an_order_that_holds_other_goods_is_not_the_sale() -> None:
    order = sale(row(0, "TEE", 2, "200.00"))
    rows = rows_of(order, {0: 2})
    assert lines_of_rows(centra_of(rows_of(order, {0: 1}), order), rows) is None
    assert lines_of_rows(centra_order(line(units=2, size_id=51), line(5002, size_id=52)), rows) is None


@given(st.lists(st.tuples(st.sampled_from(sorted(SIZES)), st.integers(1, 6), st.integers(0, 99_999)), min_size=1, max_size=5))
def test_every_sale_adds_up_to_the_cent_and_is_found_again(sold: list[tuple[str, int, int]]) -> None:
    order = sale(*(row(index, sku, units, str(Decimal(cents).scaleb(-2))) for index, (sku, units, cents) in enumerate(sold)))
    rows = rows_of(order, {index: units for index, (_, units, _) in enumerate(sold)})
    assert total_of(rows) == sum(cents for _, _, cents in sold) == int(order.total * 100)
    made = centra_of(rows, order)
    found = lines_of_rows(made, rows)
    assert found is not None
    assert fits(made, rows)
    assert units_by_row(found) == {index: units for index, (_, units, _) in enumerate(sold)}
