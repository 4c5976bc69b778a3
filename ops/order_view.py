"""How the story of an order looks in a terminal: ids, quantities, amounts, times; no names of people, no addresses, no free texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from connector.centra.order_models import CentraOrder, LineOfOrder, PaymentEntry, ReturnOfOrder, ShipmentOfOrder
from connector.sitoo.order_models import ABANDONED, CANCELLED, CLOSED, OPEN, WholeOrder
from connector.store.order_files import CopyState, OrderFile, Purpose, Returning, Shipping, ShippingState
from ops.order_story import CopyNow, Story
from ops.wording import moment

STATES = {OPEN: "open", CLOSED: "closed", CANCELLED: "cancelled", ABANDONED: "abandoned"}
COPY_STATES = {
    CopyState.CLAIMED: "about to be posted, or not known to have arrived",
    CopyState.OPEN: "in the store",
    CopyState.CANCELLING: "to be cancelled",
    CopyState.CANCELLED: "cancelled",
    CopyState.DONE: "done",
}
SHIPPING_STATES = {
    ShippingState.CLAIMED: "its shipment is about to be made, or not known to have been",
    ShippingState.CREATED: "shipment made, not captured yet",
    ShippingState.CAPTURED: "captured, not completed yet",
    ShippingState.CAPTURE_FAILED: "the capture failed: waits for people",
    ShippingState.COMPLETED: "shipped in Centra",
}


def heading(story: Story, now: float) -> Iterator[Text]:
    """The order in a few sentences."""
    file = story.file
    yield Text.assemble((f"Order {story.number}", "bold"), ": ", verdict(story))
    if file is None:
        yield Text("The connector has not worked on it yet.")
        return
    if file.decision:
        yield Text(f"Decided: {file.decision}")
    yield Text(f"Waits for: {file.awaiting}" if file.awaiting else "Waits for nothing.")
    if file.is_open and file.look_at:
        wait = file.look_at - now
        yield Text(f"Looked at again {'now' if wait <= 0 else f'in {duration(wait * 1000)}'}, or as soon as something happens.")
    if file.troubles:
        yield Text(f"The last {file.troubles} tries failed.")
    if file.excluded:
        yield Text(f"Not to be sent again to: {', '.join(place(story.stores, w) for w in sorted(file.excluded))}")


def verdict(story: Story) -> str:
    """One sentence."""
    if story.cases:
        return f"parked: {', '.join(sorted(case.problem.kind.value for case in story.cases))}"
    if story.centra is None:
        return "Centra has no such order"
    if story.file is None:
        return "nothing is known about it here"
    return "under way" if story.file.is_open else "nothing is left to do"


def centra_tables(story: Story) -> Iterator[RenderableType]:
    order = story.centra
    if order is None:
        return
    facts = Table("", "", show_header=False, title="Centra", title_justify="left")
    kind = order.store_type.replace("_", " ").lower()
    held = f", on hold {order.hold_reason}".rstrip() if order.on_hold else ""
    facts.add_row("state", f"{order.status}{held}{', internal' if order.internal else ''} ({kind})")
    facts.add_row("total", money(order, order.grand_total))
    facts.add_row("shipping option", Text(order.shipping_option or "none"))
    facts.add_row("placed, changed", f"{moment(order.created_at)}, {moment(order.updated_at)}")
    for payment in order.payments:
        facts.add_row("payment", payment_text(order, payment))
    yield facts
    yield _lines(story, order)
    if order.shipments:
        yield _shipments(order)
    if story.returns:
        yield _returns(order, story.returns)


def _lines(story: Story, order: CentraOrder) -> Table:
    table = Table("line", "SKU", "units", "cancelled", "allocated", "shipped", "worth")
    for line in order.lines:
        units = (line.quantity, line.cancelled, allocations(story.stores, line), order.shipped_units(line.id))
        table.add_row(str(line.id), Text(line.sku or line.kind), *map(str, units), money(order, line.value))
    return table


def allocations(stores: Mapping[int, str], line: LineOfOrder) -> str:
    parts = [f"{a.units} {place(stores, a.warehouse)}{' (to be confirmed)' if a.waiting else ''}" for a in line.allocations]
    return ", ".join(parts) or "–"


def _shipments(order: CentraOrder) -> Table:
    table = Table("shipment", "made by", "state", "units", "carrier, tracking")
    for shipment in order.shipments:
        units = ", ".join(f"{x.units} of line {x.order_line}{f' ({x.returned} returned)' if x.returned else ''}" for x in shipment.lines)
        carried = " ".join(part for part in (shipment.carrier, shipment.tracking) if part)
        made_by = shipment.external_id or "others"
        table.add_row(*map(Text, (f"{shipment.number} (id {shipment.id})", made_by, shipment_state(shipment), units, carried or "–")))
    return table


def shipment_state(shipment: ShipmentOfOrder) -> str:
    captured = "captured" if shipment.captured else "paid" if shipment.paid else "not captured"
    return f"{captured}, {'not shipped' if shipment.shipped_at is None else f'shipped {moment(shipment.shipped_at)}'}"


def _returns(order: CentraOrder, returns: tuple[ReturnOfOrder, ...]) -> Table:
    table = Table("return", "made by", "state", "units", "worth", "refunds")
    for made in returns:
        units = ", ".join(f"{n} of shipment line {line}" for line, n in made.lines.items())
        stock = "removed from stock" if made.restocked_in is None else f"into warehouse {made.restocked_in}"
        refunds = "; ".join(payment_text(order, refund) for refund in made.refunds) or "none"
        cells = (f"{made.id} (shipment {made.shipment_id})", made.external_id or "others", made.status, f"{units}, {stock}")
        table.add_row(*map(Text, (*cells, money(order, made.amount), refunds)))
    return table


def payment_text(order: CentraOrder, payment: PaymentEntry) -> str:
    return f"{payment.kind} {payment.status} {money(order, payment.amount)} {moment(payment.created_at)}"


def copy_tables(story: Story) -> Iterator[RenderableType]:
    for copy in story.copies:
        yield _copy(story, copy)


def _copy(story: Story, copy: CopyNow) -> Table:
    known, order = copy.known, copy.order
    table = Table("", "", show_header=False, title="Sitoo", title_justify="left")
    if known is not None:
        purpose = "to be fulfilled" if known.purpose is Purpose.FULFIL else "for returns at tills"
        table.add_row("copy", f"{known.external_id}, {purpose}, {place(story.stores, known.warehouse)}: {COPY_STATES[known.state]}")
    if order is None:
        table.add_row("order", "Sitoo has none")
        return table
    table.add_row(
        "order", f"{order.id} ({order.external_id}): {STATES.get(order.state, str(order.state))}, registered on warehouse {order.warehouse_id}"
    )
    if known is None:
        table.add_row("", "the connector's file does not know this copy")
    table.add_row("total", f"{order.total} {order.currency}")
    if order.reserved_until is not None:
        table.add_row("reserved until", moment(order.reserved_until))
    if known is not None and known.ready_at:
        table.add_row("ready for pick-up", moment(known.ready_at))
    if known is not None and known.reminded_at:
        table.add_row("customer reminded", moment(known.reminded_at))
    for row in order.rows:
        table.add_row(f"row {row.row}", Text(f"{row.quantity} × {row.sku or row.name}, {row.gross} {order.currency}"))
    for delivery in copy.handed_out:
        units = ", ".join(f"{n} of row {row}" for row, n in delivery.units.items())
        table.add_row(f"delivery {delivery.id}", f"{'cancelled, ' if delivery.cancelled else ''}{moment(delivery.at)}: {units}")
    for refund in copy.refunds:
        table.add_row(f"refund {refund.id}", refund_text(refund))
    return table


def refund_text(refund: WholeOrder) -> str:
    paid = ", ".join(f"{tender.name} {tender.amount}{' (virtual)' if tender.virtual else ''}" for tender in refund.payments)
    units = ", ".join(f"{row.quantity} × {row.sku}" for row in refund.rows)
    return f"{moment(refund.date)}: {units}; {paid or 'nothing paid'} {refund.currency}"


def way_tables(file: OrderFile) -> Iterator[RenderableType]:
    """What is on its way from one system to the other."""
    if not file.shippings and not file.returnings:
        return
    table = Table("since", "what", "state", title="On the way", title_justify="left")
    for shipping in file.shippings:
        table.add_row(moment(shipping.at), _shipping_text(shipping), SHIPPING_STATES[shipping.state])
    for returning in file.returnings:
        table.add_row(moment(returning.at), _returning_text(returning), Text(returning.state))
    yield table


def _shipping_text(shipping: Shipping) -> str:
    made = "" if shipping.shipment_id is None else f" → shipment {shipping.shipment_id}"
    return f"delivery {shipping.delivery_id}{made}: {', '.join(f'{n} of line {line}' for line, n in shipping.lines.items())}"


def _returning_text(returning: Returning) -> str:
    sitoo = "a Sitoo refund" if returning.sitoo_order_id is None else f"Sitoo refund {returning.sitoo_order_id}"
    centra = "a Centra return" if returning.return_id is None else f"Centra return {returning.return_id}"
    return f"{sitoo} → {centra}" if returning.inbound else f"{centra} → {sitoo}"


def steps_table(file: OrderFile) -> Table:
    """What was done and seen, with the time since the step before."""
    table = Table("when", "after", "what", "took", "ids", title="What happened", title_justify="left")
    before: float | None = None
    for step in file.steps:
        after = "" if before is None else f"+{duration((step.at - before) * 1000)}"
        table.add_row(*map(Text, (moment(step.at), after, step.what, duration(step.ms) if step.ms else "", step.note)))
        before = step.at
    return table


def money(order: CentraOrder, amount: int) -> str:
    return f"{Decimal(amount).scaleb(-order.currency_decimals):f} {order.currency}"


def place(stores: Mapping[int, str], warehouse: int) -> str:
    return stores.get(warehouse, f"warehouse {warehouse}")


def duration(ms: float) -> str:
    """`120 ms`, `4.2 s`, `7 min`, `5 h`, `3 d`."""
    if ms < 1000:
        return f"{ms:.0f} ms"
    seconds = ms / 1000
    for limit, unit, text in ((60, 1, "s"), (7200, 60, "min"), (172_800, 3600, "h")):
        if seconds < limit:
            return f"{seconds / unit:.1f} {text}" if unit == 1 else f"{seconds / unit:.0f} {text}"
    return f"{seconds / 86_400:.0f} d"
