"""The GraphQL documents that write orders, shipments and returns: one mutation each, under the alias `saved`.

Inputs are written out member by member, never passed whole as a variable, so that comparing the documents with Centra's schema finds a wrong
member name too; a document of lines therefore depends on how many there are.
"""

from __future__ import annotations

from decimal import Decimal
from functools import cache

from connector.centra import names as n

_PAYLOAD = "userErrors { message path } userWarnings { message path }"


def _rows(count: int, subject: str, more: str = "") -> str:
    """`count` lines as variables l0, q0 …: id and units."""
    return "[" + ", ".join(f"{{{subject}: {{id: $l{i}}}, quantity: $q{i}{more}}}" for i in range(count)) + "]"


def _declared(count: int, rest: str) -> str:
    return ", ".join([rest, *(f"$l{i}: Int!, $q{i}: Int!" for i in range(count))])


def _policy(remove: bool) -> str:
    return "{removeItemsFromStock: true}" if remove else "{releaseItemsBackToWarehouse: true}"


@cache
def allocate_order(lines: int, warehouses: int) -> str:
    """Variables: order (number), w{i} warehouses in the order they are preferred, l{i}, q{i} lines and units, comment."""
    declared = _declared(lines, "$order: Int!, $comment: String" + "".join(f", $w{i}: Int!" for i in range(warehouses)))
    preferred = "warehouses: [" + ", ".join(f"{{id: $w{i}}}" for i in range(warehouses)) + "], " if warehouses else ""
    given = f"order: {{number: $order}}, {preferred}allocate: {_rows(lines, 'orderLine')}, comment: $comment"
    return f"mutation AllocateOrder({declared}) {{\n  saved: allocateOrder(input: {{{given}}}) {{ {_PAYLOAD} }}\n}}"


@cache
def unallocate_order(lines: int, remove: bool) -> str:
    """Variables: order (number), warehouse, l{i}, q{i} lines and units, comment."""
    declared = _declared(lines, "$order: Int!, $warehouse: Int!, $comment: String")
    rows = f"unallocate: {_rows(lines, 'orderLine')}, stockActionPolicy: {_policy(remove)}"
    given = f"order: {{number: $order}}, warehouses: [{{id: $warehouse}}], {rows}, comment: $comment"
    return f"mutation UnallocateOrder({declared}) {{\n  saved: unallocateOrder(input: {{{given}}}) {{ {_PAYLOAD} }}\n}}"


@cache
def cancel_lines(lines: int, remove: bool) -> str:
    """Variables: order (number), l{i}, q{i} lines and units, comment."""
    rows = _rows(lines, "line", f", stockActionPolicy: {_policy(remove)}")
    return _update_order("CancelLines", _declared(lines, "$order: Int!, $comment: String"), f"cancelLines: {rows}, cancellationComment: $comment")


def _update_order(name: str, declared: str, members: str) -> str:
    field = f"updateDirectToConsumerOrder(order: {{number: $order}}, input: {{{members}}})"
    return f"mutation {name}({declared}) {{\n  saved: {field} {{ {_PAYLOAD} }}\n}}"


HOLD = _update_order("HoldOrder", "$order: Int!, $reason: String", "isOnHold: true, holdStatusChangeReason: $reason")
COMMENT = _update_order("CommentOrder", "$order: Int!, $comment: String", "internalComment: $comment")
SET_EXTERNAL_ID = _update_order("NameOrder", "$order: Int!, $externalId: String", "externalId: $externalId")

_SHIPMENT_INFO = "shipmentInfo: {carrier: $carrier, service: $service, trackingNumber: $tracking}"
_INFO_VARIABLES = ", $carrier: String, $service: String, $tracking: String"


@cache
def create_shipment(lines: int, info: bool) -> str:
    """Variables: order (number), l{i}, q{i} lines and units, externalId, capture, paid; with `info` carrier, service, tracking."""
    rest = f"$order: Int!, $externalId: String, $capture: Boolean, $paid: Boolean{_INFO_VARIABLES if info else ''}"
    members = [
        "order: {number: $order}",
        f"lines: {_rows(lines, 'orderLine')}",
        f"{n.SHIPMENT_EXTERNAL_ID}: $externalId",
        "isGoodToGo: true, capture: $capture, isPaid: $paid, sendEmail: false",
        *([_SHIPMENT_INFO] if info else []),
    ]
    field = f"createShipment(input: {{{', '.join(members)}}})"
    return f"mutation CreateShipment({_declared(lines, rest)}) {{\n  saved: {field} {{ made: shipment {{ id }} {_PAYLOAD} }}\n}}"


CAPTURE_SHIPMENT = f"mutation CaptureShipment($id: Int!) {{\n  saved: captureShipment(id: $id) {{ {_PAYLOAD} }}\n}}"


@cache
def complete_shipment(info: bool) -> str:
    """Variables: id, shippedAt, sendEmail; with `info` carrier, service, tracking."""
    declared = f"$id: Int!, $shippedAt: {n.DATE_TYPE}, $sendEmail: Boolean{_INFO_VARIABLES if info else ''}"
    members = ", ".join(["shippedAt: $shippedAt", "sendEmail: $sendEmail", *([_SHIPMENT_INFO] if info else [])])
    return f"mutation CompleteShipment({declared}) {{\n  saved: completeShipment(id: $id, input: {{{members}}}) {{ {_PAYLOAD} }}\n}}"


ASSIGN_ATTRIBUTE = f"""mutation AssignAttribute($order: Int!, $attribute: String!, $element: String!, $value: String!) {{
  saved: assignAttributes(input: {{objectType: Order, objectId: $order, dynamicAttributes: [
    {{attributeTypeName: $attribute, attributeElementKey: $element, attributeElementValue: $value}}
  ]}}) {{ {_PAYLOAD} }}
}}"""


def create_return(lines: int, cost: Decimal, shipping: Decimal, voucher: Decimal) -> str:
    """Variables: shipment, l{i}, q{i} shipment lines and units, externalId, comment, currency. Amounts are whole units of money.

    They are written into the document: variables would have to pass through floats. Shipping and voucher are always given, as what Centra
    takes for them otherwise is (unconfirmed).
    """

    def money(amount: Decimal) -> str:
        return f"{{value: {amount:f}, currencyIsoCode: $currency}}"

    members = [
        "shipment: {id: $shipment}",
        f"lines: {_rows(lines, 'shipmentLine')}",
        f"returnStockActionPolicy: {_policy(remove=True)}",
        f"shippingCost: {{value: {money(shipping)}}}, voucherValue: {{value: {money(voucher)}}}",
        *([f"returnCost: {money(cost)}"] if cost else []),
        "externalId: $externalId, comment: $comment",
    ]
    declared = _declared(lines, "$shipment: Int!, $externalId: String, $comment: String, $currency: String!")
    field = f"createReturn(input: {{{', '.join(members)}}})"
    return f"mutation CreateReturn({declared}) {{\n  saved: {field} {{ made: return {{ id }} {_PAYLOAD} }}\n}}"


COMPLETE_RETURN = f"mutation CompleteReturn($id: Int!) {{\n  saved: completeReturn(id: $id, input: {{sendEmail: false}}) {{ {_PAYLOAD} }}\n}}"
REFUND_RETURN = f"mutation RefundReturn($id: Int!) {{\n  saved: refundReturn({n.REFUND_RETURN_ID}: $id) {{ {_PAYLOAD} }}\n}}"


def every_mutation() -> dict[str, str]:
    """One of each, by operation name, for checking against a schema."""
    return {
        "AllocateOrder": allocate_order(2, 2),
        "UnallocateOrder": unallocate_order(2, remove=True),
        "CancelLines": cancel_lines(2, remove=False),
        "HoldOrder": HOLD,
        "NameOrder": SET_EXTERNAL_ID,
        "CommentOrder": COMMENT,
        "CreateShipment": create_shipment(2, info=True),
        "CaptureShipment": CAPTURE_SHIPMENT,
        "CompleteShipment": complete_shipment(info=True),
        "AssignAttribute": ASSIGN_ATTRIBUTE,
        "CreateReturn": create_return(2, Decimal("49.90"), Decimal("29.00"), Decimal("0.00")),
        "CompleteReturn": COMPLETE_RETURN,
        "RefundReturn": REFUND_RETURN,
    }
