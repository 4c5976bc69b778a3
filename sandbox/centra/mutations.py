"""What Centra's mutations of stock and catalogue do; business refusals are `userErrors`, adjustments `userWarnings`."""

from __future__ import annotations

from typing import Any

from sandbox.centra.mutation_inputs import Input, Payload, Resolver, named_warehouse, payload
from sandbox.centra.records import Refusal, Size
from sandbox.centra.state import CentraState
from sandbox.centra.stock import Outcome


@payload("stockChanges", [])
def set_stock(state: CentraState, input: Input) -> Payload:
    if input["stockQuantityType"] != "PHYSICAL":
        raise Refusal("Only PHYSICAL is played by the sandbox.", ["input", "stockQuantityType"])
    warehouse = named_warehouse(state, input["warehouse"], ["input", "warehouse"])
    rows = [(n, *_size(state, row), row["quantity"]) for n, row in enumerate(_some(input))]
    outcome = state.stock.set_physical(warehouse, [(n, size, quantity, reason) for n, size, reason, quantity in rows], input["description"])
    return {"stockChanges": outcome.changes, **_problems(outcome)}


@payload("stockChange")
def change_stock(state: CentraState, input: Input) -> Payload:
    out, into = input.get("outFromWarehouse"), input.get("intoWarehouse")
    if out is None and into is None:
        raise Refusal("outFromWarehouse or intoWarehouse must be given.", ["input"])
    rows = [(n, *_size(state, row), row["deliveredQuantity"]) for n, row in enumerate(_some(input))]
    outcome = state.stock.change(
        named_warehouse(state, out, ["input", "outFromWarehouse"]) if out is not None else None,
        named_warehouse(state, into, ["input", "intoWarehouse"]) if into is not None else None,
        [(n, size, units, reason) for n, size, reason, units in rows],
        input["description"],
    )
    return {"stockChange": outcome.changes[0] if outcome.changes else None, **_problems(outcome)}


@payload("warehouse")
def update_warehouse(state: CentraState, id: int, input: Input) -> Payload:
    warehouse = named_warehouse(state, {"id": id}, ["id"])
    threshold = input.get("threshold", warehouse.threshold)
    if threshold is not None and threshold < 0:
        raise Refusal("threshold must not be negative.", ["input", "threshold"])
    warehouse.threshold = threshold
    warehouse.name = input.get("name") or warehouse.name
    return {"warehouse": warehouse}


@payload("productVariant")
def update_product_variant(state: CentraState, id: int, input: Input) -> Payload:
    variant = state.catalogue.variants.get(id)
    if variant is None:
        raise Refusal(f"Could not find ProductVariant with ID {id}", ["id"])
    offset = input.get("stockOffset", variant.stock_offset)
    if offset is not None and offset < 0:
        raise Refusal("stockOffset must not be negative.", ["input", "stockOffset"])
    variant.stock_offset, variant.updated_at = offset, state.now()
    return {"productVariant": variant}


RESOLVERS: dict[str, Resolver] = {
    "setStock": set_stock,
    "changeStock": change_stock,
    "updateWarehouse": update_warehouse,
    "updateProductVariant": update_product_variant,
}


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


def _problems(outcome: Outcome) -> Payload:
    def said(pairs: list[tuple[str, list[str] | None]]) -> list[dict[str, Any]]:
        return [{"message": message, "path": path} for message, path in pairs]

    return {"userErrors": said(outcome.errors), "userWarnings": said(outcome.warnings)}
