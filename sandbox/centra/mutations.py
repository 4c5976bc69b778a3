"""What Centra's mutations do; business refusals are `userErrors`, adjustments `userWarnings`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from graphql import GraphQLError, GraphQLResolveInfo

from sandbox.centra.controls import BrokenField
from sandbox.centra.records import Order, OrderLine, Refusal, Size, Warehouse
from sandbox.centra.state import CentraState
from sandbox.centra.stock import Outcome

Input = Mapping[str, Any]
Payload = dict[str, Any]
Resolver = Callable[..., Payload]


def _payload(empty: str, none: Any = None) -> Callable[[Callable[..., Payload]], Resolver]:
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
            return {"userErrors": [], "userWarnings": [], **answer}

        return resolver

    return wrap


@_payload("stockChanges", [])
def set_stock(state: CentraState, input: Input) -> Payload:
    if input["stockQuantityType"] != "PHYSICAL":
        raise Refusal("Only PHYSICAL is played by the sandbox.", ["input", "stockQuantityType"])
    warehouse = _warehouse(state, input["warehouse"], ["input", "warehouse"])
    rows = [(n, *_size(state, row), row["quantity"]) for n, row in enumerate(_some(input))]
    outcome = state.stock.set_physical(warehouse, [(n, size, quantity, reason) for n, size, reason, quantity in rows], input["description"])
    return {"stockChanges": outcome.changes, **_problems(outcome)}


@_payload("stockChange")
def change_stock(state: CentraState, input: Input) -> Payload:
    out, into = input.get("outFromWarehouse"), input.get("intoWarehouse")
    if out is None and into is None:
        raise Refusal("outFromWarehouse or intoWarehouse must be given.", ["input"])
    rows = [(n, *_size(state, row), row["deliveredQuantity"]) for n, row in enumerate(_some(input))]
    outcome = state.stock.change(
        _warehouse(state, out, ["input", "outFromWarehouse"]) if out is not None else None,
        _warehouse(state, into, ["input", "intoWarehouse"]) if into is not None else None,
        [(n, size, units, reason) for n, size, reason, units in rows],
        input["description"],
    )
    return {"stockChange": outcome.changes[0] if outcome.changes else None, **_problems(outcome)}


@_payload("warehouse")
def update_warehouse(state: CentraState, id: int, input: Input) -> Payload:
    warehouse = _warehouse(state, {"id": id}, ["id"])
    threshold = input.get("threshold", warehouse.threshold)
    if threshold is not None and threshold < 0:
        raise Refusal("threshold must not be negative.", ["input", "threshold"])
    warehouse.threshold = threshold
    warehouse.name = input.get("name") or warehouse.name
    return {"warehouse": warehouse}


@_payload("productVariant")
def update_product_variant(state: CentraState, id: int, input: Input) -> Payload:
    variant = state.catalogue.variants.get(id)
    if variant is None:
        raise Refusal(f"Could not find ProductVariant with ID {id}", ["id"])
    offset = input.get("stockOffset", variant.stock_offset)
    if offset is not None and offset < 0:
        raise Refusal("stockOffset must not be negative.", ["input", "stockOffset"])
    variant.stock_offset, variant.updated_at = offset, state.now()
    return {"productVariant": variant}


@_payload("order")
def allocate_order(state: CentraState, input: Input) -> Payload:
    order = _order(state, input["order"])
    warehouses = [_warehouse(state, w, ["input", "warehouses"]) for w in input.get("warehouses") or ()]
    parts = _parts(order, input.get("allocate")) or [(line, line.unallocated) for line in order.lines]
    return {"order": order, "userWarnings": _said(state.orders.allocate(order, parts, warehouses))}


@_payload("order")
def unallocate_order(state: CentraState, input: Input) -> Payload:
    order = _order(state, input["order"])
    policy = [name for name, value in input["stockActionPolicy"].items() if value]
    if policy not in (["releaseItemsBackToWarehouse"], ["removeItemsFromStock"]):
        text = "Exactly one stock action must be given (sendItemsToDifferentWarehouse is not played by the sandbox)."
        raise Refusal(text, ["input", "stockActionPolicy"])
    warehouses = [_warehouse(state, w, ["input", "warehouses"]) for w in input.get("warehouses") or ()]
    parts = _parts(order, input.get("unallocate")) or [(line, line.quantity) for line in order.lines]
    return {"order": order, "userWarnings": _said(state.orders.unallocate(order, parts, warehouses, remove=policy == ["removeItemsFromStock"]))}


@_payload("shipment")
def create_shipment(state: CentraState, input: Input) -> Payload:
    order = _order(state, input["order"])
    parts = _parts(order, input.get("lines")) or [(line, line.on_no_shipment) for line in order.lines]
    good_to_go, paid = bool(input.get("isGoodToGo")), bool(input.get("isPaid"))
    return {"shipment": state.orders.create_shipment(order, parts, good_to_go=good_to_go, paid=paid)}


@_payload("shipment")
def complete_shipment(state: CentraState, id: int, input: Input | None = None) -> Payload:
    shipment = state.orders.shipments.get(id)
    if shipment is None:
        raise Refusal(f"Could not find Shipment with ID {id}", ["id"])
    state.orders.complete(shipment, (input or {}).get("shippedAt"))
    return {"shipment": shipment}


RESOLVERS: dict[str, Resolver] = {
    "setStock": set_stock,
    "changeStock": change_stock,
    "updateWarehouse": update_warehouse,
    "updateProductVariant": update_product_variant,
    "allocateOrder": allocate_order,
    "unallocateOrder": unallocate_order,
    "createShipment": create_shipment,
    "completeShipment": complete_shipment,
}


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


def _some(input: Input) -> list[Input]:
    rows = input.get("productSizes")
    if not rows:
        raise Refusal("productSizes must not be empty.", ["input", "productSizes"])
    return list(rows)


def _size(state: CentraState, row: Input) -> tuple[Size | None, str]:
    try:
        return state.catalogue.named_size(row["productSize"]), ""
    except Refusal as refusal:
        return None, str(refusal)


def _warehouse(state: CentraState, wanted: Input, path: list[str]) -> Warehouse:
    if wanted.get("id") is None:
        raise Refusal("Exactly one of id, externalId must be given; the sandbox knows ids.", path)
    found = state.catalogue.warehouses.get(wanted["id"])
    if found is None:
        raise Refusal(f"Could not find Warehouse with ID {wanted['id']}", path)
    return found


def _order(state: CentraState, wanted: Input) -> Order:
    found = state.orders.orders.get(wanted.get("number", 0)) or state.orders.by_id.get(wanted.get("id") or "")
    if found is None or len(wanted) != 1:
        raise Refusal(f"Could not find Order with {dict(wanted)}", ["input", "order"])
    return found


def _parts(order: Order, rows: list[Input] | None) -> list[tuple[OrderLine, int]]:
    lines = {line.id: line for line in order.lines}
    parts: dict[OrderLine, int] = {}
    for row in rows or ():
        line = lines.get(row["orderLine"]["id"])
        if line is None or row["quantity"] < 1:
            raise Refusal(f"Order {order.number} has no line {row['orderLine']['id']}, or its quantity is not positive.", ["input"])
        parts[line] = parts.get(line, 0) + row["quantity"]
    return list(parts.items())


def _problems(outcome: Outcome) -> Payload:
    def said(pairs: list[tuple[str, list[str] | None]]) -> list[dict[str, Any]]:
        return [{"message": message, "path": path} for message, path in pairs]

    return {"userErrors": said(outcome.errors), "userWarnings": said(outcome.warnings)}


def _said(sentences: list[str]) -> list[dict[str, Any]]:
    return [{"message": sentence, "path": None} for sentence in sentences]
