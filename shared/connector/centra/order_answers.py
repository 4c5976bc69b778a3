"""From Centra's JSON to whole orders, shipments, returns. What is needed and missing is Malformed; what is optional becomes '' or None.

Amounts come from the whole-number `valueInCents` only, never from the fractional `value` beside it (centra-api §3.5).
"""

from __future__ import annotations

from typing import Any

from connector.centra import names
from connector.centra.answers import Malformed, Node, moment, nodes, of, whole
from connector.centra.order_models import AllocatedTo, CentraOrder, LineOfOrder, LineOfShipment, OrderAmounts, ReturnOfOrder, ShipmentOfOrder
from connector.centra.order_values import address, amounts, attributes, flag, given, money, needed_text, payment, percent, text
from connector.domain.currency import decimals_of

_STORE_TYPES = {names.DTC_ORDER: names.DTC_STORE, "WholesaleOrder": "WHOLESALE"}
_NOTHING = OrderAmounts(0, 0, 0, 0, 0, 0, 0)


def centra_order(node: Node) -> CentraOrder:
    """A whole order. Of one that is not a consumer's only identity, status and times are read: it is no business of the stores."""
    kind = needed_text(node, "__typename")
    mine = kind == names.DTC_ORDER
    shipment_nodes = nodes(of(node, "shipments")) if mine else []
    currency = needed_text(node, "grandTotal", "currency", "code").upper() if mine else ""
    total = money(of(node, "grandTotal")) if mine else 0
    costs = amounts(of(node, "totals"), total) if mine else _NOTHING
    option = given(node, "shippingPriceGroup", "shippingOption")
    method = given(node, "paymentMethod")
    return CentraOrder(
        number=whole(of(node, "number")),
        id=needed_text(node, "id"),
        status=needed_text(node, "status"),
        store_type=_STORE_TYPES.get(kind, kind),
        external_id=text(node, "externalId"),
        created_at=moment(of(node, "createdAt")),
        updated_at=moment(of(node, "updatedAt")),
        currency=currency,
        currency_decimals=decimals_of(currency),
        grand_total=total,
        amounts=costs,
        on_hold=mine and flag(node, "isOnHold"),
        hold_reason=text(node, "orderHoldReason"),
        internal=mine and flag(node, "isInternal"),
        locked=mine and flag(node, "isLocked"),
        lines=_lines(nodes(of(node, "lines")), shipment_nodes, net=costs.tax_added > 0) if mine else (),
        shipments=tuple(_shipment(each) for each in shipment_nodes),
        payments=tuple(payment(each) for each in nodes(of(node, "paymentHistory"))) if mine else (),
        payment_method=text(method, "name") or text(method, "uri"),
        shipping_option=text(option, "name"),
        shipping_option_uri=text(option, "uri"),
        other_comment=text(node, "otherComment"),
        attributes=attributes(node.get("attributes")),
        email=text(node, "customer", "email") or text(node, "shippingAddress", "email") or text(node, "billingAddress", "email"),
        shipping_address=address(node.get("shippingAddress")),
        billing_address=address(node.get("billingAddress")),
    )


def centra_return(node: Node) -> ReturnOfOrder:
    status = needed_text(node, "returnStatus")
    warehouse = given(node, "returnWarehouse", "id")
    restocked = of(node, "returnedToStock") is True and warehouse is not None
    units: dict[int, int] = {}
    for line in nodes(of(node, "lines")):
        key = whole(of(line, "shipmentLine", "id"))
        units[key] = units.get(key, 0) + whole(of(line, "quantity"))
    return ReturnOfOrder(
        id=whole(of(node, "id")),
        shipment_id=whole(of(node, "shipment", "id")),
        external_id=text(node, "externalId"),
        status=status,
        completed=status in names.RETURNS_COMPLETED,
        created_at=moment(of(node, "createdAt")),
        lines=units,
        amount=money(of(node, "grandTotal")),
        restocked_in=whole(warehouse) if restocked else None,
        refunds=tuple(payment(each) for each in nodes(of(node, "refundPaymentHistory"))),
    )


def lists_all(node: Node, lines: int, shipments: int) -> bool:
    """Whether an order's node lists every allocation: none of its lists is as long as what was asked for, per line and per shipment line."""
    return all(len(each) < (shipments if shipment else lines) for (shipment, _), each in _allocation_lists(node).items())


def merge_allocations(into: Node, page: Node) -> None:
    """Add what a page of allocations (document OrderAllocations) has more than an order's node, by allocation id."""
    known = _allocation_lists(into)
    for key, found in _allocation_lists(page).items():
        have = known.get(key, [])
        seen = {whole(of(each, "id")) for each in have}
        have += [each for each in found if whole(of(each, "id")) not in seen]


def _allocation_lists(node: Node) -> dict[tuple[int, int], list[Node]]:
    """{(shipment id or 0, line id): its allocations}, of lines that have them."""
    found: dict[tuple[int, int], list[Node]] = {}
    parts: list[tuple[int, Any]] = [(0, node.get("lines") or [])]
    parts += [(whole(of(s, "id")), of(s, "lines")) for s in nodes(node.get("shipments") or [])]
    for shipment, lines in parts:
        for line in nodes(lines):
            if line.get("allocations") is not None:
                found[shipment, whole(of(line, "id"))] = nodes(line["allocations"])
    return found


def _lines(lines: list[Node], shipments: list[Node], *, net: bool) -> tuple[LineOfOrder, ...]:
    """Allocations of shipped units are left out, those of a shipment still to leave are added, whatever Centra lists on the order line.

    `net`: taxes come on top of prices; whether a price "including tax" holds them then is (unconfirmed), so the one without is taken.
    """
    shipped: set[int] = set()
    waiting_to_leave: dict[int, dict[int, AllocatedTo]] = {}
    for shipment in shipments:
        for line in nodes(of(shipment, "lines")):
            held = _allocated(line)
            if flag(shipment, "isShipped"):
                shipped |= held.keys()
            else:
                waiting_to_leave.setdefault(whole(of(line, "orderLine", "id")), {}).update(held)
    found = []
    for line in lines:
        held = waiting_to_leave.get(whole(of(line, "id")), {}) | _allocated(line)
        found.append(_line(line, tuple(held[key] for key in sorted(held.keys() - shipped)), net=net))
    return tuple(found)


def _line(node: Node, allocations: tuple[AllocatedTo, ...], *, net: bool) -> LineOfOrder:
    size = node.get("productSize")
    prices = ("netOriginal", "netPrice", "netValue") if net else ("unitOriginalPrice", "unitPrice", "lineValue")
    original, price, value = (money(of(node, name)) for name in prices)
    bundle = given(node, names.ITEM_BUNDLE, "id")
    return LineOfOrder(
        id=whole(of(node, "id")),
        kind=needed_text(node, "__typename"),
        quantity=whole(of(node, "quantity")),
        cancelled=whole(of(node, "cancelledQuantity")),
        product_name=text(node, "productName"),
        variant_name=text(node, "productVariantName"),
        size_name=text(node, "size"),
        size_id=None if size is None else whole(of(size, "id")),
        sku=text(size, "SKU"),
        ean=text(size, "EAN"),
        unit_original=original,
        unit_price=price,
        value=value,
        tax_percent=percent(of(node, "taxPercent")),
        allocations=allocations,
        comment=text(node, "comment"),
        bundle_line=None if bundle is None else whole(bundle),
    )


def _allocated(line: Node) -> dict[int, AllocatedTo]:
    """{allocation id: …}; units whose warehouse Centra does not tell are left out."""
    found = {}
    for each in nodes(line.get("allocations") or []):
        warehouse = of(each, "warehouse", "id")
        if warehouse is not None:
            key = whole(of(each, "id"))
            found[key] = AllocatedTo(key, whole(warehouse), whole(of(each, "quantity")), each.get("isWaitingForConfirmation") is True)
    return found


def _shipment(node: Node) -> ShipmentOfOrder:
    shipped_at = of(node, "shippedAt") if flag(node, "isShipped") else None
    if flag(node, "isShipped") and shipped_at is None:
        raise Malformed("a shipment left at no time")
    return ShipmentOfOrder(
        id=whole(of(node, "id")),
        number=needed_text(node, "number"),
        external_id=text(node, names.SHIPMENT_EXTERNAL_ID),
        good_to_go=flag(node, "isGoodToGo"),
        paid=flag(node, "isPaid"),
        captured=node.get("isCaptured") is True,
        shipped_at=None if shipped_at is None else moment(shipped_at),
        carrier=text(node, "carrierInformation", "carrierName"),
        service=text(node, "carrierInformation", "serviceName"),
        tracking=text(node, "trackingNumber"),
        lines=tuple(_shipment_line(line) for line in nodes(of(node, "lines"))),
    )


def _shipment_line(node: Node) -> LineOfShipment:
    warehouses: dict[int, int] = {}
    for each in _allocated(node).values():
        warehouses[each.warehouse] = warehouses.get(each.warehouse, 0) + each.units
    identity = (whole(of(node, "id")), whole(of(node, "orderLine", "id")))
    return LineOfShipment(*identity, whole(of(node, "quantity")), whole(of(node, "returnedQuantity")), warehouses)
