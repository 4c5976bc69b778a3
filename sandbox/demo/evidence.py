"""Everything the checks and the report look at, gathered once when all has settled. Plain data, so that tests can make it up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from connector.domain.exceptions import Case, Kind
from sandbox.demo.chain import Shop
from sandbox.demo.journal import Journal, Key, Mishap
from sandbox.demo.observer import Unsettled
from sandbox.demo.vendors import Control
from sandbox.demo.web_seen import WebSeen
from sandbox.truth import Shelf, Truth, WebOrder, truth

LACKS = (Kind.INCOMPLETE_ORDER, Kind.UNMAPPED_NAME, Kind.UNMAPPED_SKU)
"""What orders that cannot go to a store are parked as."""


@dataclass(frozen=True, slots=True)
class VendorLogs:
    """What both sandboxes counted, as their control actions tell it."""

    centra_calls: Mapping[str, int]
    sitoo_calls: Mapping[str, int]
    centra_usage: Mapping[str, Any]
    centra_faults: Mapping[str, int]
    sitoo_events: Mapping[str, Any]
    centra_hook_answers: Mapping[str, int]
    too_many_connections: int
    centra_stock: Mapping[str, Mapping[str, Mapping[str, int]]]
    sitoo_stock: Mapping[str, Mapping[str, Mapping[str, int]]]
    centra_orders: Sequence[Mapping[str, Any]]
    centra_commits: Sequence[Mapping[str, Any]]
    sitoo_commits: Sequence[Mapping[str, Any]]
    sitoo_faults: Mapping[str, int]
    centra_hooks: Mapping[str, int]

    @classmethod
    def read(cls, centra: Control, sitoo: Control) -> VendorLogs:
        return cls(
            centra_calls=centra.control("calls"),
            sitoo_calls=sitoo.control("calls"),
            centra_usage=centra.control("usage"),
            centra_faults=centra.control("faults_played"),
            sitoo_events=sitoo.control("event_stats"),
            centra_hook_answers=centra.control("webhook_answers"),
            too_many_connections=sitoo.control("violations"),
            centra_stock=centra.control("snapshot"),
            sitoo_stock=sitoo.control("snapshot"),
            centra_orders=centra.control("orders_snapshot"),
            centra_commits=centra.control("commits"),
            sitoo_commits=sitoo.control("commits"),
            sitoo_faults=sitoo.control("faults_played"),
            centra_hooks=centra.control("webhook_counts"),
        )


@dataclass(frozen=True, slots=True)
class Evidence:
    """`cases`: all exceptions at the end; `parked_before_repair`: the SKUs open as UNMAPPED_SKU before the operator mended them.

    `left_processes`: what of the processes started still runs after everything was stopped.
    """

    shops: Sequence[Shop]
    skus: Sequence[str]
    journal: Journal
    logs: VendorLogs
    cases: Sequence[Case]
    unsettled: Unsettled
    unmapped: str
    unmapped_in_centra: str
    parked_before_repair: frozenset[str]
    left_processes: Sequence[str] = ()
    outcomes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    web: WebSeen = field(default_factory=WebSeen)

    def physical(self, key: Key) -> int:
        """What Centra holds."""
        return self._centra_row(key)["physical"]

    def truths(self) -> dict[Key, Truth]:
        """What Centra must hold, for every store and SKU that Sitoo has a shelf for."""
        promised, reserved = self._web_orders(), self.web.reserved()
        found: dict[Key, Truth] = {}
        for shop in self.shops:
            for sku in self.skus:
                shelves, key = list(self._shelves(shop, sku)), (shop.centra, sku)
                if shelves:
                    seen = truth(shelves, promised.get((shop.centra, self._in_centra(sku)), ()), own_reservations=reserved[key])
                    found[key] = replace(seen, target=max(0, seen.target - self.web.withheld.get(key, 0)))
        return found

    def mishaps(self) -> dict[Mishap, int]:
        """How often each kind of fault was seen to happen."""
        kinds = [case.problem.kind.value for case in self.cases]
        return {
            Mishap.EVENTS_LOST: self.logs.sitoo_events["lost"],
            Mishap.EVENTS_DOUBLED: self.logs.sitoo_events["doubled"],
            Mishap.OFFLINE_SALES: self.journal.offline_sales,
            Mishap.CUT_AFTER_COMMIT: self.logs.centra_faults.get("drop_after", 0),
            Mishap.THROTTLED: self.logs.centra_faults.get("throttle", 0),
            Mishap.OUTAGE: self.logs.centra_faults.get("error", 0),
            Mishap.DRAIN_KILLED: self.journal.kills,
            Mishap.UNMAPPED: kinds.count("UNMAPPED_SKU"),
            Mishap.OVERSOLD: kinds.count("OVERSOLD"),
            Mishap.POST_CUT_AFTER_COMMIT: self.logs.sitoo_faults.get("drop_after", 0),
            Mishap.WEBHOOKS_LOST: self.logs.centra_hooks.get("lost", 0),
            Mishap.WEBHOOKS_DOUBLED: self.logs.centra_hooks.get("doubled", 0),
            Mishap.ORDERS_PARKED: sum(case.problem.kind in LACKS and case.problem.entity.startswith("order/") for case in self.web.parked),
            Mishap.REJECTED: self.journal.rejected,
            Mishap.OVER_RETURNED: kinds.count("OVER_RETURN"),
            Mishap.REFUNDED_TWICE: kinds.count("DOUBLE_REFUND_RISK"),
        }

    def _in_centra(self, sku: str) -> str:
        return self.unmapped_in_centra if sku == self.unmapped else sku

    def _centra_row(self, key: Key) -> Mapping[str, int]:
        return self.logs.centra_stock.get(str(key[0]), {}).get(self._in_centra(key[1]), {"physical": 0, "allocated": 0})

    def _shelves(self, shop: Shop, sku: str) -> Iterable[Shelf]:
        for warehouse in shop.sellable:
            row = self.logs.sitoo_stock.get(str(warehouse), {}).get(sku)
            if row is not None:
                yield Shelf(int(row["total"]), int(row["reserved"]))

    def _web_orders(self) -> dict[Key, list[WebOrder]]:
        """{(warehouse, Centra SKU): its web orders}. No stock-take of this day touches a shipped SKU, so counts need not be dated."""
        found: dict[Key, list[WebOrder]] = {}
        for order in self.logs.centra_orders:
            units: Counter[tuple[Key, bool]] = Counter()
            for line in order["lines"]:
                for part in line["allocated"]:
                    units[(int(part["warehouse"]), line["sku"]), bool(part["shipped"])] += int(part["quantity"])
            for key in {key for key, _ in units}:
                delivered = self.web.delivered(order["number"], key[0]).get(key[1], 0)
                found.setdefault(key, []).append(WebOrder(units[key, False], shipped=units[key, True], delivered=delivered))
        return found
