"""Centra's events system: a queue per integration of what changed, read oldest first and confirmed in batches."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sandbox.centra.modes import Modes

CHANGE_TYPES = ("CREATED", "UPDATED", "DELETED", "COMPLETED", "DEPENDENT_DATA_CHANGED")
OBJECT_TYPES = {
    "order": "Order",
    "shipment": "Shipment",
    "return": "Return",
    "payment_history_entry": "PaymentHistoryEntry",
    "stock_change": "StockChange",
}
CHANGES = {"insert": "CREATED", "create": "CREATED", "update": "UPDATED", "good_to_go": "UPDATED", "delete": "DELETED"}


@dataclass(frozen=True, slots=True)
class Event:
    """`reference`: the object's id, an order's number."""

    id: int
    object_type: str
    change_type: str
    reference: int
    created_at: float


@dataclass(slots=True)
class Listener:
    object_type: str
    change_types: list[str]
    created_at: float
    updated_at: float


class EventQueue:
    """Nothing is produced until Centra has switched the system on (mode `events`) and somebody listens."""

    def __init__(self, now: Callable[[], float], modes: Modes) -> None:
        self._now = now
        self._modes = modes
        self._ids = itertools.count(1)
        self.listeners: dict[str, Listener] = {}
        self.waiting: dict[int, Event] = {}

    def note(self, kind: str, action: str, reference: int, *, completed: bool = False) -> None:
        object_type = OBJECT_TYPES.get(kind)
        if object_type is None or not self._modes.events or object_type not in self.listeners:
            return
        for change in (CHANGES[action], *(("COMPLETED",) if completed else ())):
            if change in self.listeners[object_type].change_types:
                event = Event(next(self._ids), object_type, change, reference, self._now())
                self.waiting[event.id] = event

    def listen(self, object_type: str, change_types: Sequence[str] | None) -> None:
        """Additive and idempotent; no change types are all of them."""
        known = self.listeners.get(object_type)
        wanted = {*(known.change_types if known else ()), *(change_types or CHANGE_TYPES)}
        kept = [c for c in CHANGE_TYPES if c in wanted]
        self.listeners[object_type] = Listener(object_type, kept, known.created_at if known else self._now(), self._now())

    def ignore(self, object_type: str, change_types: Sequence[str] | None) -> None:
        """No longer listen; what is queued of it is deleted."""
        known = self.listeners.get(object_type)
        if known is None:
            return
        gone = set(change_types or CHANGE_TYPES)
        known.change_types = [c for c in known.change_types if c not in gone]
        known.updated_at = self._now()
        if not known.change_types:
            del self.listeners[object_type]
        for event in [e for e in self.waiting.values() if e.object_type == object_type and e.change_type in gone]:
            del self.waiting[event.id]

    def confirm(self, ids: Sequence[int]) -> tuple[list[Event], list[int]]:
        """Those that will not come again, and ids that were not waiting."""
        confirmed = [self.waiting.pop(i) for i in dict.fromkeys(ids) if i in self.waiting]
        found = {e.id for e in confirmed}
        return confirmed, [i for i in ids if i not in found]
