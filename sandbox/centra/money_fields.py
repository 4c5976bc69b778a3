"""How the Centra sandbox shows money: `MonetaryValue`s of lines, orders, shipments and returns, and their totals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphql import GraphQLResolveInfo

from sandbox.centra.money import Amounts, Currency, Money, rounded
from sandbox.centra.order_parts import Fee
from sandbox.centra.order_records import BUNDLE, BUNDLE_ITEM, Order, OrderLine, Return, ReturnLine, Shipment, ShipmentLine
from sandbox.centra.pricing import bill, item_values, line_value, unit_price, with_tax, without_tax
from sandbox.centra.state import CentraState

Info = GraphQLResolveInfo[CentraState]
Resolver = Callable[..., Any]
Totals = dict[str, Any]


def _priced(amount: Callable[[OrderLine, Info], int]) -> Resolver:
    """A line's price `includingTax` or not."""

    def resolve(line: OrderLine, info: Info, includingTax: bool = True) -> Money:
        cents, order = amount(line, info), line.order
        if not includingTax:
            cents = without_tax(cents, line.tax_percent, order.tax_kind)
        elif info.context.modes_in_force.including_tax_adds:
            cents = with_tax(cents, line.tax_percent, order.tax_kind)
        return Money(cents, order.currency)

    return resolve


def _value(line: OrderLine, info: Info) -> int:
    """What a line costs, as the instance shows bundles (mode `bundle_values`)."""
    mode = info.context.modes_in_force.bundle_values
    if line.bundle is not None:
        return 0 if mode == "bundle" else item_values(line.bundle)[line]
    return 0 if line.kind == BUNDLE and mode == "items" else line_value(line)


def _unit(line: OrderLine, info: Info) -> int:
    if line.kind in (BUNDLE, BUNDLE_ITEM):
        return rounded(_value(line, info), line.quantity) if line.quantity else 0
    return unit_price(line)


def _original(line: OrderLine, info: Info) -> int:
    if line.kind == BUNDLE_ITEM or (line.kind == BUNDLE and info.context.modes_in_force.bundle_values == "items"):
        return _unit(line, info)
    return line.original


def discount_percent(line: OrderLine) -> float:
    return round(100 * (1 - unit_price(line) / line.original), 2) if line.original else 0.0


def _whole(amounts: Amounts, including: bool) -> int:
    return amounts.total if including else amounts.total - amounts.added - amounts.included


def _order_total(order: Order, _info: Info, includingTax: bool = True) -> Money:
    costs = bill(order)
    return Money(_whole(costs.goods + costs.fees, includingTax), order.currency)


def _shipment_total(shipment: Shipment, _info: Info, includingTax: bool = True) -> Money:
    return Money(_whole(shipment.goods + shipment.shipping + shipment.handling, includingTax), shipment.order.currency)


def _return_total(record: Return, _info: Info, includingTax: bool = True) -> Money:
    everything = record.goods + record.shipping + record.handling
    return Money(_whole(everything, includingTax) - record.voucher - record.cost, record.shipment.order.currency)


def _part_value(part: ShipmentLine | ReturnLine, includingTax: bool) -> Money:
    line = part.line if isinstance(part, ShipmentLine) else part.shipment_line.line
    cents = part.amounts.value if includingTax else without_tax(part.amounts.value, line.tax_percent, line.order.tax_kind)
    return Money(cents, line.order.currency)


def _part_line(part: ShipmentLine | ReturnLine, _info: Info, includingTax: bool = True) -> Money:
    return _part_value(part, includingTax)


def _part_unit(part: ShipmentLine | ReturnLine, _info: Info, includingTax: bool = True) -> Money:
    whole = _part_value(part, includingTax)
    return Money(rounded(whole.cents, part.quantity), whole.currency)


def _taxes(amounts: Amounts, currency: Currency) -> Totals:
    return {
        "taxAdded": Money(amounts.added, currency),
        "taxDeducted": Money(amounts.deducted, currency),
        "taxIncluded": Money(amounts.included, currency),
    }


def _rules(fee: Fee, amounts: Amounts, currency: Currency) -> list[Totals]:
    """A fee's one tax rule; none when there is no fee."""
    return [{"rule": _rule(fee.tax_percent), **_taxes(amounts, currency)}] if amounts.value else []


def _rule(percent: object) -> Totals:
    return {"name": f"VAT {percent}", "taxPercent": float(str(percent))}


def _line_rules(line: OrderLine, _info: Info) -> list[Totals]:
    return [{"rule": _rule(line.tax_percent), **_taxes(bill(line.order).lines[line], line.order.currency)}]


def _order_totals(order: Order, info: Info) -> Totals:
    modes, currency, costs = info.context.modes_in_force, order.currency, bill(order)
    goods = costs.goods
    taxed = goods + costs.handling + (costs.shipping if modes.order_tax_holds_shipping else Amounts())
    counted = [x for x in order.lines if x.kind != BUNDLE]
    return {
        "quantity": sum(x.quantity for x in counted),
        "originalQuantity": sum(x.ordered for x in counted),
        "cancelledQuantity": sum(x.cancelled for x in counted),
        "unexpeditedQuantity": sum(x.quantity - x.expedited for x in counted if x.ships),
        **_values(goods, costs.shipping, costs.handling, currency),
        "discounts": Money(-goods.discount if modes.discount_sign == "negative" else goods.discount, currency),
        **{f"shippingTax{name.removeprefix('tax')}": money for name, money in _taxes(costs.shipping, currency).items()},
        **_taxes(taxed, currency),
        "shippingTaxRules": _rules(order.shipping, costs.shipping, currency),
        "handlingTaxRules": _rules(order.handling, costs.handling, currency),
    }


def _values(goods: Amounts, shipping: Amounts, handling: Amounts, currency: Currency) -> Totals:
    return {"lineValues": Money(goods.value, currency), "shipping": Money(shipping.value, currency), "handling": Money(handling.value, currency)}


def _shipment_totals(shipment: Shipment, _info: Info) -> Totals:
    goods, currency = shipment.goods, shipment.order.currency
    return {
        "quantity": sum(x.quantity for x in shipment.lines),
        **_values(goods, shipment.shipping, shipment.handling, currency),
        "discounts": Money(goods.discount, currency),
        **_taxes(goods + shipment.shipping + shipment.handling, currency),
    }


def _return_totals(record: Return, _info: Info) -> Totals:
    goods, currency = record.goods, record.shipment.order.currency
    return {
        "quantity": sum(x.quantity for x in record.lines),
        **_values(goods, record.shipping, record.handling, currency),
        "discounts": Money(record.voucher, currency),
        "returnCost": Money(record.cost, currency),
        **_taxes(goods + record.shipping + record.handling, currency),
    }


def _discounts(order: Order, _info: Info) -> list[Totals]:
    """Each discount with what it takes off: together what the totals say."""
    left = bill(order).goods.discount
    rows = []
    for discount in order.discounts:
        worth = min(left, discount.amount) if discount.percent is None else left
        left -= worth
        code = {"code": discount.code} if discount.code else {}
        rows.append({"value": Money(worth, order.currency), "date": discount.at, "name": discount.name, **code})
    return rows


LINE: dict[str, Resolver] = {
    "unitOriginalPrice": _priced(_original),
    "unitPrice": _priced(_unit),
    "lineValue": _priced(_value),
    "appliedTaxRules": _line_rules,
}
ORDER: dict[str, Resolver] = {"grandTotal": _order_total, "totals": _order_totals, "discountsApplied": _discounts}
SHIPMENT: dict[str, Resolver] = {
    "grandTotal": _shipment_total,
    "totals": _shipment_totals,
    "discountsApplied": lambda row, info: _discounts(row.order, info),
}
PART: dict[str, Resolver] = {"lineValue": _part_line, "unitPrice": _part_unit}
RETURN: dict[str, Resolver] = {"grandTotal": _return_total, "totals": _return_totals}
