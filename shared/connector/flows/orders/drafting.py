"""What would be sent to a store, or everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connector.centra.order_models import CentraOrder
from connector.domain.configuration import Lane
from connector.domain.exceptions import Kind, Owner
from connector.flows.orders.order_turn import OrderTurn
from connector.flows.orders.owed import shipped_from
from connector.mapping.order_copy import CopyDraft, Lack, Lacking, draft_copy
from connector.mapping.order_decision import Decision
from connector.runtime.queues import Work
from connector.store.order_files import Purpose

OWNERS = {
    Kind.UNMAPPED_SKU: Owner.MERCHANDISING,
    Kind.UNMAPPED_NAME: Owner.RETAIL_OPS,
    Kind.UNSUPPORTED_AMOUNT: Owner.FINANCE,
    Kind.INCOMPLETE_ORDER: Owner.CUSTOMER_SERVICE,
}


def draft(
    turn: OrderTurn, order: CentraOrder, warehouse: int, units: Mapping[int, int], taken: Mapping[int, int], decision: Decision
) -> CopyDraft | tuple[Lack, ...]:
    """The copy that a store warehouse would get for {line: units}, beside the units `taken` by copies that stay; every failure at once otherwise.

    Asks the vendors only for unknown SKUs.
    """
    ctx = turn.ctx
    store = ctx.store_at(warehouse)
    if store is None:
        raise LookupError(f"warehouse {warehouse} is no store of this site")
    made = draft_copy(
        order,
        store_name=store.name,
        sitoo_warehouse=ctx.fulfils_from(store),
        warehouse=warehouse,
        units=units,
        fulfilment=decision.fulfilment,
        settings=ctx.settings,
        skus=known_skus(turn, order),
        purpose=Purpose.FULFIL,
        stores=[s.centra_warehouse for s in ctx.site.stores],
        taken=taken,
        known={s.centra_warehouse: shipped_from(turn.file, order, s.centra_warehouse) for s in ctx.site.stores},
    )
    return made.problems if isinstance(made, Lacking) else made


def known_skus(turn: OrderTurn, order: CentraOrder) -> dict[int, str]:
    """{Centra size: Sitoo sku} of the order's lines; those the map does not know are looked for, if Sitoo has a product under Centra's own SKU."""
    ctx = turn.ctx
    sizes = {line.size_id: line.sku for line in order.lines if line.size_id is not None}
    known = ctx.skus.of_sizes(sorted(sizes))
    unknown = [sku for size, sku in sizes.items() if size not in known and sku]
    if unknown:
        turn.hold()
        products = {product.sku for product in ctx.sitoo_stock.products(unknown, lane=Lane.ORDERS)}
        ctx.skus.find([sku for sku in unknown if sku in products])
        known = ctx.skus.of_sizes(sorted(sizes))
    return known


def park_lacks(turn: OrderTurn, lacks: Sequence[Lack], body: str) -> None:
    """One exception for everything that keeps an order from its stores; nothing of it was sent."""
    kinds = {lack.kind for lack in lacks}
    kind = kinds.pop() if len(kinds) == 1 else Kind.INCOMPLETE_ORDER
    told = list(dict.fromkeys(lack.happened for lack in lacks))
    todo = list(dict.fromkeys(lack.todo for lack in lacks))
    turn.park(
        kind,
        OWNERS.get(kind, Owner.CUSTOMER_SERVICE),
        f"Order {turn.file.number} was not sent to its store: {'; '.join(told)}.",
        f"{' '.join(todo)} What is changed in the order itself is noticed; after a change of the mapping or of an article redrive this exception. "
        f"`ops order check {turn.file.number}` shows beforehand whether it would go through.",
        Work.ORDERS,
        body,
        missing=sorted({lack.attribute for lack in lacks}),
    )
