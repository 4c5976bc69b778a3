"""Kinds of order lines: what lies on shelves, what only has a price."""

from __future__ import annotations

from connector.centra import names
from connector.centra.order_models import CentraOrder, LineOfOrder

GOODS = frozenset({names.PRODUCT_LINE, names.BUNDLE_ITEM_LINE})


def is_goods(line: LineOfOrder) -> bool:
    """The line's units are allocated and shipped; a bundle's own line is not, its items are (centra-api §3.4)."""
    return line.kind in GOODS


def is_priced_only(order: CentraOrder, line: LineOfOrder) -> bool:
    """The line costs money and no warehouse ever holds it: gift certificates, and kinds nobody knows. A bundle's money is on its items."""
    return not is_goods(line) and not any(item.bundle_line == line.id for item in order.lines)
