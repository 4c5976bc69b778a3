"""A demo day without processes: both sandboxes in memory on a virtual clock, and evidence made from them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from connector.domain.exceptions import Case, Kind, Owner, Problem, State, sku_entity, stock_entity
from sandbox.centra.state import CentraState
from sandbox.clock import VirtualTime
from sandbox.demo import chain
from sandbox.demo.evidence import Evidence, VendorLogs
from sandbox.demo.journal import Journal, Key
from sandbox.demo.observer import Unsettled
from sandbox.demo.script import script
from sandbox.demo.trader import Trader
from sandbox.sitoo.state import SitooState

SEED = 7
SECONDS = 120.0


class Actions:
    """A sandbox's control actions as they are over HTTP: plain JSON in, plain JSON out."""

    def __init__(self, state: CentraState | SitooState) -> None:
        self._state = state

    def control(self, action: str, **arguments: Any) -> Any:
        return json.loads(json.dumps(getattr(self._state, action)(**json.loads(json.dumps(arguments)))))


@dataclass
class MemoryDay:
    """`kills`: how many attempts to kill the drain fail before one hits."""

    kills: int = 3
    clock: VirtualTime = field(default_factory=VirtualTime)

    def __post_init__(self) -> None:
        self.centra_state, self.sitoo_state = CentraState(self.clock), SitooState(self.clock, site=chain.SITE)
        self.centra, self.sitoo = Actions(self.centra_state), Actions(self.sitoo_state)
        self.stock = chain.fill(self.centra, self.sitoo, SEED)
        self.sitoo_state.events("http://nobody.test", post=lambda _url, _headers, _body: 200)
        self.clock.sleep(10.0)
        self.ticks = 0

    def play(self, seconds: float = SECONDS) -> Journal:
        attempts = [0] * self.kills + [1]

        def kill() -> int:
            found = attempts.pop(0)
            if not attempts:
                attempts.extend([0] * self.kills + [1])
            return found

        self.opening = {int(w): {sku: int(r["total"]) for sku, r in rows.items()} for w, rows in self.sitoo.control("snapshot").items()}
        trader = Trader(self.centra, self.sitoo, self.clock, kill, self.stock, SEED)
        trader.play(script(SEED, seconds), seconds, self._tick)
        return trader.journal

    def make_the_article(self) -> None:
        self.centra.control("add_size", sku=chain.UNMAPPED_IN_CENTRA)

    def put_right(self, evidence: Evidence) -> None:
        """What a connector does: Centra holds the truth."""
        for (warehouse, sku), truth in evidence.truths().items():
            in_centra = chain.UNMAPPED_IN_CENTRA if sku == chain.UNMAPPED else sku
            self.centra_state.put_stock(warehouse, in_centra, truth.physical)

    def evidence(self, journal: Journal, cases: list[Case], left: tuple[str, ...] = (), unsettled: Unsettled | None = None) -> Evidence:
        return Evidence(
            shops=chain.SHOPS,
            skus=(*chain.SKUS, chain.UNMAPPED),
            journal=journal,
            logs=VendorLogs.read(self.centra, self.sitoo),
            cases=cases,
            unsettled=unsettled or Unsettled(0, 0, 0, 0, False),
            unmapped=chain.UNMAPPED,
            unmapped_in_centra=chain.UNMAPPED_IN_CENTRA,
            parked_before_repair=frozenset({chain.UNMAPPED}),
            left_processes=left,
            outcomes={"SyncStoreStock": {"invocations": 3, "outcomes": {"ok": 2, "crash": 1}, "init_ms": [300.0, 320.0], "peak_memory_mb": 90.1}},
        )

    def _tick(self) -> None:
        self.ticks += 1


def case(kind: Kind, entity: str, state: State = State.OPEN, orders: list[str] | None = None) -> Case:
    evidence: dict[str, str | int | list[str]] = {"orders": orders} if orders is not None else {}
    problem = Problem(kind, entity, Owner.CUSTOMER_SERVICE, f"{entity} needs <somebody>.", "Do something.", evidence)
    return Case(f"{kind.value}-{entity}", problem, state, 1, 0.0, 0.0)


def oversold(key: Key, orders: list[str] | None = None) -> Case:
    return case(Kind.OVERSOLD, stock_entity(chain.SITE, *key), orders=["101: 1"] if orders is None else orders)


def mended() -> Case:
    return case(Kind.UNMAPPED_SKU, sku_entity(chain.SITE, chain.UNMAPPED), State.RESOLVED)
