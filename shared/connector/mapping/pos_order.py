"""A till order as an order of Centra's: the body for the Order API (centra-api §8), and which of its lines hold which row of the till.

Pure. Two things become orders: what a customer took along (it takes no stock: Sitoo's movement does), and what was bought at a till to be sent
from the central warehouse (it takes stock there, and its goods are shipped like any web order's).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from itertools import groupby
from zoneinfo import ZoneInfo

from connector.centra.order_models import CentraOrder
from connector.domain.configuration import Site
from connector.domain.currency import decimals_of
from connector.domain.money import split
from connector.domain.order_settings import TillOrders
from connector.mapping.order_kinds import is_goods
from connector.sitoo.order_models import DeliveryWish, HandedOut, WholeOrder
from connector.store.order_files import CopyRow

SUCCESS = 1
"""`status` of a payment that went through (centra-api §8)."""

NEEDED = {
    "first_name": "first name",
    "last_name": "last name",
    "email": "e-mail",
    "address1": "street",
    "zip_code": "postcode",
    "city": "city",
    "country": "country",
}


@dataclass(frozen=True, slots=True)
class SoldRow:
    """Units of a till's row that one order of Centra's holds. `prices`: cents per unit, VAT included; they sum to what the row cost."""

    row: int
    sku: str
    size_id: int
    prices: tuple[int, ...]

    @property
    def units(self) -> int:
        return len(self.prices)


@dataclass(frozen=True, slots=True)
class Unfit:
    """Why rows cannot become an order: SKUs without a size in Centra, `why` in words people read ('' when only SKUs are missing)."""

    skus: tuple[str, ...]
    why: str = ""


def undelivered(order: WholeOrder, deliveries: Sequence[HandedOut]) -> dict[int, int]:
    """{row: units} sold and not handed out."""
    left = {row.row: row.quantity for row in order.rows if row.quantity > 0}
    for delivery in deliveries:
        if not delivery.cancelled:
            for row, units in delivery.units.items():
                if row in left:
                    left[row] -= units
    return {row: units for row, units in left.items() if units > 0}


def sold_rows(order: WholeOrder, site: Site, units: Mapping[int, int], sizes: Mapping[str, int], *, last: bool) -> tuple[SoldRow, ...] | Unfit:
    """`units`: {row: units} to take, the `last` of a row or its first, so that two orders made of one row add up to the cent.

    `sizes`: {Sitoo SKU: Centra size id}. A row's total is spread over its units in whole cents (whole units of a currency without decimals).
    """
    if order.currency != site.currency:
        return Unfit((), f"it is in {order.currency}, and the site sells in {site.currency}")
    cent = 100 if decimals_of(order.currency) == 0 else 1
    rows, unknown, odd = [], [], []
    for row in order.rows:
        taken = units.get(row.row, 0)
        if not taken:
            continue
        cents = int(row.gross * 100)
        if row.sku not in sizes:
            unknown.append(row.sku or row.name or f"row {row.row}")
        elif cents % cent or cents < 0:
            odd.append(row.sku)
        else:
            prices = [price * cent for price in split(cents // cent, [1] * row.quantity)]
            rows.append(SoldRow(row.row, row.sku, sizes[row.sku], tuple(prices[row.quantity - taken :] if last else prices[:taken])))
    if unknown or odd:
        return Unfit(tuple(unknown), f"the amounts of {', '.join(odd)} cannot be expressed in {order.currency}" if odd else "")
    return tuple(rows)


def total_of(rows: Sequence[SoldRow]) -> int:
    """Cents."""
    return sum(sum(row.prices) for row in rows)


def sale_body(key: str, order: WholeOrder, site: Site, till: TillOrders, rows: Sequence[SoldRow]) -> dict[str, object]:
    """What was taken along: no stock, no vouchers, no mail, no customer."""
    address = {"email": till.email, "country": till.country.upper()}
    return {**_body(key, order, site, till, rows), "address": address, "adjustStock": False, "shippingValue": _amount(0)}


def sent_body(key: str, order: WholeOrder, site: Site, till: TillOrders, rows: Sequence[SoldRow], wish: DeliveryWish) -> dict[str, object]:
    """What is sent from the central warehouse: takes stock there (Centra refuses the order when there is none). Holds the customer's address."""
    address = {
        "firstName": wish.first_name,
        "lastName": wish.last_name,
        "email": wish.email or till.email,
        "address": wish.address1,
        "coaddress": wish.address2,
        "zipcode": wish.zip_code,
        "city": wish.city,
        "state": wish.state,
        "country": wish.country,
        "cell": wish.phone,
    }
    body = {**_body(key, order, site, till, rows), "address": {name: text for name, text in address.items() if text}, "adjustStock": True}
    chosen = {"warehouseGroup": till.central_rule, "shippingList": till.shipping_option}
    return body | {name: value for name, value in chosen.items() if value} | {"shippingValue": _amount(0)}


def missing_of(wish: DeliveryWish, till: TillOrders) -> list[str]:
    """What an address lacks, in words; the client's own mail address may stand in for the customer's."""
    told = {"email": wish.email or till.email}
    return [words for name, words in NEEDED.items() if not told.get(name, getattr(wish, name))]


def lines_of_rows(order: CentraOrder, rows: Sequence[SoldRow]) -> tuple[CopyRow, ...] | None:
    """Which line holds which row; None when the order does not hold exactly these rows.

    A row whose units have two prices is two lines. It is told under a negative number: refunds then find its lines by SKU, where units are left.
    """
    left = {line.id: line.quantity for line in order.lines if is_goods(line)}
    sizes = {line.id: line.size_id for line in order.lines}
    prices = {line.id: line.unit_price for line in order.lines}
    found: list[CopyRow] = []
    for row in rows:
        parts: list[CopyRow] = []
        for price, same in groupby(row.prices):
            wanted, sub_units = len(list(same)), _sub_units(price, order)
            fitting = sorted((i for i in left if sizes[i] == row.size_id and left[i]), key=lambda i: (prices[i] != sub_units, left[i] != wanted, i))
            for line in fitting:
                taken = min(wanted, left[line])
                if taken:
                    left[line] -= taken
                    wanted -= taken
                    parts.append(CopyRow(row.row, line, row.sku, taken))
            if wanted:
                return None
        found += parts if len({part.line for part in parts}) == 1 else [CopyRow(-2 - row.row, p.line, p.sku, p.units) for p in parts]
    return None if any(left.values()) else tuple(found)


def row_of(copy_row: CopyRow) -> int:
    """The till's row that `lines_of_rows` tells of."""
    return copy_row.row if copy_row.row >= 0 else -2 - copy_row.row


def units_by_row(rows: Sequence[CopyRow]) -> dict[int, int]:
    """{the till's row: units}."""
    units: dict[int, int] = {}
    for each in rows:
        units[row_of(each)] = units.get(row_of(each), 0) + each.units
    return units


def fits(order: CentraOrder, rows: Sequence[SoldRow]) -> bool:
    """Centra's total is what the customer paid for these rows, to the sub-unit."""
    return order.grand_total == sum(_sub_units(price, order) for row in rows for price in row.prices)


def _body(key: str, order: WholeOrder, site: Site, till: TillOrders, rows: Sequence[SoldRow]) -> dict[str, object]:
    products = [
        {"id": row.size_id, "qty": len(list(same)), "unitPrice": _amount(price), "originalPrice": _amount(price)}
        for row in rows
        for price, same in groupby(row.prices)
    ]
    paid = {
        "status": SUCCESS,
        "amount": _amount(total_of(rows)),
        "transaction": key,
        "method": ", ".join(dict.fromkeys(p.name for p in order.payments if not p.virtual)) or "Till",
    }
    chosen = {"market": till.market, "pricelist": till.pricelist}
    plugin = {"id": till.payment_plugin} if till.payment_plugin else {}
    return {
        "products": products,
        "comment": key,
        "internalComment": f"Sitoo order {order.id}, receipt {order.marks.get('pos-receiptid', 'unknown')}",
        "orderDate": datetime.fromtimestamp(order.date, UTC).astimezone(ZoneInfo(site.timezone)).strftime("%Y-%m-%d %H:%M:%S"),
        "applyVouchers": False,
        "sendEmail": False,
        "payment": {**plugin, "auth": paid, "capture": paid},
        **{name: value for name, value in chosen.items() if value},
    }


def _amount(cents: int) -> Decimal:
    """Two decimals, as the Order API documents its amounts."""
    return Decimal(cents).scaleb(-2)


def _sub_units(cents: int, order: CentraOrder) -> int:
    return int(cents * 10**order.currency_decimals // 100)
