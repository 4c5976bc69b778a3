"""The goods of a till's refund are in the store's stock once: Sitoo takes them in, or does not where the copy was delivered without stock.

Whether `ignorestock` of the original covers its return is not documented (sitoo-api §4.3). So the movements of the refund's deliveries are
read after a while: units that none of them took in are, by one transaction per warehouse that carries the refund's key; and out again if Sitoo
takes them in later after all.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Set
from dataclasses import replace

from connector.centra.order_models import CentraOrder
from connector.domain.configuration import Lane
from connector.domain.exceptions import Kind, Owner
from connector.domain.order_keys import stock_in_key, stock_out_key
from connector.flows.orders.copies import SETTLE_S
from connector.flows.orders.order_turn import OrderTurn
from connector.flows.orders.trouble import Postponed
from connector.flows.orders.watches import watched
from connector.flows.returns.stock_evidence import note_evidence
from connector.flows.returns.told import tell
from connector.mapping.refund_findings import Finding, refund_entity
from connector.mapping.refund_order import number
from connector.mapping.refund_units import cancelled_by
from connector.mapping.till_refund import Original
from connector.sitoo.models import TransactionRow
from connector.sitoo.order_models import WholeOrder
from connector.store.order_files import Purpose, ReturnWatch

WAREHOUSE_MARK = "return-warehouseid"
"""On a row: where the goods go if not to the register's own warehouse, e.g. to reclaims (sitoo-api §2.5)."""
IN, OUT = 10, 20
READ_BACK_S = 3_600.0
"""Sitoo's clock and its tills' are not ours."""
Units = Counter[tuple[int, str]]
"""{(Sitoo warehouse, sku): units}"""


def settle_stock(turn: OrderTurn, refund: WholeOrder, original: Original, order: CentraOrder, goods: Set[str]) -> None:
    """Once the refund's movement is overdue. `goods`: the SKUs that may move. Raises trouble.PASSING: a transaction of unknown outcome is looked
    for before anything else."""
    watch = turn.file.watch_of(refund.id)
    if watch is None or turn.ctx.clock.now() < watch.since + turn.ctx.settings.returns.stock_in_after_s:
        return
    wanted = _came_back(turn, refund, order, goods)
    if not wanted:
        return
    moved, ours = _moved(turn, refund, watch, {warehouse for warehouse, _ in wanted})
    _settle_moving(turn, watch, ours)
    booked = _of(ours)
    missing = _by_sku(wanted) - _by_sku(moved) - _by_sku(booked)
    surplus = Counter({sku: min(n, max(0, _by_sku(booked)[sku])) for sku, n in (_by_sku(moved) + _by_sku(booked) - _by_sku(wanted)).items()})
    if original.purpose is Purpose.RETURN and original.sitoo_order_id is not None:
        note_evidence(turn.ctx, refund, moves=bool(+_by_sku(moved)), late=bool(+surplus))
    if +surplus:
        _take_out(turn, refund, +booked, +surplus)
    elif missing:
        _take_in(turn, refund, wanted, missing)


def _came_back(turn: OrderTurn, refund: WholeOrder, order: CentraOrder, goods: Set[str]) -> Units:
    """Goods that came into warehouses of the mapping's stores; what was never handed out did not come back."""
    units: Units = Counter()
    for row in refund.rows:
        place = number(row.marks.get(WAREHOUSE_MARK, "")) or refund.warehouse_id
        if row.sku in goods and place is not None and turn.ctx.site.store_of_sitoo_warehouse(place) is not None:
            units[place, row.sku] -= row.quantity
    for line_id, cancelled in cancelled_by(turn.file.returnings, refund.id).items():
        line = order.line(line_id)
        for key in [key for key in units if line is not None and key[1] == line.sku]:
            share = min(cancelled, max(0, units[key]))
            units[key] -= share
            cancelled -= share
    return +units


def _moved(turn: OrderTurn, refund: WholeOrder, watch: ReturnWatch, places: set[int]) -> tuple[Units, list[TransactionRow]]:
    """What Sitoo moved with the refund's deliveries, and our own transactions for it."""
    ctx = turn.ctx
    turn.hold()
    deliveries = ctx.sitoo.handed_out(refund.id)
    ids, keys = {d.id for d in deliveries}, {stock_in_key(refund.id), stock_out_key(refund.id)}
    moved: Units = Counter()
    ours = []
    for warehouse in sorted(places | {d.warehouse_id for d in deliveries}):
        turn.hold()
        for row in ctx.sitoo.movements(warehouse, since=min(refund.date, watch.since) - READ_BACK_S):
            if row.order_delivery_id in ids:
                moved += _of([row])
            elif row.external_id in keys:
                ours.append(row)
    return moved, ours


def _settle_moving(turn: OrderTurn, watch: ReturnWatch, ours: list[TransactionRow]) -> None:
    """A transaction that broke off: there, not there, or not known yet."""
    if not watch.moving:
        return
    key, _, warehouse = watch.moving.partition("@")
    seen = any(row.external_id == key and row.warehouse_id == int(warehouse) for row in ours)
    left = watch.moving_at + SETTLE_S - turn.ctx.clock.now()
    if not seen and left > 0:
        raise Postponed(left + 1.0, f"transaction {key} may still appear in Sitoo")
    turn.keep(turn.file.with_watch(replace(watch, moving="", moving_at=0.0)))


def _take_in(turn: OrderTurn, refund: WholeOrder, wanted: Units, missing: Counter[str]) -> None:
    """SKUs that the store counted since are in the count already."""
    for warehouse in sorted({warehouse for warehouse, _ in wanted}):
        units = {sku: min(n, missing[sku]) for (place, sku), n in sorted(wanted.items()) if place == warehouse and missing[sku] > 0}
        missing.subtract(units)
        if not units:
            continue
        turn.hold()
        levels = turn.ctx.sitoo_stock.items(warehouse, sorted(units), lane=Lane.ORDERS)
        uncounted = {sku: n for sku, n in units.items() if sku not in levels or levels[sku].stocktaken_at <= refund.date}
        if uncounted:
            _post(turn, refund, warehouse, IN, uncounted, stock_in_key(refund.id))


def _take_out(turn: OrderTurn, refund: WholeOrder, booked: Units, surplus: Counter[str]) -> None:
    taken = []
    for warehouse in sorted({warehouse for warehouse, _ in booked}):
        units = {sku: min(n, surplus[sku]) for (place, sku), n in sorted(booked.items()) if place == warehouse and surplus[sku] > 0}
        surplus.subtract(units)
        if units:
            _post(turn, refund, warehouse, OUT, {sku: -n for sku, n in units.items()}, stock_out_key(refund.id))
            taken += [f"{n} × {sku} from warehouse {warehouse}" for sku, n in units.items()]
    finding = Finding(
        Kind.TECHNICAL,
        Owner.ENGINEERING,
        f"Sitoo moved the stock of till refund {refund.id} after the connector had booked it in; the connector's booking was reversed.",
        "Set `orders.returns.stock_in_after_s` in the mapping file longer than Sitoo takes, and compare the store's stock; then discard this.",
        {"sitoo_order": refund.id, "reversed": taken},
        stops=False,
    )
    tell(turn, refund_entity(turn.ctx.site.id, refund.id), finding, "")


def _post(turn: OrderTurn, refund: WholeOrder, warehouse: int, kind: int, units: dict[str, int], key: str) -> None:
    ctx, now = turn.ctx, turn.ctx.clock.now()
    known = watched(turn, refund.id)
    turn.keep(turn.file.with_watch(replace(known, moving=f"{key}@{warehouse}", moving_at=now)))
    turn.hold()
    made = ctx.sitoo.post_transaction(warehouse, kind, units, external_id=key, description=f"Return of web order {turn.file.number}")
    turn.step("booked into stock" if kind == IN else "booked out of stock again", note=f"transaction {made}, refund {refund.id}")
    turn.keep(turn.file.with_watch(replace(known, moving="", moving_at=0.0)))
    store = ctx.site.store_of_sitoo_warehouse(warehouse)
    if store is not None:
        turn.touch_stock({(store.centra_warehouse, sku) for sku in units})


def _of(rows: Iterable[TransactionRow]) -> Units:
    units: Units = Counter()
    for row in rows:
        for sku, change in row.items:
            units[row.warehouse_id, sku] += math.floor(change)
    return units


def _by_sku(units: Units) -> Counter[str]:
    found: Counter[str] = Counter()
    for (_, sku), n in units.items():
        found[sku] += n
    return found
