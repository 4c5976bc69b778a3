"""What moves in a store without a sale, as control actions: receipts, transfers, counts."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from sandbox.sitoo.books import SitooBooks
from sandbox.sitoo.records import MOVE_IN, MOVE_OUT, UNKNOWN_IN, UNKNOWN_OUT

Quantities = Mapping[str, int | str | Decimal]


def exact(quantities: Quantities) -> dict[str, Decimal]:
    return {sku: Decimal(quantity) for sku, quantity in quantities.items()}


class GoodsActions(SitooBooks):
    """Quantities are positive numbers of units per SKU; a refusal is raised as `records.Refusal`."""

    def receive(self, warehouse: int, skus: Quantities, description: str = "Receipt") -> int:
        """Goods in (type 10); answers the transaction id."""
        return self.stock.change(warehouse, MOVE_IN, self.stocked(exact(skus)), description=description).warehousetransactionid

    def move(self, from_: int, to: int, skus: Quantities) -> dict[str, int]:
        """Out of one warehouse and into another at the same moment."""
        return {"out": self.transfer_out(from_, skus), "in": self.transfer_in(to, skus)}

    def transfer_out(self, warehouse: int, skus: Quantities, reference: str = "") -> int:
        """The sender's half of a transfer."""
        kind = UNKNOWN_OUT if self.mode.unknown_transfer_types else MOVE_OUT
        changes = {sku: -quantity for sku, quantity in self.stocked(exact(skus)).items()}
        return self.stock.change(warehouse, kind, changes, description="Move Out", externalid=reference or None).warehousetransactionid

    def transfer_in(self, warehouse: int, skus: Quantities, reference: str = "") -> int:
        """The receiver's half of a transfer."""
        kind = UNKNOWN_IN if self.mode.unknown_transfer_types else MOVE_IN
        changes = self.stocked(exact(skus))
        return self.stock.change(warehouse, kind, changes, description="Move In", externalid=reference or None).warehousetransactionid

    def count(self, warehouse: int, skus: Quantities) -> int:
        """A stock-taking that found these levels."""
        return self.stock.count(warehouse, self.stocked(exact(skus)), description="Stocktaking").warehousetransactionid
