"""An exceptions desk on memory queues, memory rows and virtual time."""

from __future__ import annotations

from dataclasses import dataclass, field

from connector.domain.exceptions import Case, Kind, Owner, Problem, State
from connector.flows.exceptions_desk import ExceptionsDesk
from connector.runtime.parking import park
from connector.runtime.queues import Work
from connector.store.memory.exception_cases import MemoryExceptionCases
from sandbox.clock import VirtualTime
from sandbox.memory_queues import MemoryQueues

BODY = '{"v":1,"kind":"sku","site":1,"sku":"TEE-M"}'


@dataclass
class Desk:
    clock: VirtualTime = field(default_factory=VirtualTime)

    def __post_init__(self) -> None:
        self.queues = MemoryQueues(self.clock)
        self.cases = MemoryExceptionCases()
        self.desk = ExceptionsDesk(self.cases, self.queues, self.queues, self.clock)

    def park(self, sku: str = "TEE-M", body: str = BODY) -> Case:
        return park(self.queues, self.cases, unmapped(sku), Work.STORE_STOCK, body, self.clock, "sync_store_stock")

    def state(self, case: Case) -> State:
        now = self.cases.get(case.case_id)
        assert now is not None
        return now.state

    def waiting(self, work: Work = Work.STORE_STOCK) -> list[str]:
        return [message.body for message in self.queues.waiting[work]]

    def dead(self, work: Work = Work.STORE_STOCK) -> list[str]:
        return [message.body for message in self.queues.dead[work]]

    def crash(self, work: Work, body: str) -> None:
        """A function dies on this message as often as it may, until the queue moves it."""
        self.queues.send(work, [body])
        for _ in range(6):
            self.queues.receive(work)
            self.clock.sleep(3600)


def unmapped(sku: str) -> Problem:
    happened, todo = f"No size in Centra has the SKU {sku}.", "Give the size its SKU."
    return Problem(Kind.UNMAPPED_SKU, f"site/1/sku/{sku}", Owner.MERCHANDISING, happened, todo, {"sku": sku})
