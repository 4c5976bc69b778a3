"""Till orders that become orders in Centra, each once although the Order API knows no repeat: claimed, posted, found again, named, linked.

The claim stands in a file of the sale's own, under the Sitoo order's id as a negative number, before the POST. The POST carries its key as the
order's comment and as the payment's reference, so an order whose POST broke off is found by them until its externalId is set; while neither
"there" nor "not there" is certain nothing is posted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from connector.centra import errors as centra_errors
from connector.centra.order_models import CentraOrder
from connector.domain.exceptions import Kind, Owner, Problem, State
from connector.flows.orders.context import OrderContext
from connector.flows.orders.copies import SETTLE_S
from connector.flows.orders.order_turn import OrderTurn, order_turn
from connector.flows.orders.refusals import words_of
from connector.flows.orders.trouble import REFUSED, Postponed
from connector.mapping.pos_order import SoldRow, fits, lines_of_rows, total_of, units_by_row
from connector.runtime.budget import BudgetExhausted
from connector.runtime.parking import park
from connector.runtime.queues import Work
from connector.sitoo.order_models import WholeOrder
from connector.store.order_files import Copy, CopyRow, CopyState, OrderFile, Purpose

NEVER_SENT = (centra_errors.Unavailable, centra_errors.Throttled, centra_errors.Unauthorised, centra_errors.Refused, BudgetExhausted)
"""Failures of a POST that certainly made nothing."""
MOST_READ_AGAIN = 60
"""Orders changed since a claim that are looked into one by one when Centra's filters find nothing."""
NO_STOCK = -2
"""The Order API's code for a product without stock."""


class NotMade(Exception):
    """The Order API refused the order. `code`: its own (centra-api §8)."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Draft:
    """An order to be made: its key (order_keys), what it holds, and the body, built when it is needed because it may hold an address."""

    key: str
    rows: tuple[SoldRow, ...]
    body: Callable[[], dict[str, object]]


def sale_file(sitoo_order_id: int) -> int:
    """The number under which OrderFiles keeps what the connector did about a till order (Centra's numbers are positive)."""
    return -sitoo_order_id


def sale_entity(site: int, sitoo_order_id: int) -> str:
    """What a problem with a till order is about."""
    return f"site/{site}/sitoo-order/{sitoo_order_id}"


def on_sale(ctx: OrderContext, order: WholeOrder, body: str, work: Callable[[OrderTurn], int]) -> int:
    """`work` on the sale's file alone; what a vendor refuses for good is parked. Raises trouble.PASSING."""
    with order_turn(ctx, sale_file(order.id)) as turn:
        try:
            return work(turn)
        except REFUSED as refused:
            vendor = "Centra" if isinstance(refused, centra_errors.CentraError) else "Sitoo"
            happened = f"{vendor} refused a step of till order {order.id}: {words_of([str(refused)])}"
            todo = f"Correct the cause in {vendor} or in the mapping, then redrive this exception."
            park_sale(turn, order, Kind.VENDOR_REFUSED, Owner.ENGINEERING, happened, todo, body)
            return 0


def number_of(file: OrderFile, key: str) -> int | None:
    """The Centra order that was made under a key."""
    marks = [fact for fact in file.handled if fact.startswith(f"made:{key}:")]
    return min((int(mark.rpartition(":")[2]) for mark in marks), default=None)


def begun(file: OrderFile, key: str) -> dict[int, int] | None:
    """{row: units} of the till that the order under a key holds, or may hold; None when none was begun."""
    claim = next((c for c in file.copies if c.external_id == key), None)
    return None if claim is None else units_by_row(claim.rows)


def make(turn: OrderTurn, order: WholeOrder, draft: Draft, body: str) -> CentraOrder:
    """The Centra order of a draft, made if need be; it has its externalId and is linked. Raises NotMade, trouble.PASSING, REFUSED."""
    number = settle(turn, draft.key) or _post(turn, order, draft)
    made = _read(turn, number)
    if made.external_id != draft.key:
        turn.hold()
        named = turn.ctx.centra.set_external_id(number, draft.key)
        if named.errors:
            raise centra_errors.Refused(named.errors)
    _link(turn, order, draft, made, body)
    return made


def _post(turn: OrderTurn, order: WholeOrder, draft: Draft) -> int:
    ctx, now = turn.ctx, turn.ctx.clock.now()
    if ctx.order_api is None:
        raise centra_errors.Refused(("the client's mapping asks for the Order API, and no address of it is configured",))
    content = draft.body()
    rows = tuple(CopyRow(row.row, 0, row.sku, row.units) for row in draft.rows)
    claim = Copy(ctx.site.id, 0, 1, Purpose.RETURN, draft.key, CopyState.CLAIMED, now, rows, total_of(draft.rows), sitoo_order_id=order.id)
    turn.keep(replace(turn.file.with_copy(claim), is_open=True, look_at=now + SETTLE_S, awaiting="Centra"))
    turn.hold()
    try:
        numbers, code, message = ctx.order_api.create_order(content)
    except NEVER_SENT:
        _forget(turn, draft.key)
        raise
    if code:
        _forget(turn, draft.key)
        raise NotMade(code, words_of([message]))
    turn.step("made in Centra", note=f"order {', '.join(map(str, numbers))}, {draft.key}", since=now)
    turn.keep(replace(turn.file, handled=turn.file.handled | {f"made:{draft.key}:{number}" for number in numbers}))
    return min(numbers)


def _forget(turn: OrderTurn, key: str) -> None:
    turn.keep(replace(turn.file, copies=tuple(c for c in turn.file.copies if c.external_id != key)))


def settle(turn: OrderTurn, key: str) -> int | None:
    """The order made under a key; looked for when its POST has an unknown outcome, whether it is still wanted or not.

    None: none was begun, or it certainly never arrived (then it is forgotten). Raises Postponed while it may still appear.
    """
    ctx = turn.ctx
    number = number_of(turn.file, key)
    claim = next((c for c in turn.file.copies if c.external_id == key), None)
    if number is not None or claim is None:
        return number
    turn.hold()
    numbers = ctx.centra.orders_marked(key) or _looked_into(turn, claim)
    if numbers:
        turn.step("found in Centra", note=f"order {', '.join(map(str, numbers))}, {key}")
        turn.keep(replace(turn.file, handled=turn.file.handled | {f"made:{key}:{number}" for number in numbers}))
        return min(numbers)
    left = claim.claimed_at + SETTLE_S - ctx.clock.now()
    if left > 0:
        raise Postponed(left + 1.0, f"order {key} may still appear in Centra")
    turn.step("never arrived in Centra", note=key)
    _forget(turn, key)
    return None


def _looked_into(turn: OrderTurn, claim: Copy) -> list[int]:
    """Whether Centra's filters find a comment is (unconfirmed): orders that changed since the claim are read as well, as far as they are few."""
    ctx = turn.ctx
    changed, whole = ctx.centra.changed_orders(since=claim.claimed_at - SETTLE_S, until_page=1)
    if not whole or len(changed) > MOST_READ_AGAIN:
        return []
    turn.hold()
    orders = ctx.centra.orders(sorted(changed))
    return sorted(number for number, order in orders.items() if claim.external_id in _marks_of(order))


def _marks_of(order: CentraOrder) -> set[str]:
    return {order.external_id, order.other_comment, *(payment.reference for payment in order.payments)}


def _read(turn: OrderTurn, number: int) -> CentraOrder:
    turn.hold()
    found = turn.ctx.centra.orders([number]).get(number)
    if found is None:
        raise Postponed(5.0, f"order {number} cannot be read yet")
    return found


def _link(turn: OrderTurn, order: WholeOrder, draft: Draft, made: CentraOrder, body: str) -> None:
    """Refunds find the Centra order and its lines by the Sitoo order they refund; what does not tie out goes to finance."""
    ctx = turn.ctx
    known = next((c for c in turn.file.copies if c.external_id == draft.key), None)
    if known is not None and known.state is CopyState.DONE:
        return
    rows = lines_of_rows(made, draft.rows)
    claim = known or Copy(ctx.site.id, 0, 1, Purpose.RETURN, draft.key, CopyState.CLAIMED, ctx.clock.now(), sitoo_order_id=order.id)
    copy = replace(claim, state=CopyState.DONE, rows=rows or (), total=total_of(draft.rows))
    with order_turn(ctx, made.number) as its:
        its.step("made from a till order", note=f"Sitoo order {order.id}, {draft.key}")
        its.keep(replace(its.file.with_copy(copy), decision="made by the connector from a till order", is_open=bool(its.file.parked)))
    ctx.files.know_sitoo_order(order.id, made.number)
    turn.keep(turn.file.with_copy(replace(copy, rows=copy.rows or claim.rows)))
    if rows is None or not fits(made, draft.rows):
        park_sale(
            turn,
            order,
            Kind.TOTAL_MISMATCH,
            Owner.FINANCE,
            f"Centra made order {made.number} of till order {order.id}, and it does not tie out with what the till sold.",
            "Compare both (usual causes: taxes or a price list of another country in the Order API plugin), and correct the order in Centra by hand.",
            body,
            centra_order=made.number,
            centra_total=made.grand_total,
            till_cents=total_of(draft.rows),
        )


def park_sale(
    turn: OrderTurn, order: WholeOrder, kind: Kind, owner: Owner, happened: str, todo: str, body: str, **evidence: str | int | list[str]
) -> None:
    """Open the exception of this kind for this till order (once), and remember it in the sale's file."""
    ctx = turn.ctx
    about = {"sitoo_order": order.id, "sitoo_warehouse": order.warehouse_id or 0, **evidence}
    problem = Problem(kind, sale_entity(ctx.site.id, order.id), owner, happened, todo, about)
    park(ctx.queues, ctx.cases, problem, Work.FULFILMENTS, body, ctx.clock, by=ctx.by)
    if kind.value not in turn.file.parked:
        turn.keep(replace(turn.file.with_step(ctx.clock.now(), "parked", note=kind.value), parked=turn.file.parked | {kind.value}))


def resolve_sale(turn: OrderTurn, order: WholeOrder, *kinds: Kind) -> None:
    """What was parked about this till order no longer holds."""
    ctx = turn.ctx
    gone = {kind.value for kind in kinds} & turn.file.parked
    for name in sorted(gone):
        case = ctx.cases.find(Kind(name), sale_entity(ctx.site.id, order.id))
        if case is not None and case.state in (State.OPEN, State.REDRIVEN):
            ctx.cases.move(case.case_id, State.RESOLVED, now=ctx.clock.now(), by=ctx.by, note="the till order went through")
    if gone:
        turn.keep(replace(turn.file, parked=turn.file.parked - gone))
