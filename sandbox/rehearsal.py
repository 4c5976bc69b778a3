"""The whole connector in one process on a virtual clock: both sandboxes, in-memory tables and queues, the real flows between them.

Trade, events, retries, delayed messages and schedules happen at their moment while vendor calls take their time. Every vendor and storage
call passes `before`, where a test may crash the running function, let time pass, or let others act first.
"""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

import httpx

from connector.centra.graphql_client import GraphQLCentra
from connector.centra.transport import CentraTransport
from connector.domain.configuration import CentraSettings, Lane, Mapping, Plan, Site
from connector.flows.drain_store_stock import Drained
from connector.flows.nudge_store_stock import nudge_store_stock
from connector.flows.receive_centra_webhook import receive_centra_webhook
from connector.flows.receive_sitoo_events import receive_sitoo_events
from connector.flows.refresh_sku_map import RefreshSkuMap
from connector.flows.store_stock.context import DrainContext
from connector.flows.store_stock.sku_lookup import SkuLookup
from connector.flows.take_stock_messages import StockMessage, take_stock_messages
from connector.runtime.centra_budget import SharedBudget
from connector.runtime.dead_letters import EXCEPTION_ID
from connector.runtime.front_door import FrontDoor
from connector.runtime.http_event import Request
from connector.runtime.queues import Work
from connector.runtime.sitoo_lock import SitooLock
from connector.runtime.webhook_secret import WebhookSecret
from connector.sitoo.rest_client import RestSitoo
from connector.sitoo.transport import SitooTransport
from connector.store.memory.api_budget import MemoryBudgetStore, MemoryLockStore
from connector.store.memory.cursors import MemoryCursors
from connector.store.memory.exception_cases import MemoryExceptionCases
from connector.store.memory.leases import MemoryLeases
from connector.store.memory.order_links import MemoryOrderLinks
from connector.store.memory.sku_map import MemorySkuMap
from connector.store.memory.stock_levels import MemoryStockLevels
from ops.read_credentials import ReadApiUser, ReadToken
from sandbox.centra.app import create_app as centra_app
from sandbox.centra.state import CentraState
from sandbox.centra.webhooks import in_process
from sandbox.clock import VirtualTime
from sandbox.in_process import InProcessTransport
from sandbox.memory_queues import MemoryQueues, Message
from sandbox.sitoo.app import create_app as sitoo_app
from sandbox.sitoo.state import SitooState
from sandbox.stand_ins import Crash, HookedTransport, Invocation

FUNCTION_S = 60.0
AT_ONCE = {Work.FULFILMENTS: 4, Work.RETURNS: 4}
MOST_AT_ONCE = 2
"""How many invocations of a function run at once, and of those that AT_ONCE does not name: MaximumConcurrency in the template."""
MOST_NESTED = 2
"""Invocations that run inside each other's waits: more add little, and cost much time."""
Received = tuple[str, str, str | None]
"""A message as a function gets it: (message id, body, exception id)."""
Consumer = Callable[[Sequence[Received]], Collection[str]]
"""A function: answers the ids of the messages it could not take."""

WEBHOOK_SECRET = "rehearsal-webhook-secret"
EVENTS_USER, EVENTS_PASSWORD = "sitoo", "rehearsal-events-password"


@dataclass(slots=True)
class Counts:
    """What the connector did: invocations, crashes, how drains ended."""

    invocations: int = 0
    crashes: int = 0
    ended: Counter[str] = field(default_factory=Counter)
    drained: list[Drained] = field(default_factory=list)


class Rehearsal:
    """One site. `step(operation)` runs before each storage call and around each vendor call of the connector."""

    def __init__(
        self,
        site: Site,
        *,
        plan: Plan = Plan.GROWTH,
        limits: bool = False,
        seed: int = 1,
        mapping: Mapping | None = None,
        clock: VirtualTime | None = None,
    ) -> None:
        self.clock = clock or VirtualTime()
        self.mapping = mapping or Mapping(version=1, sites=(site,), centra=CentraSettings(plan=plan))
        self.site = site
        self.centra, self.sitoo = CentraState(self.clock), SitooState(self.clock, site=site.id)
        self.step: Callable[[str], None] = lambda _operation: None
        self.leases = MemoryLeases(self._before)
        self.cursors = MemoryCursors(self.leases, self._before)
        self.levels = MemoryStockLevels(self.leases, self._before)
        self.links, self.sku_map = MemoryOrderLinks(self._before), MemorySkuMap(self._before)
        self.cases, self.budget_store = MemoryExceptionCases(self._before), MemoryBudgetStore(self._before)
        self.locks = MemoryLockStore(self._before)
        self.queues = MemoryQueues(self.clock, before=self._before)
        self.counts = Counts()
        self.schedules = True
        self._ids = (f"id-{n}" for n in itertools.count(1))
        self._running: list[Invocation] = []
        self._serving: list[Work] = []
        self.consumers: dict[Work, Consumer] = {Work.STORE_STOCK: self._drain}
        self._rng = random.Random(seed)
        self._centra_http = self._http("centra", InProcessTransport(centra_app(self.centra, self.clock)))
        self._sitoo_http = self._http("sitoo", InProcessTransport(sitoo_app(self.sitoo, self.clock)))
        self._connect_events()
        if limits:
            self.centra.throttle(plan.value)
        self.clock.at(self.clock.now() + 60.0, self._poll)

    def context(self) -> DrainContext:
        """A fresh function instance's context: nothing remembered from earlier ones."""
        budget = SharedBudget(self.budget_store, self.mapping.centra.plan, self.mapping.centra.quota_share, self.clock)
        transport = CentraTransport(self._centra_http, "http://centra.test/graphql", ReadToken(self.centra.bearer), self.clock)
        centra = GraphQLCentra(transport, budget, self.clock)
        sitoo = self.sitoo_client()
        refresher = RefreshSkuMap(self.site.id, centra, sitoo, self.sku_map, self.cases)
        return DrainContext(
            site=self.site,
            mapping=self.mapping,
            clock=self.clock,
            centra=centra,
            sitoo=sitoo,
            budget=budget,
            leases=self.leases,
            cursors=self.cursors,
            levels=self.levels,
            links=self.links,
            skus=SkuLookup(self.site.id, self.sku_map, refresher.refresh, self.clock),
            cases=self.cases,
            queues=self.queues,
            new_id=lambda: next(self._ids),
        )

    def sitoo_client(self) -> RestSitoo:
        return RestSitoo(self.site.id, *self.sitoo_transports())

    def sitoo_transports(self) -> tuple[SitooTransport, dict[Lane, SitooTransport]]:
        """The default and the lanes as the mapping names API users: the sandbox's first user is `default`, others in their order."""
        names = ["default", *dict.fromkeys(self.mapping.sitoo.api_users.values())]
        users = dict(zip(names, self.sitoo.api_users.items(), strict=False))
        owner, base_url = next(self._ids), f"http://sitoo.test/v2/accounts/{self.sitoo.account}"

        def transport(name: str) -> SitooTransport:
            lock = SitooLock(self.locks, name, self.clock, owner)
            return SitooTransport(self._sitoo_http, base_url, ReadApiUser(*users[name]), lock, self.clock)

        return transport("default"), {lane: transport(name) for lane, name in self.mapping.sitoo.api_users.items()}

    def run(self, seconds: float) -> None:
        """Let time pass: trade, events, schedules and queue messages happen at their moment."""
        end = self.clock.now() + seconds
        while True:
            visible = [at for work in self.consumers if (at := self.queues.next_visible_at(work)) is not None]
            moment = min([end, *visible, self.clock.next_due() or end])
            self.clock.move_to(max(moment, self.clock.now()))
            if not self._serve_once() and self.clock.now() >= end:
                return

    def _serve_once(self) -> bool:
        """One invocation of each function whose queue has visible messages; False when there were none."""
        served = False
        for work, consume in self.consumers.items():
            if self._serving.count(work) < AT_ONCE.get(work, MOST_AT_ONCE) and (messages := self.queues.receive(work, 10)):
                self._invoke(work, consume, messages)
                served = True
        return served

    def _invoke(self, work: Work, consume: Consumer, messages: Sequence[Message]) -> None:
        self.counts.invocations += 1
        self._running.append(Invocation())
        self._serving.append(work)
        try:
            failed = consume([(str(i), m.body, m.attributes.get(EXCEPTION_ID)) for i, m in enumerate(messages)])
        except Crash:
            self.counts.crashes += 1
            return
        finally:
            self._running.pop()
            self._serving.pop()
        for i, message in enumerate(messages):
            if str(i) not in failed:
                self.queues.ack(message)

    def _drain(self, received: Sequence[Received]) -> Collection[str]:
        asked = [StockMessage(*each) for each in received]
        taken = take_stock_messages(asked, {self.site.id: self.context()}.get, ends_at=self.clock.now() + FUNCTION_S)
        for drained in taken.drained:
            self.counts.ended[drained.ended] += 1
            self.counts.drained.append(drained)
        return taken.failed

    def _before(self, operation: str) -> None:
        if not self._running:
            return
        running = self._running[-1]
        if running.dead:
            raise Crash
        try:
            self.step(operation)
        except Crash:
            running.dead = True
            raise

    def _http(self, name: str, inner: httpx.BaseTransport) -> httpx.Client:
        return httpx.Client(transport=HookedTransport(name, inner, self._before))

    def _poll(self) -> None:
        if self.schedules:
            nudge_store_stock(self.queues, [self.site.id], "poll")
        self.clock.at(self.clock.now() + 60.0, self._poll)

    def serve_beside(self) -> None:
        """While a function waits for a vendor, others and its own second slot take what is visible."""
        if 0 < len(self._running) < MOST_NESTED:
            self._serve_once()

    def _connect_events(self) -> None:
        door = FrontDoor(WebhookSecret(self._secret, self.clock), self.queues, (self.site.id,), self.clock)

        def from_sitoo(_url: str, headers: dict[str, str], body: bytes) -> int:
            status = receive_sitoo_events(Request({k.lower(): v for k, v in headers.items()}, body), door).status
            self.serve_beside()
            return status

        def from_centra(_url: str, headers: dict[str, str], body: bytes) -> int:
            status = receive_centra_webhook(Request({k.lower(): v for k, v in headers.items()}, body), door).status
            self.serve_beside()
            return status

        self.sitoo.events("http://connector.test", EVENTS_USER, EVENTS_PASSWORD, post=from_sitoo)
        self.centra.webhooks(url="http://connector.test", secret=WEBHOOK_SECRET, sender=in_process(from_centra))

    def _secret(self) -> dict[str, str]:
        return {"webhook_secret": WEBHOOK_SECRET, "events_user": EVENTS_USER, "events_password": EVENTS_PASSWORD}
