"""SalesLedger: one compact row per till sale, till refund and web refund: what finance ties out, per day, store, tender and VAT rate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Protocol


class LedgerKind(StrEnum):
    """POS_SALE and POS_REFUND: of goods a till sold. WEB_REFUND: a refund of a web order, whoever paid it."""

    POS_SALE = "pos_sale"
    POS_REFUND = "pos_refund"
    WEB_REFUND = "web_refund"


@dataclass(frozen=True, slots=True)
class Taxed:
    """Cents without VAT, and the VAT; negative on refunds."""

    net: int
    vat: int


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """Money in cents of `currency`, negative on refunds; `at` unix s.

    `key`: the business fact, the same whenever it is met again (the Sitoo order's id, or the Centra return's). `store`: its Centra warehouse.
    `register`, `receipt`: '' when no till was involved. `day`: the date (ISO) of `at` where the store is; a key never changes its day.
    `by_rate`: VAT percent → totals. `tenders`: payment name → amount, without virtual ones, whose sum is `virtual` (never cash).
    `centra_order`, `centra_return`: None while they are not known.
    """

    site: int
    key: str
    kind: LedgerKind
    store: int
    day: str
    at: float
    currency: str
    register: str = ""
    receipt: str = ""
    by_rate: Mapping[Decimal, Taxed] = field(default_factory=dict)
    tenders: Mapping[str, int] = field(default_factory=dict)
    virtual: int = 0
    centra_order: int | None = None
    centra_return: int | None = None

    @property
    def gross(self) -> int:
        return sum(taxed.net + taxed.vat for taxed in self.by_rate.values())


class SalesLedger(Protocol):
    def put(self, row: LedgerRow) -> None:
        """Store it under (site, day, key), in place of what was there; a Centra order or return known there is kept where `row` knows none."""
        ...

    def day(self, site: int, day: str) -> list[LedgerRow]:
        """The rows of a day, oldest first. Strongly consistent."""
        ...
