"""What Centra's mutations of orders do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.centra.money import given_money
from sandbox.centra.mutation_inputs import (
    SOURCE,
    Input,
    Payload,
    Resolver,
    editable_order,
    named_order,
    named_parts,
    named_warehouse,
    payload,
    said,
    stock_action,
)
from sandbox.centra.order_parts import StockAction
from sandbox.centra.order_records import Order, OrderLine
from sandbox.centra.pricing import bill
from sandbox.centra.records import Refusal
from sandbox.centra.state import CentraState

COMMENTS = {"internalComment": "internal_comment", "otherComment": "other_comment"}
ADDRESSES = {"shippingAddress": "shipping_address", "billingAddress": "billing_address"}


@payload("order")
def allocate_order(state: CentraState, input: Input) -> Payload:
    order = editable_order(state, input["order"])
    warehouses = [named_warehouse(state, w, ["input", "warehouses"]) for w in input.get("warehouses") or ()]
    parts = named_parts(order, input.get("allocate")) or [(line, line.unallocated) for line in order.lines]
    short = state.orders.allocate(order, parts, warehouses)
    _noted(order, input.get("comment"))
    return {"order": order, "userWarnings": said(short)}


@payload("order")
def unallocate_order(state: CentraState, input: Input) -> Payload:
    order = editable_order(state, input["order"])
    action = stock_action(state, input["stockActionPolicy"], ["input", "stockActionPolicy"])
    warehouses = [named_warehouse(state, w, ["input", "warehouses"]) for w in input.get("warehouses") or ()]
    parts = named_parts(order, input.get("unallocate")) or [(line, line.quantity) for line in order.lines if line.stocked]
    short = state.orders.unallocate(order, parts, warehouses, action)
    _noted(order, input.get("comment"))
    return {"order": order, "userWarnings": said(short)}


@payload("order")
def confirm_order(state: CentraState, input: Input) -> Payload:
    order = editable_order(state, input["order"])
    if order.status != "PENDING":
        raise Refusal(f"Order {order.number} is {order.status}.", ["input", "order"])
    order.status = "CONFIRMED"
    order.mails.append(("confirmation", state.now()))
    state.orders.changed(order)
    return {"order": order}


@payload("order")
def update_order(state: CentraState, order: Input, input: Input) -> Payload:
    """Everything is checked before anything is changed."""
    found = editable_order(state, order, ["order"])
    if found.wholesale:
        raise Refusal(f"Order {found.number} is a wholesale order.", ["order"])
    _may_edit(state, found, input)
    cancelled = _cancellations(state, found, input.get("cancelLines") or ())
    for action, parts in cancelled:
        state.orders.cancel(found, parts, action)
    _noted(found, input.get("cancellationComment"))
    for member, name in COMMENTS.items():
        if input.get(member) is not None:
            setattr(found, name, input[member])
    for member, name in ADDRESSES.items():
        if input.get(member) is not None:
            setattr(found, name, {**(getattr(found, name) or {}), **given_address(input[member])})
    cost = given_money(input.get("shippingCost"), found.currency, ["input", "shippingCost"])
    found.shipping.value = found.shipping.value if cost is None else cost
    found.internal = found.internal if input.get("isInternal") is None else input["isInternal"]
    state.external_ids.set("Order", found.number, input.get("externalId"))
    if input.get("isOnHold") is True:
        state.orders.hold(found, input.get("holdStatusChangeReason") or "")
    elif input.get("isOnHold") is False and found.on_hold:
        state.orders.resume(found)
    state.orders.changed(found)
    return {"order": found}


@payload("order")
def resume_order(state: CentraState, order: Input) -> Payload:
    found = editable_order(state, order, ["order"])
    state.orders.resume(found)
    return {"order": found}


@payload("order")
def cancel_order(state: CentraState, id: str, input: Input) -> Payload:
    """The whole order; units on shipments stop it. What the provider refuses is a warning."""
    order = editable_order(state, {"id": id}, ["id"])
    if order.status in ("CANCELLED", "SHIPPED") or order.shipments:
        raise Refusal(f"Order {order.number} is {order.status} and has {len(order.shipments)} shipments.", ["id"])
    action = stock_action(state, input["stockAction"], ["input", "stockAction"])
    parts = [(line, line.quantity) for line in order.lines if line.bundle is None and line.quantity]
    warnings, entry = [], None
    if order.payment.captured and not order.payment.external:
        warnings.append("The order is captured: cancelling does not refund it.")
    asked = input.get("cancelAuthorization")
    if asked or (asked is None and not state.modes_in_force.cancel_keeps_authorisation and order.payment.left_to_capture > 0):
        try:
            entry = state.payments.cancel(order, SOURCE)
        except Refusal as refusal:
            warnings.append(str(refusal))
    state.orders.cancel(order, parts, action)
    _noted(order, input.get("comment"))
    if input["emailOptions"]["sendEmail"]:
        order.mails.append(("cancellation", state.now()))
    return {"order": order, "paymentHistoryEntry": entry, "userWarnings": said(warnings)}


@payload("order")
def capture_order(state: CentraState, order: Input) -> Payload:
    """The whole amount; a failed capture fails the mutation."""
    found = editable_order(state, order, ["order"])
    amount = bill(found).total - found.payment.captured
    if amount <= 0:
        raise Refusal(f"Order {found.number} has nothing left to capture.", ["order"])
    entry = state.payments.capture(found, amount, lambda done: _all_captured(state, found, done), SOURCE)
    state.orders.changed(found, quiet=True)
    if entry.status == "FAILED":
        raise Refusal(f"The capture of order {found.number} failed.", ["order"])
    return {"order": found, "paymentHistoryEntry": entry}


@payload("orders")
def set_orders_lock(state: CentraState, input: Input) -> Payload:
    orders = [named_order(state, wanted, ["input", "orders"]) for wanted in input["orders"]]
    for order in orders:
        order.locked = input["isLocked"]
        state.orders.changed(order)
    return {"orders": orders}


@payload("")
def assign_attributes(state: CentraState, input: Input) -> Payload:
    """Only types that the client's configuration has, and only their elements."""
    if input["objectType"] != "Order":
        raise Refusal("Only orders' attributes are played by the sandbox.", ["input", "objectType"])
    order = editable_order(state, {"number": input["objectId"]}, ["input", "objectId"])
    given = input.get("dynamicAttributes") or ()
    for row in given:
        owner, elements = state.attribute_types.get(row["attributeTypeName"], ("", {}))
        if owner != "Order" or row["attributeElementKey"] not in elements:
            text = f"Could not find AttributeType {row['attributeTypeName']} with element {row['attributeElementKey']} for Order"
            raise Refusal(text, ["input", "dynamicAttributes"])
    for row in given:
        order.attributes.setdefault(row["attributeTypeName"], {})[row["attributeElementKey"]] = row["attributeElementValue"]
    state.orders.changed(order)
    return {}


RESOLVERS: dict[str, Resolver] = {
    "allocateOrder": allocate_order,
    "unallocateOrder": unallocate_order,
    "confirmOrder": confirm_order,
    "updateDirectToConsumerOrder": update_order,
    "resumeDirectToConsumerOrder": resume_order,
    "cancelDirectToConsumerOrder": cancel_order,
    "captureOrder": capture_order,
    "setOrdersLock": set_orders_lock,
    "assignAttributes": assign_attributes,
}


def given_address(wanted: Mapping[str, Any]) -> dict[str, str]:
    """An `AddressInput` with its country as a code."""
    country = wanted.get("country")
    plain = {name: value for name, value in wanted.items() if name != "country" and value is not None}
    return plain if country is None or not country.get("code") else {**plain, "country": country["code"]}


def _may_edit(state: CentraState, order: Order, input: Input) -> None:
    state.external_ids.check("Order", input.get("externalId"), order.number)
    closed = order.status in ("CANCELLED", "SHIPPED", "ARCHIVED")
    for member in ("cancelLines", "shippingAddress", "billingAddress", "shippingCost", "isOnHold"):
        if closed and input.get(member) not in (None, False):
            raise Refusal(f"Order {order.number} is {order.status}.", ["input", member])
    cost = given_money(input.get("shippingCost"), order.currency, ["input", "shippingCost"])
    if cost is not None and (order.status != "CONFIRMED" or cost > order.shipping.value):
        raise Refusal("shippingCost can only be lowered, and only of a confirmed order.", ["input", "shippingCost"])


def _cancellations(state: CentraState, order: Order, rows: Any) -> list[tuple[StockAction, list[tuple[OrderLine, int]]]]:
    """By stock action; refused whole when any line has fewer unshipped units."""
    found = []
    for row in rows:
        action = stock_action(state, row["stockActionPolicy"], ["input", "cancelLines", "stockActionPolicy"])
        found.append((action, named_parts(order, [row], "line")))
    asked = named_parts(order, rows, "line")
    for line, units in asked:
        if units > line.quantity - line.expedited:
            raise Refusal(f"Only {line.quantity - line.expedited} of {line.size.sku} can be cancelled.", ["input", "cancelLines"])
    return found


def _all_captured(state: CentraState, order: Order, done: bool) -> None:
    if done:
        for shipment in order.shipments:
            if shipment.captured_at is None:
                shipment.captured_at, shipment.captured_value = state.now(), shipment.total
                state.shipping.mark_paid(shipment, True)
        order.payment.direct = True
    state.orders.changed(order, quiet=True)


def _noted(order: Order, comment: str | None) -> None:
    if comment:
        order.history.append(comment)
