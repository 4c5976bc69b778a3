"""Centra's events system: a queue of what changed, read oldest first, confirmed once it is safe (centra-api §2.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from connector.centra import names as n
from connector.centra.answers import Node, of, whole
from connector.centra.calls import Calls, list_of, read
from connector.centra.errors import Refused
from connector.centra.written import FIELD, written
from connector.domain.configuration import Lane

MOST_EVENTS = 200
ORDER, SHIPMENT, RETURN, PAYMENT = "Order", "Shipment", "Return", "PaymentHistoryEntry"

_PAYLOAD = "userErrors { message path } userWarnings { message path }"
_OWNERS = {n.DTC_SHIPMENT: "shipmentOf", n.DTC_RETURN: "returnOf", PAYMENT: "paymentOf"}
"""Aliases: within a union members of one name must be of one type."""
_OBJECT = " ".join(f"... on {kind} {{ {alias}: order {{ number }} }}" for kind, alias in _OWNERS.items())

WAITING_EVENTS = f"""query WaitingEvents($kinds: [{n.EVENT_OBJECT_TYPE}!]) {{
  events(where: {{objectType: $kinds}}, limit: {MOST_EVENTS}) {{ id objectType objectReference object {{ __typename {_OBJECT} }} }}
}}"""
LISTEN = f"""mutation ListenToEvents($input: [{n.EVENT_LISTENER_INPUT}!]!) {{
  {FIELD}: setEventListeners(input: $input) {{ {_PAYLOAD} }}
}}"""
CONFIRM = f"""mutation ConfirmEvents($ids: [Int!]!) {{ {FIELD}: confirmEvents(input: {{eventsIds: $ids}}) {{ {_PAYLOAD} }} }}"""


@dataclass(frozen=True, slots=True)
class ChangeEvent:
    """`kind`: one of Centra's object types. `order`: the order's number; None when Centra does not tell it any more."""

    id: int
    kind: str
    order: int | None


class CentraEvents(Protocol):
    """One request each. Errors: connector.centra.errors, runtime.budget.BudgetExhausted."""

    def listen(self, kinds: Sequence[str]) -> None:
        """Let changes of these kinds be queued from now on; listening already is as good. Raises Refused with Centra's words."""
        ...

    def waiting(self, kinds: Sequence[str]) -> list[ChangeEvent]:
        """The oldest unconfirmed events, at most MOST_EVENTS. They come again until they are confirmed."""
        ...

    def confirm(self, ids: Sequence[int]) -> None:
        """They do not come again. Confirming one that does not wait is no error."""
        ...


class GraphQLCentraEvents:
    """Implements CentraEvents."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def listen(self, kinds: Sequence[str]) -> None:
        """See CentraEvents; one mutation."""
        self._write(LISTEN, {"input": [{"objectType": kind} for kind in kinds]})

    def waiting(self, kinds: Sequence[str]) -> list[ChangeEvent]:
        """See CentraEvents."""
        answer, _ = self._calls.query(WAITING_EVENTS, {"kinds": list(kinds)}, Lane.ORDERS)
        return [read(_event, node) for node in list_of(answer, "events")]

    def confirm(self, ids: Sequence[int]) -> None:
        """See CentraEvents; one mutation."""
        self._write(CONFIRM, {"ids": list(ids)})

    def _write(self, document: str, given: dict[str, object]) -> None:
        saved = written(self._calls.send(document, given, Lane.ORDERS, mutations=1), changed=0)
        if saved.errors:
            raise Refused(saved.errors)


def _event(node: Node) -> ChangeEvent:
    kind, subject = str(of(node, "objectType")), node.get("object")
    order = whole(of(node, "objectReference")) if kind == ORDER else None
    for name in _OWNERS.values():
        if isinstance(subject, dict) and subject.get(name) is not None:
            order = whole(of(subject, name, "number"))
    return ChangeEvent(whole(of(node, "id")), kind, order)


def every_event_document() -> dict[str, str]:
    """By operation name, for checking against a schema."""
    return {"WaitingEvents": WAITING_EVENTS, "ListenToEvents": LISTEN, "ConfirmEvents": CONFIRM}
