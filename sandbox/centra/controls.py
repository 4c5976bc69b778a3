"""What the Centra sandbox consists of, how it is watched, and how its behaviour is changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.centra.catalogue import Catalogue
from sandbox.centra.events import EventQueue
from sandbox.centra.external_ids import ExternalIds
from sandbox.centra.limits import PLANS, Limits
from sandbox.centra.modes import Modes
from sandbox.centra.order_records import Order, Return, Shipment
from sandbox.centra.orders import OrderBook
from sandbox.centra.payments import PaymentDesk
from sandbox.centra.records import Refusal
from sandbox.centra.returns import ReturnDesk
from sandbox.centra.shipments import ShipmentDesk
from sandbox.centra.stock import StockLedger
from sandbox.centra.webhooks import Sender, Webhooks, WebhookSettings
from sandbox.clock import SandboxClock, VirtualTime
from sandbox.faults import Fault, FaultKind, Faults, Latency

WEBHOOK_KINDS = ("order", "shipment", "return", "check_first", "allocation_request")


@dataclass(slots=True)
class BrokenField:
    """A mutation field that fails inside Centra, see Controls.break_field."""

    field: str
    skip: int
    done: bool


@dataclass(slots=True)
class LateCommit:
    """A request that is executed after its caller gave up, see Controls.commit_late."""

    operation: str
    seconds: float
    hang: float


class Controls:
    """Actions take keywords and return plain data. `permissions` None: the token may do everything. `expired`: the token is answered 403."""

    def __init__(self, clock: SandboxClock | None = None, *, token: str = "sandbox-token", app_version: str = "v1.60.0") -> None:
        self.clock: SandboxClock = clock or VirtualTime()
        self.bearer, self.app_version = token, app_version
        self.permissions: frozenset[str] | None = None
        self.expired = False
        self.modes_in_force = Modes()
        self.catalogue = Catalogue(self.now)
        self.stock = StockLedger(self.now, self.modes_in_force)
        self.hooks = Webhooks(lambda: self.clock)
        self.events = EventQueue(self.now, self.modes_in_force)
        self.external_ids = ExternalIds(self.modes_in_force)
        self.payments = PaymentDesk(lambda: self.clock, self.modes_in_force, self._tell)
        self.orders = OrderBook(lambda: self.clock, self.modes_in_force, self.stock, self._tell)
        self.shipping = ShipmentDesk(self.now, self.modes_in_force, self.stock, self.orders, self.payments, self._tell)
        self.returns = ReturnDesk(self.now, self.modes_in_force, self.stock, self.payments, self._tell)
        self.returns.on_change = self._return_changed
        self.stock.on_record = lambda change: self._tell("stock_change", "create", change.id)
        self.attribute_types: dict[str, tuple[str, dict[str, str]]] = {}
        self.order_api_secret = "order-api-secret"
        self.order_api_closed: frozenset[str] = frozenset()
        self.limits = Limits()
        self.limits.start(self.now(), "growth", enforced=False)
        self.faults = Faults()
        self.delay = Latency()
        self.broken_fields: list[BrokenField] = []
        self.late_commits: list[LateCommit] = []
        self.counted: Counter[str] = Counter()

    def now(self) -> float:
        return self.clock.now()

    def calls(self) -> dict[str, int]:
        """`requests` and `mutations` that were executed, `throttled` ones, and how often each top-level field was."""
        return dict(self.counted)

    def commits(self, start: int = 0) -> list[dict[str, Any]]:
        """Every change of a physical quantity, oldest first, from the `start`th on."""
        return self.stock.commits[start:]

    def usage(self) -> dict[str, Any]:
        """Refusals by the limits and the most ever used of each bucket."""
        return self.limits.usage()

    def faults_played(self) -> dict[str, int]:
        return dict(self.faults.played)

    def webhook_counts(self) -> dict[str, int]:
        return {"waiting": self.hooks.waiting, **self.hooks.counts}

    def webhook_answers(self) -> dict[str, int]:
        """{HTTP status or "none": calls answered so}."""
        return dict(self.hooks.answers)

    def modes(self, **changes: Any) -> dict[str, Any]:
        return self.modes_in_force.set(**changes)

    def fault(self, kind: str, **how: Any) -> dict[str, int]:
        """Fields of sandbox.faults.Fault; `operation` is matched against `<operation name>:<top-level fields>`."""
        self.faults.add(Fault(FaultKind(kind), **how))
        return {"waiting": len(self.faults.waiting)}

    def break_field(self, field: str = "setStock", skip: int = 0, done: bool = False) -> dict[str, Any]:
        """After `skip` more, one mutation field fails inside Centra (a GraphQL error amid HTTP 200), having been executed or not."""
        self.broken_fields.append(BrokenField(field, skip, done))
        return {"waiting": len(self.broken_fields)}

    def commit_late(self, seconds: float, operation: str = "setStock", hang: float = 0.0) -> dict[str, int]:
        """The next such request loses its connection after `hang` seconds and is executed all the same `seconds` after it came."""
        self.late_commits.append(LateCommit(operation, seconds, hang))
        return {"waiting": len(self.late_commits)}

    def take_late_commit(self, operation: str) -> LateCommit | None:
        found = next((late for late in self.late_commits if late.operation in operation), None)
        if found is not None:
            self.late_commits.remove(found)
            self.faults.played["late_commit"] += 1
        return found

    def clear_faults(self) -> dict[str, int]:
        self.faults.clear()
        self.broken_fields.clear()
        self.late_commits.clear()
        return {"waiting": 0}

    def throttle(self, plan: str | None = "growth", hour_left: float = 1.0, window_left: float = 1.0) -> dict[str, Any]:
        """Enforce a plan's limits from now on, with the buckets filled to these fractions; None switches them off."""
        if plan is not None and plan not in PLANS:
            raise Refusal(f"No plan {plan}; there are {', '.join(PLANS)}.")
        self.limits.start(self.now(), plan or self.limits.plan, enforced=plan is not None, hour_left=hour_left, window_left=window_left)
        return self.usage()

    def spend(self, requests: int = 0, mutations: int = 0, complexity: int = 0) -> dict[str, Any]:
        """Another integration uses the limits."""
        self.limits.spend(self.now(), requests=requests, mutations=mutations, complexity=complexity)
        return self.usage()

    def latency(self, mean: float, spread: float = 0.0) -> dict[str, float]:
        """Seconds a request takes: half before it is executed, half after."""
        self.delay.mean, self.delay.spread = mean, spread
        return {"mean": mean, "spread": spread}

    def webhooks(self, url: str, secret: str = "", sender: Sender | None = None, **form: Any) -> dict[str, Any]:
        """Fill in the plugin's form; `sender` (in process only) delivers."""
        self.hooks.settings = WebhookSettings(url, secret, **form)
        self.hooks.sender = sender or self.hooks.sender
        return {"url": url}

    def webhook_faults(self, lose: float = 0, double: float = 0, swap: float = 0) -> dict[str, float]:
        """Events are lost, sent twice, or sent after their successor: the next n (whole numbers), or each with a probability (fractions)."""
        self.hooks.lose.amount, self.hooks.double.amount, self.hooks.swap.amount = lose, double, swap
        return {"lose": lose, "double": double, "swap": swap}

    def token(self, expired: bool = False, permissions: Sequence[str] | None = None) -> dict[str, bool]:
        """Expire the token, or leave it only these permissions (None: all)."""
        self.expired = expired
        self.permissions = None if permissions is None else frozenset(permissions)
        return {"expired": expired}

    def emit_webhook(self, type: str, action: str, id: int, data: dict[str, Any] | None = None) -> dict[str, int]:
        """An event of any kind, whatever the sandbox itself does."""
        self.hooks.emit(type, action, id, data)
        return {"waiting": self.hooks.waiting}

    def _tell(self, kind: str, action: str, id: int, data: dict[str, object] | None = None, *, completed: bool = False) -> None:
        """Something changed: the webhook and the events system hear of it."""
        if kind in WEBHOOK_KINDS:
            self.hooks.emit(kind, action, id, data)
        gone = kind == "return" and id not in self.returns.returns
        self.events.note(kind, "delete" if gone else action, id, completed=completed)

    def _order(self, number: int) -> Order:
        if number not in self.orders.orders:
            raise Refusal(f"Could not find Order with number {number}")
        return self.orders.orders[number]

    def _shipment(self, shipment_id: int) -> Shipment:
        if shipment_id not in self.orders.shipments:
            raise Refusal(f"Could not find Shipment with ID {shipment_id}")
        return self.orders.shipments[shipment_id]

    def _return(self, return_id: int) -> Return:
        if return_id not in self.returns.returns:
            raise Refusal(f"Could not find Return with ID {return_id}")
        return self.returns.returns[return_id]

    def _return_changed(self, order: Order) -> None:
        if self.modes_in_force.order_updated_by_return:
            self.orders.touch(order)
