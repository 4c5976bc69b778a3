"""What Centra paid back is in the ledger once, however many sites a client has."""

from __future__ import annotations

from connector.centra.order_models import CentraOrder, ReturnOfOrder
from connector.flows.orders.context import OrderContext
from connector.mapping.ledger_rows import row_of_centra_return


def book_refund(ctx: OrderContext, made: ReturnOfOrder, order: CentraOrder) -> None:
    """The row stands in the books of the first site of the mapping file with the order's currency, else of the first: by what never changes."""
    sites = ctx.mapping.sites
    home = next((site.id for site in sites if site.currency == order.currency), sites[0].id)
    row = row_of_centra_return(made, order, ctx.site) if home == ctx.site.id else None
    if row is not None:
        ctx.ledger.put(row)
