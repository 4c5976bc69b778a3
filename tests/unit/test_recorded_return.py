"""A return made in Centra as a refund order on the Sitoo copy: rows, amounts, marks, limits."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.exceptions import Kind, Owner
from connector.mapping.recorded_return import Recording, draft_recorded_return
from connector.mapping.refund_findings import Finding
from connector.mapping.refund_order import Nature, nature, original_of, recorded_return_of
from connector.sitoo.order_models import RowOfOrder, TenderOfOrder, WholeOrder
from connector.store.order_files import CopyRow
from tests.unit.return_stories import COPY, NUMBER, SETTINGS, line, made_return, row, shipment, sitoo_order, web_order

ORDER = web_order([line(1, "COAT", 1, 100_000), line(2, "HAT", 3, 10_000)], [shipment(10, [(100, 1, 1, 0), (200, 2, 3, 0)])], shipping=4_900)
ROWS = (CopyRow(0, 1, "COAT", 1), CopyRow(1, 2, "HAT", 3), CopyRow(2, 0, "FREIGHT", 1))
SOLD = sitoo_order(
    COPY,
    [
        row(0, "COAT", 1, "1000.00", marks={"web-itemid": "1"}),
        row(1, "HAT", 3, "100.00", marks={"web-itemid": "2"}, percent=12),
        row(2, "FREIGHT", 1, "49.00"),
    ],
    [],
    register="",
)


def recording(lines: dict[int, int], amount: int, *, refunded: dict[int, int] | None = None) -> Recording:
    made = draft_recorded_return(made_return(55, 10, lines, amount), ORDER, SOLD, ROWS, SETTINGS, refunded=refunded or {})
    assert isinstance(made, Recording)
    return made


def finding(lines: dict[int, int], amount: int, *, refunded: dict[int, int] | None = None) -> Finding:
    found = draft_recorded_return(made_return(55, 10, lines, amount), ORDER, SOLD, ROWS, SETTINGS, refunded=refunded or {})
    assert isinstance(found, Finding)
    return found


def test_the_whole_body() -> None:
    made = recording({100: 1, 200: 1}, 103_333)
    assert made.external_id == "CR55-S10"
    assert dict(made.units) == {0: -1, 1: -1}
    assert made.body == {
        "ordertypeid": 10,
        "orderstateid": 10,
        "paymentstateid": 20,
        "externalid": "CR55-S10",
        "creditorderid": COPY,
        "warehouseid": 31,
        "currencycode": "SEK",
        "additionaldata": {"centra-order": str(NUMBER), "centra-return": "55", "pos-originalsales-orderid": str(COPY)},
        "orderitems": [
            {
                "productname": "COAT",
                "sku": "COAT",
                "quantity": -1,
                "moneyrowprice": "-1000.00",
                "vatvalue": 25,
                "additionaldata": {"pos-originalsales-orderitemid": "0", "web-itemid": "1"},
            },
            {
                "productname": "HAT",
                "sku": "HAT",
                "quantity": -1,
                "moneyrowprice": "-33.33",
                "vatvalue": 12,
                "additionaldata": {"pos-originalsales-orderitemid": "1", "web-itemid": "2"},
            },
        ],
        "payments": [{"name": "Web", "moneyamount": "-1033.33", "additionaldata": {"virtual-payment": "true"}}],
    }


def test_read_back_it_is_ours_and_never_a_tills() -> None:
    body = recording({100: 1}, 100_000).body
    read = replace(SOLD, id=7002, rows=(row(0, "COAT", -1, "1000.00", 0),), marks=body["additionaldata"], external_id=body["externalid"])
    assert (nature(read), recorded_return_of(read), original_of(read)) == (Nature.OURS, 55, COPY)
    assert (nature(replace(read, marks={})), recorded_return_of(replace(read, marks={}))) == (Nature.OURS, 55)


def prices(made: Recording) -> list[str]:
    return [item["moneyrowprice"] for item in made.body["orderitems"]]


def test_a_fee_kept_by_the_shop_lowers_the_rows() -> None:
    assert prices(recording({100: 1, 200: 3}, 99_000)) == ["-900.00", "-90.00"]


def test_shipping_given_back_is_the_copys_freight_row() -> None:
    made = recording({200: 1}, 3_333 + 4_900)
    assert prices(made) == ["-33.33", "-49.00"]
    assert dict(made.units) == {0: -1, 1: -1}
    assert made.body["orderitems"][1]["additionaldata"] == {"pos-originalsales-orderitemid": "2"}
    assert prices(recording({200: 1}, 3_333 + 1_000)) == ["-33.33", "-10.00"]


def test_two_fees_are_given_back_one_after_the_other() -> None:
    fees = replace(SOLD, rows=(*SOLD.rows, row(3, "HANDLING", 1, "19.00")))
    rows = (*ROWS, CopyRow(3, 0, "HANDLING", 1))
    made = draft_recorded_return(made_return(55, 10, {200: 1}, 3_333 + 5_000), ORDER, fees, rows, SETTINGS, refunded={})
    assert isinstance(made, Recording)
    assert prices(made) == ["-33.33", "-49.00", "-1.00"]


def test_shipping_that_tills_gave_back_already_stays_with_the_goods() -> None:
    assert prices(recording({200: 1}, 3_333 + 4_900, refunded={2: 1})) == ["-82.33"]


def test_nothing_on_this_copy() -> None:
    other = web_order([*ORDER.lines, line(3, "SOCK", 1, 1_000)], [shipment(10, [(300, 3, 1, 0)])])
    assert draft_recorded_return(made_return(55, 10, {300: 1}, 1_000), other, SOLD, ROWS, SETTINGS, refunded={}) is None
    assert draft_recorded_return(made_return(55, 99, {100: 1}, 1_000), ORDER, SOLD, ROWS, SETTINGS, refunded={}) is None


def test_the_till_was_faster() -> None:
    found = finding({200: 2}, 6_666, refunded={1: 2})
    assert (found.kind, found.owner, found.stops) == (Kind.OVER_RETURN, Owner.FINANCE, True)
    assert found.evidence["rows"] == ["HAT: 2 returned, 1 left in Sitoo"]


def test_an_amount_that_two_decimals_cannot_express() -> None:
    dinars = replace(ORDER, currency="KWD", currency_decimals=3)
    found = draft_recorded_return(made_return(55, 10, {100: 1}, 1_001), dinars, SOLD, ROWS, SETTINGS, refunded={})
    assert isinstance(found, Finding)
    assert found.kind is Kind.UNSUPPORTED_AMOUNT


def test_a_currency_without_decimals() -> None:
    yen = replace(ORDER, currency="JPY", currency_decimals=0)
    made = draft_recorded_return(made_return(55, 10, {100: 1}, 1_000), yen, SOLD, ROWS, SETTINGS, refunded={})
    assert isinstance(made, Recording)
    assert prices(made) == ["-1000.00"]


def test_the_rate_of_a_row_keeps_its_decimals() -> None:
    odd = replace(SOLD, rows=(replace(SOLD.rows[0], vat_percent=Decimal("8.1")), *SOLD.rows[1:]))
    made = draft_recorded_return(made_return(55, 10, {100: 1}, 100_000), ORDER, odd, ROWS, SETTINGS, refunded={})
    assert isinstance(made, Recording)
    assert made.body["orderitems"][0]["vatvalue"] == pytest.approx(8.1)


def as_order(made: Recording, id: int) -> WholeOrder:
    rows = []
    for n, item in enumerate(made.body["orderitems"]):
        gross = Decimal(item["moneyrowprice"])
        rows.append(RowOfOrder(n, item["sku"], "", item["quantity"], gross, Decimal(0), Decimal(25), item["additionaldata"]))
    tenders = [TenderOfOrder(p["name"], Decimal(p["moneyamount"]), True) for p in made.body["payments"]]
    return sitoo_order(id, rows, tenders)


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 3), st.integers(0, 150_000)), max_size=6))
def test_any_sequence_of_returns_takes_back_no_more_units_than_were_sold_and_every_cent(returns: list[tuple[int, int, int]]) -> None:
    refunded: dict[int, int] = {}
    for number, (coats, hats, amount) in enumerate(returns):
        lines = {k: v for k, v in ((100, coats), (200, hats)) if v}
        made = draft_recorded_return(made_return(number, 10, lines, amount), ORDER, SOLD, ROWS, SETTINGS, refunded=refunded)
        if not lines:
            assert made is None
            continue
        left = {row.row: row.units - refunded.get(row.row, 0) for row in ROWS}
        fits = coats <= left[0] and hats <= left[1]
        assert isinstance(made, Recording) is fits
        if not isinstance(made, Recording):
            continue
        read = as_order(made, 8000 + number)
        assert sum((r.gross for r in read.rows), Decimal(0)) == sum(p.amount for p in read.payments) == Decimal(-amount).scaleb(-2)
        assert all(r.gross <= 0 for r in read.rows)
        assert {r.row: r.quantity for r in read.rows} == dict(made.units)
        for r in read.rows:
            original = int(r.marks["pos-originalsales-orderitemid"])
            refunded[original] = refunded.get(original, 0) - r.quantity
        assert all(units <= row.units for row in ROWS if (units := refunded.get(row.row, 0)))
