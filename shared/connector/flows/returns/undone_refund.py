"""A till's refund that was undone in Sitoo after its goods were returned in Centra: the books forget it, and finance is told."""

from __future__ import annotations

from dataclasses import replace

from connector.domain.exceptions import Kind, Owner
from connector.flows.nudge_store_stock import compact
from connector.flows.orders.context import OrderContext
from connector.flows.orders.order_turn import OrderTurn, order_entity
from connector.flows.orders.watches import end_watch
from connector.flows.returns.told import resolve_told, tell
from connector.mapping.ledger_rows import TIME_ZONE_MARK, day_of, till_key
from connector.mapping.refund_findings import Finding
from connector.runtime.queues import Work
from connector.sitoo.order_models import WholeOrder

STOPPED_BY = (Kind.OVER_RETURN, Kind.UNMAPPED_NAME, Kind.RETURN_UNLINKED, Kind.VENDOR_REFUSED)
"""What may have kept a refund from its returns."""


def take_out_of_ledger(ctx: OrderContext, order: WholeOrder) -> None:
    """What was booked when the till closed it counts no longer; the row stays, so that it can be seen."""
    day = day_of(order.date, order.marks.get(TIME_ZONE_MARK, ""), ctx.site)
    booked = next((row for row in ctx.ledger.day(ctx.site.id, day) if row.key == till_key(order.id)), None)
    if booked is not None and (booked.by_rate or booked.tenders or booked.virtual):
        ctx.ledger.put(replace(booked, by_rate={}, tenders={}, virtual=0))


def tell_undone(turn: OrderTurn, refund: WholeOrder, entity: str, undone_by: int, body: str) -> None:
    """`undone_by`: the Sitoo order that took the refund back, or the refund itself where it was cancelled. Nothing is undone in Centra by itself:
    whether the customer has the goods or the money, people know."""
    cancelled = undone_by == refund.id
    begun = [r for r in turn.file.returnings if r.inbound and r.sitoo_order_id == refund.id]
    if begun:
        made = sorted(r.return_id for r in begun if r.return_id is not None)
        what = f"return {', '.join(map(str, made))}" if made else "its cancelled articles"
        how = "was cancelled in Sitoo" if cancelled else f"was taken back by Sitoo order {undone_by}"
        finding = Finding(
            Kind.REFUND_MISMATCH,
            Owner.FINANCE,
            f"Till refund {refund.id} of order {turn.file.number} {how} after {what} was recorded in Centra.",
            "Ask the store who has goods and money. If nothing came back, delete the return in Centra (unless it was refunded); then discard this.",
            {"sitoo_order": refund.id, "undone_by": undone_by, "returns": [str(number) for number in made]},
            stops=False,
        )
        tell(turn, f"{entity}/undone", finding, body)
    if cancelled:
        resolve_told(turn, entity, *STOPPED_BY)
        end_watch(turn, refund.id)
        _look_at_returns(turn)


def _look_at_returns(turn: OrderTurn) -> None:
    """A return in Centra that was too much beside the till's refund may not be any more."""
    number = turn.file.number
    if any(fact.startswith(f"{Kind.OVER_RETURN.value}:{order_entity(number)}/return/") for fact in turn.file.handled):
        turn.ctx.queues.send(Work.RETURNS, [compact({"v": 1, "source": "flow", "type": "returns_of", "id": number})])
