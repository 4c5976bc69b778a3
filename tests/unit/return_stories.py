"""Web orders, till refunds and returns to tell stories with. Amounts of Centra in cents, of Sitoo as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from connector.centra.order_models import (
    CentraOrder,
    LineOfOrder,
    LineOfShipment,
    OrderAmounts,
    PaymentEntry,
    ReturnOfOrder,
    ShipmentOfOrder,
)
from connector.domain.order_settings import OrderSettings, ReturnSettings, TillRefund
from connector.mapping.refund_order import ORIGINAL_ROW_MARK
from connector.mapping.till_refund import Original
from connector.sitoo.order_models import CLOSED, HandedOut, RowOfOrder, TenderOfOrder, WholeOrder
from connector.store.order_files import CopyRow, Purpose

NUMBER, COPY, REFUND = 104233, 7001, 9001
NOON = 1_800_000_000.0
TILL, PSP = TillRefund.PAID_AT_TILL, TillRefund.REFUND_IN_CENTRA
SETTINGS = OrderSettings(
    shipping_fee_sku="FREIGHT",
    handling_fee_sku="HANDLING",
    returns=ReturnSettings({"Card": TILL, "Cash": TILL, "Gift card": TILL, "Web refund": PSP, "Credit note": PSP}, shipping_sku="TILL-FREIGHT"),
)


def line(id: int, sku: str, quantity: int, value: int, **more: Any) -> LineOfOrder:
    """`value` is that of all units."""
    unit = value // quantity if quantity else 0
    given: dict[str, Any] = {
        "kind": "ProductOrderLine",
        "cancelled": 0,
        "product_name": sku,
        "variant_name": "",
        "size_name": "",
        "size_id": id,
        "ean": "",
        "unit_original": unit,
        "unit_price": unit,
        "tax_percent": Decimal(25),
    }
    return LineOfOrder(id=id, quantity=quantity, sku=sku, value=value, **(given | more))


def shipment(
    id: int,
    lines: Sequence[tuple[int, int, int, int]],
    *,
    at: float | None = NOON,
    external_id: str = "",
    warehouses: Mapping[int, int] | None = None,
) -> ShipmentOfOrder:
    """`lines`: (shipment line, order line, units, returned)."""
    parts = tuple(LineOfShipment(n, order_line, units, returned, warehouses or {}) for n, order_line, units, returned in lines)
    return ShipmentOfOrder(id, f"{NUMBER}-{id}", external_id, True, True, True, at, "", "", "", parts)


def entry(kind: str, amount: int, *, status: str = "SUCCESS", id: int = 1, method: str = "Adyen", at: float = NOON) -> PaymentEntry:
    return PaymentEntry(id, kind, status, amount, method, "ref", at)


def web_order(lines: Sequence[LineOfOrder], shipments: Sequence[ShipmentOfOrder], **more: Any) -> CentraOrder:
    value = sum(x.value for x in lines if x.bundle_line is None)
    shipping, handling, discounts, added, deducted = (more.pop(k, 0) for k in ("shipping", "handling", "discounts", "tax_added", "tax_deducted"))
    amounts = OrderAmounts(value, shipping, handling, discounts, added, deducted, 0, Decimal(25))
    total = amounts.lines + amounts.shipping + amounts.handling - amounts.discounts + amounts.tax_added - amounts.tax_deducted
    given: dict[str, Any] = {
        "number": NUMBER,
        "id": "a" * 32,
        "status": "SHIPPED",
        "store_type": "DIRECT_TO_CONSUMER",
        "external_id": "",
        "created_at": NOON,
        "updated_at": NOON,
        "currency": "SEK",
        "currency_decimals": 2,
        "grand_total": total,
        "on_hold": False,
        "hold_reason": "",
        "internal": False,
        "locked": False,
        "payments": (entry("CAPTURE", total),),
        "payment_method": "adyen",
        "shipping_option": "",
        "shipping_option_uri": "",
        "other_comment": "",
        "attributes": {},
        "email": "",
        "shipping_address": None,
        "billing_address": None,
    }
    return CentraOrder(amounts=amounts, lines=tuple(lines), shipments=tuple(shipments), **(given | more))


def row(
    index: int, sku: str, quantity: int, gross: str, of: int | None = None, *, percent: int = 25, marks: Mapping[str, str] | None = None
) -> RowOfOrder:
    """`gross` is positive on refunds too; `of`: the row of the original that it names."""
    whole = Decimal(gross) if quantity > 0 else -Decimal(gross)
    net = (whole / (1 + Decimal(percent) / 100)).quantize(Decimal("0.01"))
    named = {} if of is None else {ORIGINAL_ROW_MARK: str(of)}
    return RowOfOrder(index, sku, sku, quantity, net, whole - net, Decimal(percent), {**(marks or {}), **named})


def paid(name: str, amount: str, *, virtual: bool = False, **marks: str) -> TenderOfOrder:
    """Paid out: negative in Sitoo."""
    return TenderOfOrder(name, -Decimal(amount), virtual, {name.replace("_", "-"): text for name, text in marks.items()})


def sitoo_order(id: int, rows: Sequence[RowOfOrder], payments: Sequence[TenderOfOrder], **more: Any) -> WholeOrder:
    given: dict[str, Any] = {
        "type": 10,
        "state": CLOSED,
        "payment_state": 20,
        "external_id": "",
        "warehouse_id": 31,
        "register": "{R}",
        "date": NOON,
        "currency": "SEK",
        "reserved_until": None,
        "marks": {},
    }
    return WholeOrder(id=id, total=sum((r.gross for r in rows), Decimal(0)), rows=tuple(rows), payments=tuple(payments), **(given | more))


def till_refund(rows: Sequence[RowOfOrder], *payments: TenderOfOrder, **more: Any) -> WholeOrder:
    """Paid out with a card unless told otherwise."""
    back = -sum((r.gross for r in rows), Decimal(0))
    return sitoo_order(REFUND, rows, payments or (paid("Card", str(back)),), **({"credit_of": COPY} | more))


def copied(*rows: CopyRow, purpose: Purpose = Purpose.FULFIL, handed_out: Sequence[HandedOut] = ()) -> Original:
    return Original(COPY, purpose, rows, handed_out)


def handed(id: int, units: Mapping[int, int], *, cancelled: bool = False) -> HandedOut:
    return HandedOut(id, COPY, 31, NOON, "", cancelled, units)


def made_return(id: int, shipment_id: int, lines: Mapping[int, int], amount: int, **more: Any) -> ReturnOfOrder:
    given: dict[str, Any] = {"external_id": "", "status": "COMPLETED", "completed": True, "created_at": NOON}
    return ReturnOfOrder(id=id, shipment_id=shipment_id, lines=lines, amount=amount, **(given | more))
