"""What Centra's mutations of returns do. Making, completing and refunding are three separate things."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.centra.money import Currency, given_money
from sandbox.centra.mutation_inputs import SOURCE, Input, Payload, Resolver, named_return, named_shipment, payload, said, stock_action
from sandbox.centra.order_parts import StockAction
from sandbox.centra.order_records import Shipment, ShipmentLine
from sandbox.centra.records import Refusal, Warehouse
from sandbox.centra.returns import Cost
from sandbox.centra.state import CentraState


@payload("return")
def create_return(state: CentraState, input: Input) -> Payload:
    shipment = named_shipment(state, input["shipment"], ["input", "shipment"])
    state.external_ids.check("Return", input.get("externalId"))
    action = stock_action(state, input["returnStockActionPolicy"], ["input", "returnStockActionPolicy"])
    currency = shipment.order.currency
    record = state.returns.create(
        shipment,
        _parts(shipment, input["lines"]),
        back_into(shipment, action),
        shipping=_cost(input.get("shippingCost"), currency, "shippingCost"),
        handling=_cost(input.get("handlingCost"), currency, "handlingCost"),
        voucher=_cost(input.get("voucherValue"), currency, "voucherValue"),
        return_cost=given_money(input.get("returnCost"), currency, ["input", "returnCost"]) or 0,
        comment=input.get("comment") or "",
        created_at=input.get("createdAt"),
    )
    state.external_ids.set("Return", record.id, input.get("externalId"))
    if record.comment:
        shipment.order.history.append(record.comment)
    return {"return": record}


@payload("return")
def complete_return(state: CentraState, id: int, input: Input | None = None) -> Payload:
    record = named_return(state, id)
    state.returns.complete(record)
    if (input or {}).get("sendEmail"):
        record.shipment.order.mails.append(("return", state.now()))
    return {"return": record}


@payload("return")
def uncomplete_return(state: CentraState, id: int) -> Payload:
    record = named_return(state, id)
    state.returns.uncomplete(record)
    return {"return": record}


@payload("return")
def delete_return(state: CentraState, id: int) -> Payload:
    record = named_return(state, id)
    state.returns.delete(record)
    state.external_ids.forget("Return", id)
    return {"return": record}


@payload("return")
def refund_return(state: CentraState, id: int, input: Input | None = None) -> Payload:
    """A refusal of the provider's fails the mutation."""
    record = named_return(state, id)
    try:
        entry = state.returns.refund(record, SOURCE)
    except Refusal as refusal:
        return {"return": None, "paymentHistoryEntries": [], "userErrors": said([str(refusal)])}
    if (input or {}).get("sendEmail"):
        record.shipment.order.mails.append(("refund", state.now()))
    failed = [f"The refund of return {id} failed."] if entry.status == "FAILED" else []
    return {"return": record, "paymentHistoryEntries": [entry], "paymentHistoryEntry": entry, "userErrors": said(failed)}


RESOLVERS: dict[str, Resolver] = {
    "createReturn": create_return,
    "completeReturn": complete_return,
    "uncompleteReturn": uncomplete_return,
    "deleteReturn": delete_return,
    "refundReturn": refund_return,
}


def back_into(shipment: Shipment, action: StockAction) -> Warehouse | None:
    """Where units that come back go: released means the warehouse they left."""
    if action.kind == "remove":
        return None
    if action.warehouse is not None:
        return action.warehouse
    left = [a.warehouse for line in shipment.lines for a in line.allocations]
    if not left:
        raise Refusal("The units of this shipment left no warehouse.", ["input", "returnStockActionPolicy"])
    return left[0]


def _parts(shipment: Shipment, rows: list[Input]) -> list[tuple[ShipmentLine, int]]:
    by_id = {line.id: line for line in shipment.lines}
    parts: dict[ShipmentLine, int] = {}
    for row in rows:
        line = by_id.get(row["shipmentLine"]["id"])
        if line is None:
            raise Refusal(f"Shipment {shipment.id} has no line {row['shipmentLine']['id']}.", ["input", "lines"])
        parts[line] = parts.get(line, 0) + row["quantity"]
    return list(parts.items())


def _cost(wanted: Mapping[str, Any] | None, currency: Currency, name: str) -> Cost | None:
    if wanted is None:
        return None
    if wanted.get("fromShipment"):
        return Cost(from_shipment=True)
    return Cost(given_money(wanted.get("value"), currency, ["input", name]) or 0)
