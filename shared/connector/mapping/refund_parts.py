"""A receipt that takes back goods of several web orders, told apart row by row: each order's part reads like a receipt of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from connector.domain.money import split
from connector.sitoo.order_models import RowOfOrder, TenderOfOrder, WholeOrder

OWN_SALE = 0
"""In place of an order's number for a row that a store's own sale had sold."""


def parts_by_order(refund: WholeOrder, named: Mapping[int, int]) -> dict[int | None, WholeOrder]:
    """{Centra order: the refund with its rows only}; under None what nobody named. `named`: {row: order, or OWN_SALE}, whose rows are left out.

    Every payment is shared among the rows that came back by their prices, to the cent and in the same way however many are named, and so are
    goods that were bought on the same receipt: they settle like a virtual payment.
    """
    back = [row for row in refund.rows if row.quantity < 0]
    if not any(row.row in named for row in back):
        return {None: refund}
    payments = _shared(refund, back)
    found: dict[int | None, list[RowOfOrder]] = {}
    for row in back:
        if (number := named.get(row.row)) != OWN_SALE:
            found.setdefault(number, []).append(row)
    return {number: replace(refund, rows=tuple(rows), payments=_together(payments, rows)) for number, rows in found.items()}


def _shared(refund: WholeOrder, back: Sequence[RowOfOrder]) -> list[tuple[TenderOfOrder, dict[int, int]]]:
    """[(payment, {row: cents of it})]."""
    weights = [max(0, _cents(-row.gross)) for row in back]
    bought = sum((row.gross for row in refund.rows if row.quantity > 0), Decimal(0))
    settled = (TenderOfOrder("", -bought, True),) if bought else ()
    rows = [row.row for row in back]
    return [(payment, dict(zip(rows, split(_cents(payment.amount), weights), strict=True))) for payment in (*refund.payments, *settled)]


def _together(payments: Sequence[tuple[TenderOfOrder, Mapping[int, int]]], rows: Sequence[RowOfOrder]) -> tuple[TenderOfOrder, ...]:
    sums = [(payment, sum(shares[row.row] for row in rows)) for payment, shares in payments]
    return tuple(replace(payment, amount=Decimal(cents).scaleb(-2)) for payment, cents in sums if cents)


def _cents(amount: Decimal) -> int:
    return int(amount.scaleb(2))
