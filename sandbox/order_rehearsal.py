"""The whole connector with its order and return flows, in one process on a virtual clock."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from connector.centra.calls import Calls
from connector.centra.change_events import GraphQLCentraEvents
from connector.centra.graphql_client import GraphQLCentra
from connector.centra.graphql_orders import GraphQLCentraOrders
from connector.centra.order_api import RestOrderApi
from connector.centra.transport import CentraTransport
from connector.domain.configuration import Lane, Mapping, Plan
from connector.flows.orders.context import OrderContext
from connector.flows.orders.poll_centra import poll_centra
from connector.flows.orders.take_fulfilment_messages import take_fulfilment_messages
from connector.flows.orders.take_order_messages import OrderMessage, take_order_messages
from connector.flows.orders.trouble import PASSING
from connector.flows.refresh_sku_map import RefreshSkuMap
from connector.flows.returns.take_return_messages import take_return_messages
from connector.flows.store_stock.sku_lookup import SkuLookup
from connector.runtime.centra_budget import SharedBudget
from connector.runtime.dead_letters import EXCEPTION_ID
from connector.runtime.patient_budget import PatientBudget
from connector.runtime.queues import Work
from connector.sitoo.rest_client import RestSitoo
from connector.sitoo.rest_orders import RestSitooOrders
from connector.store.memory.order_files import MemoryOrderFiles
from connector.store.memory.sales_ledger import MemorySalesLedger
from ops.read_credentials import ReadToken
from sandbox.memory_bus import MemoryBus
from sandbox.memory_queues import Message
from sandbox.rehearsal import AT_ONCE, FUNCTION_S, MOST_AT_ONCE, Consumer, Received, Rehearsal
from sandbox.stand_ins import Crash, Invocation
from sandbox.task_time import Task, TaskTime

POLL_S = 60.0
MOST_IN_BATCH = 10


class OrderRehearsal(Rehearsal):
    """Everything a Rehearsal does, and the functions sync_order, sync_fulfilment, sync_return and poll_centra.

    `windows`: seconds for which a queue's messages gather before they are given to their function (the batching window of its mapping).
    """

    def __init__(self, mapping: Mapping, *, plan: Plan = Plan.GROWTH, limits: bool = False, seed: int = 1) -> None:
        self.time = TaskTime()
        self._invocations: dict[Task, Invocation] = {}
        super().__init__(mapping.sites[0], plan=plan, limits=limits, seed=seed, mapping=mapping, clock=self.time)
        self.files, self.ledger = MemoryOrderFiles(self._before), MemorySalesLedger(self._before)
        self.bus = MemoryBus(self._before)
        self.consumers |= {Work.ORDERS: self._orders, Work.FULFILMENTS: self._fulfilments, Work.RETURNS: self._returns}
        self.clock.at(self.clock.now() + POLL_S / 2, self._poll_centra)
        self.polled: list[dict[str, int]] = []
        self.windows: dict[Work, float] = {}

    def order_context(self, by: str = "rehearsal") -> OrderContext:
        """A fresh function instance's context."""
        budget = SharedBudget(self.budget_store, self.mapping.centra.plan, self.mapping.centra.quota_share, self.clock)
        transport = CentraTransport(self._centra_http, "http://centra.test/graphql", ReadToken(self.centra.bearer), self.clock)
        stock = GraphQLCentra(transport, budget, self.clock)
        default, lanes = self.sitoo_transports()
        sitoo_stock = RestSitoo(self.site.id, default, lanes)
        refresher = RefreshSkuMap(self.site.id, stock, sitoo_stock, self.sku_map, self.cases)
        patient = Calls(transport, PatientBudget(budget, self.clock), self.clock)
        return OrderContext(
            site=self.site,
            mapping=self.mapping,
            clock=self.clock,
            centra=GraphQLCentraOrders(patient),
            centra_stock=stock,
            centra_events=GraphQLCentraEvents(patient),
            order_api=self._order_api(),
            sitoo=RestSitooOrders(self.site.id, lanes.get(Lane.ORDERS, default)),
            sitoo_stock=sitoo_stock,
            leases=self.leases,
            cursors=self.cursors,
            files=self.files,
            ledger=self.ledger,
            links=self.links,
            levels=self.levels,
            skus=SkuLookup(self.site.id, self.sku_map, refresher.refresh, self.clock),
            cases=self.cases,
            queues=self.queues,
            announcer=self.bus,
            new_id=lambda: next(self._ids),
            by=by,
        )

    def _order_api(self) -> RestOrderApi:
        return RestOrderApi(self._centra_http, "http://centra.test/api/order-api", ReadToken(self.centra.order_api_secret), self.clock)

    def _orders(self, received: Sequence[Received]) -> Collection[str]:
        taken = take_order_messages(self._asked(received), self._contexts("sync_order").get, [self.site.id], ends_at=self.clock.now() + FUNCTION_S)
        return taken.failed

    def _fulfilments(self, received: Sequence[Received]) -> Collection[str]:
        contexts = self._contexts("sync_fulfilment")
        return take_fulfilment_messages(self._asked(received), contexts.get, [self.site.id], ends_at=self.clock.now() + FUNCTION_S).failed

    def _returns(self, received: Sequence[Received]) -> Collection[str]:
        taken = take_return_messages(self._asked(received), self._contexts("sync_return").get, [self.site.id], ends_at=self.clock.now() + FUNCTION_S)
        return taken.failed

    def _contexts(self, by: str) -> dict[int, OrderContext]:
        return {self.site.id: self.order_context(by)}

    @staticmethod
    def _asked(received: Sequence[Received]) -> list[OrderMessage]:
        return [OrderMessage(*each) for each in received]

    def run(self, seconds: float) -> None:
        """Let time pass. Functions run at once, each up to its concurrency, as on Lambda."""
        end = self.clock.now() + seconds
        while True:
            served = self._serve_once()
            if self.time.run_ready() or served:
                continue
            if self.clock.now() >= end:
                return
            visible = [at for work in self.consumers if self._free(work) and (at := self._due(work)) is not None]
            moments = [end, *visible, *(m for m in (self.clock.next_due(), self.time.next_wake()) if m is not None)]
            self.clock.move_to(max(min(moments), self.clock.now()))

    def serve_beside(self) -> None:
        """Nothing to do: what is visible is served as soon as the running function waits."""

    def close(self) -> None:
        """Functions that still wait are gone."""
        self.time.kill_all()

    def _serve_once(self) -> bool:
        held = [work for work in self.windows if (due := self._due(work)) is not None and due > self.clock.now()]
        consumers, self.consumers = self.consumers, {work: consume for work, consume in self.consumers.items() if work not in held}
        try:
            return super()._serve_once()
        finally:
            self.consumers = consumers

    def _due(self, work: Work) -> float | None:
        """When the queue's messages are given to its function; a whole batch does not wait."""
        first = self.queues.next_visible_at(work)
        if first is None or work not in self.windows:
            return first
        visible = sum(message.visible_at <= self.clock.now() for message in self.queues.waiting[work])
        return first if visible >= MOST_IN_BATCH else first + self.windows[work]

    def _free(self, work: Work) -> bool:
        return self._serving.count(work) < AT_ONCE.get(work, MOST_AT_ONCE)

    def _invoke(self, work: Work, consume: Consumer, messages: Sequence[Message]) -> None:
        self.counts.invocations += 1
        self._serving.append(work)

        def invocation() -> None:
            try:
                failed = consume([(str(i), m.body, m.attributes.get(EXCEPTION_ID)) for i, m in enumerate(messages)])
                for i, message in enumerate(messages):
                    if str(i) not in failed:
                        self.queues.ack(message)
            except Crash:
                self.counts.crashes += 1
            finally:
                self._serving.remove(work)

        self._start(invocation)

    def _start(self, work: Callable[[], None]) -> None:
        self._invocations[self.time.spawn(work)] = Invocation()

    def _before(self, operation: str) -> None:
        running = self._invocations.get(self.time.current) if self.time.current is not None else None
        if running is None:
            return
        if running.dead:
            raise Crash
        try:
            self.step(operation)
        except Crash:
            running.dead = True
            raise

    def _poll_centra(self) -> None:
        self.clock.at(self.clock.now() + POLL_S, self._poll_centra)
        if self.schedules:
            self._start(self._poll_once)

    def _poll_once(self) -> None:
        try:
            self.polled.append(poll_centra(self.order_context("poll_centra")))
        except PASSING:
            self.counts.ended["poll failed"] += 1
