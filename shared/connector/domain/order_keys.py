"""The business facts that key what the connector creates, so that it is found again and never made twice, and known as our own."""

from __future__ import annotations

import re

ORDER_MARK = "centra-order"
"""additionaldata of every Sitoo order that the connector makes: the Centra order's number."""
WAREHOUSE_MARK = "centra-warehouse"
RETURN_MARK = "centra-return"
"""additionaldata of a Sitoo refund order that records a return made in Centra: the return's id."""
WEB_ORDER_MARK = "weborder"
PICK_UP_MARK = "weborder-bopis"
LINE_MARK = "web-itemid"
"""additionaldata of a row: the Centra order line's id."""

_DELIVERY = re.compile(r"^sitoo-delivery-(\d+)$")
_REFUND = re.compile(r"^sitoo-refund-(\d+)-(\d+)$")
_SALE = re.compile(r"^sitoo-sale-(\d+)(?:-sent)?$")


def shipment_key(delivery_id: int) -> str:
    """externalId of the Centra shipment made for a Sitoo delivery."""
    return f"sitoo-delivery-{delivery_id}"


def delivery_of(external_id: str) -> int | None:
    """The Sitoo delivery a shipment of ours was made for; None for shipments made by others."""
    match = _DELIVERY.match(external_id)
    return int(match[1]) if match else None


def return_key(sitoo_order_id: int, shipment_id: int) -> str:
    """externalId of the Centra return made for the part of a till refund that one shipment sold."""
    return f"sitoo-refund-{sitoo_order_id}-{shipment_id}"


def refund_of(external_id: str) -> tuple[int, int] | None:
    """(Sitoo refund order, Centra shipment) of a return of ours."""
    match = _REFUND.match(external_id)
    return (int(match[1]), int(match[2])) if match else None


def sale_key(sitoo_order_id: int) -> str:
    """externalId of the Centra order made for a till sale: what the customer took along."""
    return f"sitoo-sale-{sitoo_order_id}"


def sent_key(sitoo_order_id: int) -> str:
    """externalId of the Centra order made for what was bought at a till and is sent from the central warehouse."""
    return f"sitoo-sale-{sitoo_order_id}-sent"


def sale_of(external_id: str) -> int | None:
    """The Sitoo order that a Centra order of ours was made for; None for orders made by others."""
    match = _SALE.match(external_id)
    return int(match[1]) if match else None


def recorded_return(return_id: int, shipment_id: int) -> str:
    """externalid of the Sitoo refund order that records a return made in Centra (`[A-Za-z0-9_-]`, ≤ 40)."""
    return f"CR{return_id}-S{shipment_id}"


def uncollected_key(delivery_id: int) -> str:
    """externalId of the Centra return of goods that nobody collected: of the shipment made for this delivery, which never left the store."""
    return f"sitoo-uncollected-{delivery_id}"


def stock_in_key(refund_id: int) -> str:
    """externalid of the warehouse transaction that takes a refund's goods in where Sitoo did not."""
    return f"sitoo-refund-{refund_id}-in"


def stock_out_key(refund_id: int) -> str:
    """externalid of the one that takes them out again because Sitoo did, later."""
    return f"sitoo-refund-{refund_id}-out"
