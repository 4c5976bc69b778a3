"""The day from opening to closing: set up, first load, trade, settle, mend what waited for a person, gather the evidence."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from connector.domain.exceptions import Kind, State
from connector.runtime.clock import Clock
from ops.connect import connect
from ops.connection import Connection
from ops.stack import local_stack
from sandbox.demo import chain
from sandbox.demo.evidence import Evidence, VendorLogs
from sandbox.demo.journal import Key
from sandbox.demo.leftovers import family, left_of
from sandbox.demo.observer import Observer, Unsettled
from sandbox.demo.operator import Operator
from sandbox.demo.script import script
from sandbox.demo.trader import Trader
from sandbox.demo.vendors import Vendor
from sandbox.demo.view import View
from sandbox.local_stack.environment import LocalEnv
from sandbox.local_stack.processes import Warden
from sandbox.local_stack.stack import LOCAL_FOLDER, LocalStack

DRAIN = "SyncStoreStock"
LATENCY_S, SPREAD_S = 0.15, 0.05
DOUBLED = 0.08
SETTLE_LIMIT_S = 150.0
REPAIR_LIMIT_S = 60.0
TOKEN, HOOK_SECRET, API_ID, API_PASSWORD = "demo-token", "demo-webhook-secret", "90123-1", "demo-password"
EVENTS_USER, EVENTS_PASSWORD = "sitoo", "demo-events-password"


@dataclass(frozen=True, slots=True)
class Played:
    """What the day leaves: the evidence, Centra's physical quantities, Sitoo's levels and Centra's call counts when trade began, and the commands."""

    evidence: Evidence
    opening_centra: dict[Key, int]
    opening_sitoo: dict[int, dict[str, int]]
    calls_before_trade: dict[str, int]
    commands: list[str]


@dataclass(frozen=True, slots=True)
class Place:
    """Everything that runs during the day."""

    centra: Vendor
    sitoo: Vendor
    stack: LocalStack
    conn: Connection
    observer: Observer
    operator: Operator


class Day:
    """`seconds` of trade after the set-up; files go below `folder`."""

    def __init__(self, folder: Path, seconds: float, seed: int, view: View, clock: Clock) -> None:
        self._folder, self._seconds, self._seed, self._view, self._clock = folder, seconds, seed, view, clock

    def play(self) -> Played:
        """Start everything, play, stop everything."""
        with ExitStack() as running:
            place = self._open(running)
            played = self._trade(place)
            started = family()
            outcomes = place.stack.stats()
            self._view.phase("closing")
        left = self._left(started)
        return replace(played, evidence=replace(played.evidence, left_processes=left, outcomes=outcomes))

    def _open(self, running: ExitStack) -> Place:
        self._view.phase("opening")
        warden = Warden()
        running.callback(warden.close)
        centra = running.enter_context(Vendor("centra", warden, "--token", TOKEN, "--plan", chain.PLAN))
        sitoo = running.enter_context(Vendor("sitoo", warden, "--api-user", f"{API_ID}:{API_PASSWORD}", "--site", str(chain.SITE)))
        self._stock = chain.fill(centra, sitoo, self._seed)
        self._view.step(f"sandboxes: {len(chain.SHOPS)} stores, {len(chain.SKUS)} SKUs")
        stack = running.enter_context(LocalStack(self._environment(centra, sitoo), folder=LOCAL_FOLDER))
        sitoo.control("events", url=f"{stack.gateway_url}/webhooks/sitoo", user=EVENTS_USER, password=EVENTS_PASSWORD)
        centra.control("webhooks", url=f"{stack.gateway_url}/webhooks/centra", secret=HOOK_SECRET, retries=3)
        for vendor in (centra, sitoo):
            vendor.control("latency", mean=LATENCY_S, spread=SPREAD_S)
        self._view.step("local stack: functions, queues, tables, webhooks")
        operator = Operator(self._folder / "ops.log")
        self._set_up(operator)
        conn = connect(local_stack(LOCAL_FOLDER / "stack.json"), Console(quiet=True))
        observer = running.enter_context(Observer(centra, sitoo, conn))
        return Place(centra, sitoo, stack, conn, observer, operator)

    def _environment(self, centra: Vendor, sitoo: Vendor) -> LocalEnv:
        return LocalEnv(
            centra_graphql_url=centra.url,
            centra_token=TOKEN,
            centra_webhook_secret=HOOK_SECRET,
            sitoo_base_url=sitoo.url,
            sitoo_api_id=API_ID,
            sitoo_password=API_PASSWORD,
            sitoo_site_id=str(chain.SITE),
            sitoo_events_user=EVENTS_USER,
            sitoo_events_password=EVENTS_PASSWORD,
            port=0,
        )

    def _set_up(self, operator: Operator) -> None:
        """What the README tells an operator to do."""
        mapping = self._folder / "mapping.yaml"
        mapping.write_text(chain.mapping_yaml(), encoding="utf-8")
        self._view.phase("first load")
        for command in (("mapping", "apply", "--yes", str(mapping)), ("sku-map", "build"), ("stock", "load", "--yes")):
            operator.ops(*command)
            self._view.step(operator.commands[-1])

    def _trade(self, place: Place) -> Played:
        centra, sitoo = place.centra, place.sitoo
        self._wait_until_settled(place, since=0.0, limit_s=REPAIR_LIMIT_S)
        opening_centra = {(int(w), sku): row["physical"] for w, rows in centra.control("snapshot").items() for sku, row in rows.items()}
        opening_sitoo = {int(w): {sku: int(row["total"]) for sku, row in rows.items()} for w, rows in sitoo.control("snapshot").items()}
        calls = dict(centra.control("calls"))
        trader = Trader(centra, sitoo, self._clock, lambda: place.stack.kill(DRAIN), self._stock, self._seed)
        sitoo.control("double_events", probability=DOUBLED)
        self._view.phase("trade")
        trader.play(
            script(self._seed, self._seconds), self._seconds, lambda: self._view.refresh(trader.journal, place.observer.figures, self._seconds)
        )
        self._view.phase("settling")
        self._wait_until_settled(place, since=trader.journal.ended_at, limit_s=SETTLE_LIMIT_S)
        parked = self._mend(place)
        unsettled = self._wait_until_settled(place, since=trader.journal.ended_at, limit_s=REPAIR_LIMIT_S)
        evidence = Evidence(
            shops=chain.SHOPS,
            skus=(*chain.SKUS, chain.UNMAPPED),
            journal=trader.journal,
            logs=VendorLogs.read(centra, sitoo),
            cases=place.conn.cases.list(state=None),
            unsettled=unsettled,
            unmapped=chain.UNMAPPED,
            unmapped_in_centra=chain.UNMAPPED_IN_CENTRA,
            parked_before_repair=parked,
        )
        return Played(evidence, opening_centra, opening_sitoo, calls, place.operator.commands)

    def _mend(self, place: Place) -> frozenset[str]:
        """Somebody makes the missing article in Centra; the operator says which it is and redrives. The SKUs that were parked before."""
        self._view.phase("mending")
        parked = place.conn.cases.list(state=State.OPEN, kind=Kind.UNMAPPED_SKU)
        size = place.centra.control("add_size", sku=chain.UNMAPPED_IN_CENTRA, ean="7358888888888")["size_id"]
        for command in (("sku-map", "add", chain.UNMAPPED, "--size-id", str(size)), ("exceptions", "redrive", "--kind", Kind.UNMAPPED_SKU.value)):
            place.operator.ops(*command)
            self._view.step(place.operator.commands[-1])
        self._wait(lambda: not self._waits_for_redrive(place), REPAIR_LIMIT_S)
        return frozenset(str(case.problem.entity.rpartition("/")[2]) for case in parked)

    def _waits_for_redrive(self, place: Place) -> bool:
        cases = place.conn.cases
        return any(case for state in (State.OPEN, State.REDRIVEN) for case in cases.list(state=state, kind=Kind.UNMAPPED_SKU))

    def _wait_until_settled(self, place: Place, *, since: float, limit_s: float) -> Unsettled:
        seen: list[Unsettled] = []

        def settled() -> bool:
            seen.append(place.observer.unsettled(since))
            return seen[-1].nothing

        if self._wait(settled, limit_s):
            self._view.step("nothing is left to do")
        else:
            self._view.step(f"still to do after {limit_s:.0f} s: {seen[-1]}")
        return seen[-1]

    def _wait(self, done: Callable[[], bool], limit_s: float) -> bool:
        deadline = self._clock.now() + limit_s
        while not done():
            if self._clock.now() >= deadline:
                return False
            self._clock.sleep(1.0)
        return True

    def _left(self, started: dict[int, str]) -> list[str]:
        self._wait(lambda: not left_of(started), 5.0)
        return left_of(started)
