"""A demo day in memory with the connector at work: every flow on a virtual clock, nothing but the processes left out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from connector.domain.exceptions import Case, State
from connector.runtime.queues import Work
from connector.store.sku_map import SkuEntry
from ops.connection import Connection
from ops.mapping_file import load
from sandbox.demo import chain
from sandbox.demo.evidence import Evidence, VendorLogs
from sandbox.demo.journal import Journal
from sandbox.demo.leaks import found_in
from sandbox.demo.mending import complete, is_mended, skus_of, waiting
from sandbox.demo.observer import Unsettled
from sandbox.demo.order_moves import tell_of_orders
from sandbox.demo.script import script
from sandbox.demo.trader import Trader
from sandbox.demo.web_seen import WebSeen
from sandbox.order_rehearsal import OrderRehearsal
from tests.demo.day_in_memory import SECONDS, SEED, Actions

LATENCY_S, SPREAD_S = 0.15, 0.05
QUIET_S = 400.0


class WorldClock:
    """Time passes for the whole world while somebody sleeps."""

    def __init__(self, world: OrderRehearsal) -> None:
        self._world = world

    def now(self) -> float:
        return self._world.clock.now()

    def sleep(self, seconds: float) -> None:
        self._world.run(seconds)


@dataclass
class ConnectedDay:
    """`play` lets the day happen, mends what waits for people and gathers what the real demo gathers."""

    folder: Path

    def __post_init__(self) -> None:
        path = self.folder / "mapping.yaml"
        path.write_text(chain.mapping_yaml(), encoding="utf-8")
        self.world = OrderRehearsal(load(path).mapping, limits=True)
        self.centra, self.sitoo = Actions(self.world.centra), Actions(self.world.sitoo)
        self.stock = chain.fill(self.centra, self.sitoo, SEED)
        sizes = {size.sku: size for size in self.world.centra.catalogue.sizes.values()}
        entries = [SkuEntry(sku, sizes[sku].id, sizes[sku].variant.product.id, sizes[sku].variant.id, sku) for sku in chain.SKUS]
        self.world.sku_map.put_many(chain.SITE, entries)
        for shop in chain.SHOPS:
            for sku in chain.SKUS:
                units = sum(self.stock[warehouse].get(sku, 0) for warehouse in shop.sellable)
                self.world.centra.put_stock(shop.centra, sku, units)
        self.clock = WorldClock(self.world)
        self.clock.sleep(90.0)
        for vendor in (self.world.centra, self.world.sitoo):
            vendor.latency(LATENCY_S, SPREAD_S)

    @property
    def conn(self) -> Connection:
        """The parts of a connection that the demo's helpers use."""
        world = self.world
        return cast(Connection, SimpleNamespace(cases=world.cases, links=world.links, files=world.files, clock=self.clock))

    def play(self) -> Evidence:
        self.opening = {int(w): {sku: int(r["total"]) for sku, r in rows.items()} for w, rows in self.sitoo.control("snapshot").items()}
        trader = Trader(self.centra, self.sitoo, self.clock, lambda: 1, self.stock, SEED)
        self.sitoo.control("double_events", probability=0.08)
        trader.play(script(SEED, SECONDS), SECONDS, lambda: None)
        self.all_played = trader.web.after_closing(300.0, lambda: None)
        trader.journal.ended_at = self.clock.now()
        self.clock.sleep(QUIET_S)
        parked = self._mend(trader.journal)
        self.clock.sleep(QUIET_S)
        return self._evidence(trader.journal, parked)

    def _mend(self, journal: Journal) -> list[Case]:
        parked = self.world.cases.list(state=State.OPEN)
        size = complete(self.centra, self.sitoo, journal)
        (self.folder / "mapping.yaml").write_text(chain.mapping_yaml(courier_known=True), encoding="utf-8")
        self.world.mapping = load(self.folder / "mapping.yaml").mapping
        made = next(s for s in self.world.centra.catalogue.sizes.values() if s.id == size)
        entry = SkuEntry(chain.UNMAPPED, size, made.variant.product.id, made.variant.id, made.sku)
        self.world.sku_map.put_many(chain.SITE, [entry])
        for case in waiting(self.conn):
            if case.queue is not None and case.body is not None:
                self.world.cases.move(case.case_id, State.REDRIVEN, now=self.clock.now(), by="test")
                self.world.queues.send(Work(case.queue), [case.body])
        self.clock.sleep(60.0)
        self.mended = is_mended(self.conn)
        return parked

    def _evidence(self, journal: Journal, parked: list[Case]) -> Evidence:
        web = WebSeen.read(self.centra, self.sitoo, self.conn, self.world.ledger, journal)
        stored: list[Any] = [*web.files.values(), *web.ledger, *self.world.cases.list(state=None)]
        logs = VendorLogs.read(self.centra, self.sitoo)
        tell_of_orders(journal, web, (row for row in logs.sitoo_commits if row["at"] >= journal.started_at))
        secrets = [secret for placed in journal.placed for secret in placed.secrets]
        return Evidence(
            shops=chain.SHOPS,
            skus=(*chain.SKUS, chain.UNMAPPED),
            journal=journal,
            logs=logs,
            cases=self.world.cases.list(state=None),
            unsettled=Unsettled(0, 0, 0, 0, False),
            unmapped=chain.UNMAPPED,
            unmapped_in_centra=chain.UNMAPPED_IN_CENTRA,
            parked_before_repair=skus_of(parked),
            outcomes={"SyncStoreStock": {"invocations": 3, "outcomes": {"ok": 2, "crash": 1}, "init_ms": [300.0, 320.0], "peak_memory_mb": 90.1}},
            web=replace(web, parked=parked, leaks=found_in([(type(x).__name__, repr(x)) for x in stored], secrets), story="Order 101"),
        )
