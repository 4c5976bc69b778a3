"""What both systems and the connector know of every web order when all has settled, as plain data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from connector.domain.exceptions import Case
from connector.domain.order_keys import ORDER_MARK
from connector.domain.sitoo_order_keys import parse
from connector.store.order_files import OrderFile
from connector.store.sales_ledger import LedgerRow, SalesLedger
from ops.connection import Connection
from sandbox.demo.chain import SHOPS, SITE
from sandbox.demo.journal import Journal, Key
from sandbox.demo.vendors import Control

State = Mapping[str, Any]
Units = dict[str, int]


@dataclass(frozen=True, slots=True)
class WebSeen:
    """`orders`: Centra's states by number; `copies`: Sitoo's states of their copies, without recorded returns; `refunds`: the tills', by Sitoo order.

    `withheld`: units that stores could not find. `parked`: cases open before people mended anything. `leaks`: where personal data was found.
    `story`: what `ops order show` told of one order. `now`: unix s.
    """

    orders: Mapping[int, State] = field(default_factory=dict)
    copies: Mapping[int, Sequence[State]] = field(default_factory=dict)
    refunds: Mapping[int, State] = field(default_factory=dict)
    files: Mapping[int, OrderFile] = field(default_factory=dict)
    withheld: Mapping[Key, int] = field(default_factory=dict)
    ledger: Sequence[LedgerRow] = ()
    parked: Sequence[Case] = ()
    leaks: Sequence[str] = ()
    story: str = ""
    now: float = 0.0

    @classmethod
    def read(cls, centra: Control, sitoo: Control, conn: Connection, ledger: SalesLedger, journal: Journal) -> WebSeen:
        numbers = [placed.number for placed in journal.placed]
        copies: dict[int, list[State]] = {}
        for order_id in sitoo.control("order_ids", mark=ORDER_MARK):
            state = sitoo.control("order_state", order_id=order_id)
            if (key := parse(state["external_id"] or "")) is not None:
                copies.setdefault(key[0], []).append(state)
        withheld: Counter[Key] = Counter()
        for line in conn.links.open_lines([shop.centra for shop in SHOPS]):
            withheld[line.warehouse, line.sku] += line.withheld
        refunds = [back.refund for back in journal.came_back if back.refund is not None]
        return cls(
            orders={number: centra.control("order_state", number=number) for number in numbers},
            copies=copies,
            refunds={refund: sitoo.control("order_state", order_id=refund) for refund in refunds},
            files=conn.files.get_many(numbers),
            withheld=withheld,
            ledger=[row for day in _days(journal) for row in ledger.day(SITE, day)],
            now=conn.clock.now(),
        )

    def live(self, number: int, warehouse: int | None = None) -> list[State]:
        """Copies that are not cancelled (of a Centra warehouse)."""
        return [copy for copy in self._of(number, warehouse) if copy["state"] != "cancelled"]

    def delivered(self, number: int, warehouse: int) -> Units:
        """{sku: units} handed out on copies for a store, cancelled copies too."""
        return _sum((row["sku"], row["delivered"]) for copy in self._of(number, warehouse) for row in copy["rows"])

    def held(self, number: int, warehouse: int) -> Units:
        """{sku: units} on the copies that stand in a store: open ones hold what they ordered, closed ones what they handed out."""
        rows = ((row, copy["state"] == "open") for copy in self.live(number, warehouse) for row in copy["rows"])
        return _sum((row["sku"], row["quantity"] if still_open else row["delivered"]) for row, still_open in rows)

    def owed(self, number: int, warehouse: int, *, only_shipped: bool = False) -> Units:
        """{sku: units} that Centra has allocated to a store, shipped ones included."""
        parts = ((line["sku"], part) for line in self.orders[number]["lines"] for part in line["allocated"])
        return _sum((sku, part["quantity"]) for sku, part in parts if part["warehouse"] == warehouse and (part["shipped"] or not only_shipped))

    def reserved(self) -> Counter[Key]:
        """Units that copies reserve in their stores."""
        found: Counter[Key] = Counter()
        for copies in self.copies.values():
            for copy in copies:
                key = parse(copy["external_id"])
                if key is not None and copy["state"] == "open" and copy["reserved_until"] and copy["reserved_until"] > self.now:
                    for row in copy["rows"]:
                        found[key[1], row["sku"]] += row["quantity"] - row["delivered"]
        return found

    def _of(self, number: int, warehouse: int | None) -> Iterator[State]:
        for copy in self.copies.get(number, ()):
            key = parse(copy["external_id"])
            if key is not None and warehouse in (None, key[1]):
                yield copy


def _sum(parts: Iterable[tuple[str | None, int]]) -> Units:
    total: Counter[str] = Counter()
    for sku, units in parts:
        if sku:
            total[sku] += units
    return {sku: units for sku, units in total.items() if units}


def _days(journal: Journal) -> list[str]:
    """The days (ISO) that the trade may have fallen on in the stores' time zone."""
    start, end = (datetime.fromtimestamp(at, UTC) for at in (journal.started_at, journal.ended_at or journal.started_at))
    return sorted({(moment + timedelta(hours=hours)).date().isoformat() for moment in (start, end) for hours in (0, 2)})
