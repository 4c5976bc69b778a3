"""The day from opening to closing: set up, first load, trade, settle, mend what waited for a person, gather the evidence."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import boto3
from rich.console import Console

from connector.domain.exceptions import Case, State
from connector.runtime.clock import Clock
from connector.store.dynamo.connection import Connection as Dynamo
from connector.store.dynamo.sales_ledger import DynamoSalesLedger
from ops.connect import connect
from ops.connection import Connection
from ops.stack import local_stack
from sandbox.demo import chain
from sandbox.demo.evidence import Evidence, VendorLogs
from sandbox.demo.journal import Journal, Key
from sandbox.demo.leaks import everywhere, found_in
from sandbox.demo.leftovers import family, left_of
from sandbox.demo.mending import complete, is_mended, redrive, skus_of
from sandbox.demo.observer import Observer, Unsettled
from sandbox.demo.operator import Operator
from sandbox.demo.order_moves import tell_of_orders
from sandbox.demo.script import script
from sandbox.demo.trader import Trader
from sandbox.demo.vendors import Vendor
from sandbox.demo.view import View
from sandbox.demo.web_latency import story_number
from sandbox.demo.web_seen import WebSeen
from sandbox.local_stack.environment import LocalEnv
from sandbox.local_stack.processes import Warden
from sandbox.local_stack.stack import LOCAL_FOLDER, LocalStack

DRAIN = "SyncStoreStock"
LATENCY_S, SPREAD_S = 0.15, 0.05
DOUBLED = 0.08
SETTLE_LIMIT_S = 150.0
REPAIR_LIMIT_S = 60.0
CLOSING_LIMIT_S = 300.0
TOKEN, HOOK_SECRET, API_ID, API_PASSWORD = "demo-token", "demo-webhook-secret", "90123-1", "demo-password"
ORDERS_API_ID, ORDERS_PASSWORD = "90123-2", "demo-orders-password"
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
        users = ("--api-user", f"{API_ID}:{API_PASSWORD}", "--api-user", f"{ORDERS_API_ID}:{ORDERS_PASSWORD}")
        sitoo = running.enter_context(Vendor("sitoo", warden, *users, "--site", str(chain.SITE)))
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
            sitoo_orders_api_id=ORDERS_API_ID,
            sitoo_orders_password=ORDERS_PASSWORD,
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

        def refresh() -> None:
            self._view.refresh(trader.journal, place.observer.figures, self._seconds)

        trader.play(script(self._seed, self._seconds), self._seconds, refresh)
        self._view.phase("after closing time")
        self._view.step("everything planned was played" if trader.web.after_closing(CLOSING_LIMIT_S, refresh) else "some of the plan is left out")
        trader.journal.ended_at = self._clock.now()
        self._view.phase("settling")
        self._wait_until_settled(place, since=trader.journal.ended_at, limit_s=SETTLE_LIMIT_S)
        parked = self._mend(place, trader.journal)
        unsettled = self._wait_until_settled(place, since=self._clock.now(), limit_s=REPAIR_LIMIT_S)
        logs, web = VendorLogs.read(centra, sitoo), self._web(place, trader.journal, parked)
        tell_of_orders(trader.journal, web, (row for row in logs.sitoo_commits if row["at"] >= trader.journal.started_at))
        evidence = Evidence(
            shops=chain.SHOPS,
            skus=(*chain.SKUS, chain.UNMAPPED),
            journal=trader.journal,
            logs=logs,
            cases=place.conn.cases.list(state=None),
            unsettled=unsettled,
            unmapped=chain.UNMAPPED,
            unmapped_in_centra=chain.UNMAPPED_IN_CENTRA,
            parked_before_repair=skus_of(parked),
            web=web,
        )
        return Played(evidence, opening_centra, opening_sitoo, calls, place.operator.commands)

    def _mend(self, place: Place, journal: Journal) -> list[Case]:
        """People complete what was missing, the operator redrives; what was parked before."""
        self._view.phase("mending")
        parked = place.conn.cases.list(state=State.OPEN)
        size = complete(place.centra, place.sitoo, journal)
        for command in redrive(place.conn, place.operator, self._folder / "mapping.yaml", size):
            self._view.step(command)
        self._wait(lambda: is_mended(place.conn), REPAIR_LIMIT_S)
        return parked

    def _web(self, place: Place, journal: Journal, parked: list[Case]) -> WebSeen:
        """What became of web orders; and a search for personal data wherever the connector keeps or says something."""
        dynamodb, sqs = boto3.client("dynamodb"), boto3.client("sqs")
        ledger = DynamoSalesLedger(Dynamo(dynamodb), place.stack.description["tables"]["SalesLedger"])
        seen = WebSeen.read(place.centra, place.sitoo, place.conn, ledger, journal)
        told = story_number(seen, journal)
        story = place.operator.ops("order", "show", str(told)) if told is not None else ""
        texts = everywhere(place.stack.description, dynamodb, sqs, LOCAL_FOLDER / "logs", self._folder)
        leaks = found_in(texts, (secret for placed in journal.placed for secret in placed.secrets))
        return replace(seen, parked=parked, leaks=leaks, story=story)

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
