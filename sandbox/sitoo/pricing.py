"""Row and order totals, computed from the rows as Sitoo does: row prices are whole-row prices including VAT."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from sandbox.sitoo.records import OrderRow

_CENT = Decimal("0.01")


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, ROUND_HALF_UP)


def net_of(gross: Decimal, vat: Decimal) -> Decimal:
    """Gross without `vat` percent."""
    return cents(gross / (1 + vat / 100))


def money(amount: Decimal) -> str:
    """Two decimals on the wire, zero without a sign."""
    return f"{amount + 0:.2f}"


def decimal3(quantity: Decimal | int) -> str:
    """Three decimals on the wire."""
    return f"{quantity + 0:.3f}"


def order_totals(rows: Iterable[OrderRow]) -> tuple[Decimal, Decimal]:
    """(net, VAT) of all rows; their sum is the amount to pay."""
    net = vat = Decimal(0)
    for row in rows:
        row_net = net_of(row.gross, row.vat)
        net += row_net
        vat += row.gross - row_net
    return net, vat
