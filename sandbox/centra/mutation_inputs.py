"""What the resolvers of Centra's mutations share: payloads, and the inputs that name objects."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any

from graphql import GraphQLError, GraphQLResolveInfo

from sandbox.centra.controls import BrokenField
from sandbox.centra.order_parts import StockAction
from sandbox.centra.order_records import Order, OrderLine, Return, Shipment
from sandbox.centra.records import Refusal, Warehouse
from sandbox.centra.state import CentraState

Input = Mapping[str, Any]
Payload = dict[str, Any]
Resolver = Callable[..., Payload]
SOURCE = "Integration API"


def payload(empty: str, none: Any = None) -> Callable[[Callable[..., Payload]], Resolver]:
    """A Refusal becomes a payload whose entity is `none` and whose userErrors tell why."""

    def wrap(resolve: Callable[..., Payload]) -> Resolver:
        @wraps(resolve)
        def resolver(_root: None, info: GraphQLResolveInfo[CentraState], **arguments: Any) -> Payload:
            broken = _broken(info.context, info.field_name)
            if broken is not None and not broken.done:
                raise _internal_error()
            try:
                answer = resolve(info.context, **arguments)
            except Refusal as refusal:
                answer = {empty: none, "userErrors": [{"message": str(refusal), "path": refusal.path}]}
            if broken is not None:
                raise _internal_error()
            return {"userErrors": [], "userWarnings": [], "paymentHistoryEntries": [], **answer}

        return resolver

    return wrap


def named_warehouse(state: CentraState, wanted: Input, path: list[str]) -> Warehouse:
    if wanted.get("id") is None:
        raise Refusal("Exactly one of id, externalId must be given; the sandbox knows ids.", path)
    found = state.catalogue.warehouses.get(wanted["id"])
    if found is None:
        raise Refusal(f"Could not find Warehouse with ID {wanted['id']}", path)
    return found


def named_order(state: CentraState, wanted: Input, path: Sequence[str] = ("input", "order")) -> Order:
    """The order an `OrderInput` names; one that is locked only as the modes allow."""
    found = None
    if len(wanted) == 1:
        ((member, value),) = wanted.items()
        if member == "number":
            found = state.orders.orders.get(value)
        elif member == "id":
            found = state.orders.by_id.get(value or "")
        else:
            found = state.orders.orders.get(state.external_ids.find("Order", value) or 0)
    if found is None:
        raise Refusal(f"Could not find Order with {dict(wanted)}", list(path))
    return found


def editable_order(state: CentraState, wanted: Input, path: Sequence[str] = ("input", "order")) -> Order:
    order = named_order(state, wanted, path)
    if order.locked and state.modes_in_force.locked_orders == "refused":
        raise Refusal(f"Order {order.number} is locked.", list(path))
    return order


def named_shipment(state: CentraState, wanted: Input, path: Sequence[str] = ("id",)) -> Shipment:
    by_own = state.external_ids.find("Shipment", wanted["externalId"]) if wanted.get("externalId") is not None else wanted.get("id")
    found = state.orders.shipments.get(by_own or 0)
    if found is None:
        raise Refusal(f"Could not find Shipment with {dict(wanted)}", list(path))
    return found


def named_return(state: CentraState, id: int) -> Return:
    found = state.returns.returns.get(id)
    if found is None:
        raise Refusal(f"Could not find Return with ID {id}", ["id"])
    return found


def named_parts(order: Order, rows: Sequence[Input] | None, member: str = "orderLine") -> list[tuple[OrderLine, int]]:
    """Lines and units, each line once."""
    parts: dict[OrderLine, int] = {}
    for row in rows or ():
        line = order.line(row[member]["id"])
        if line is None or row["quantity"] < 1:
            raise Refusal(f"Order {order.number} has no line {row[member]['id']}, or its quantity is not positive.", ["input"])
        parts[line] = parts.get(line, 0) + row["quantity"]
    return list(parts.items())


def stock_action(state: CentraState, wanted: Input, path: Sequence[str]) -> StockAction:
    """A `StockPolicyActionInput`: exactly one of its members."""
    chosen = [name for name, value in wanted.items() if value]
    if len(chosen) != 1:
        raise Refusal("Exactly one stock action must be given.", list(path))
    if chosen == ["sendItemsToDifferentWarehouse"]:
        return StockAction("send", named_warehouse(state, wanted[chosen[0]], [*path, chosen[0]]))
    return StockAction("remove" if chosen == ["removeItemsFromStock"] else "release")


def said(sentences: list[str]) -> list[dict[str, Any]]:
    return [{"message": sentence, "path": None} for sentence in sentences]


def _internal_error() -> GraphQLError:
    return GraphQLError("Internal server error", extensions={"category": "internal"})


def _broken(state: CentraState, field: str) -> BrokenField | None:
    for broken in state.broken_fields:
        if broken.field == field:
            if broken.skip == 0:
                state.broken_fields.remove(broken)
                state.faults.played["broken_field"] += 1
                return broken
            broken.skip -= 1
            return None
    return None
