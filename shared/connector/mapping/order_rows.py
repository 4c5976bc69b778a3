"""The rows of a copy: goods, what only has a price, fees – each with the whole row's price including VAT (sitoo-api §2.4)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from connector.centra.order_models import CentraOrder, LineOfOrder
from connector.domain.money import sitoo_money
from connector.domain.order_keys import LINE_MARK
from connector.mapping.order_amounts import OrderPrices, Price
from connector.mapping.order_kinds import is_priced_only
from connector.mapping.order_subject import Subject
from connector.mapping.order_units import Places, leading_line

PRODUCT_ROW = 10
SHIPPING, HANDLING = "Shipping", "Handling"


@dataclass(frozen=True, slots=True)
class Row:
    """`line`: Centra's order line, 0 for a fee. `sku` '' for what is no product of Sitoo."""

    line: int
    sku: str
    name: str
    text: str
    units: int
    price: Price

    def body(self) -> dict[str, Any]:
        """The orderitem; empty fields are left out."""
        row: dict[str, Any] = {
            "orderitemtype": PRODUCT_ROW,
            "productname": self.name,
            "quantity": self.units,
            "moneyrowprice": sitoo_money(self.price.full),
            "moneyrowdiscount": sitoo_money(self.price.discount),
            "vatvalue": _rate(self.price.vat),
        }
        if self.sku:
            row["sku"] = self.sku
        if self.text:
            row["productattributes"] = self.text
        if self.line:
            row["additionaldata"] = {LINE_MARK: str(self.line)}
        return row


def rows_of(subject: Subject, prices: OrderPrices, places: Places) -> list[Row]:
    """Goods in the order's order. The copy that holds the first unit of the leading line also gets what belongs to no unit."""
    order = subject.order
    rows = []
    leading = False
    first_line = leading_line(order)
    for line, count in subject.goods():
        first = places.first_unit(order, line, count)
        sku = subject.skus[line.size_id] if line.size_id is not None else ""
        rows.append(Row(line.id, sku, _name(line, sku), _variant(line), count, prices.units(line.id, first, count)))
        leading = leading or (first == 0 and first_line is not None and line.id == first_line.id)
    if leading:
        rows += _without_units(order, prices)
        rows += _fees(subject, prices)
    return rows


def _without_units(order: CentraOrder, prices: OrderPrices) -> Iterator[Row]:
    for line in order.lines:
        if is_priced_only(order, line) and line.quantity:
            yield Row(line.id, "", _name(line, "Gift certificate"), _variant(line), line.quantity, prices.lines[line.id])


def _fees(subject: Subject, prices: OrderPrices) -> Iterator[Row]:
    settings = subject.settings
    for name, sku, price in ((SHIPPING, settings.shipping_fee_sku, prices.shipping), (HANDLING, settings.handling_fee_sku, prices.handling)):
        if price.total:
            yield Row(0, sku, name, "", 1, price)


def _name(line: LineOfOrder, otherwise: str) -> str:
    return line.product_name.strip() or line.sku or otherwise


def _variant(line: LineOfOrder) -> str:
    return ", ".join(part for part in (line.variant_name.strip(), line.size_name.strip()) if part)


def _rate(vat: Decimal) -> int | float:
    """A JSON number, as short as it was."""
    return int(vat) if vat == vat.to_integral_value() else float(vat)
