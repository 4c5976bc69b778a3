"""What every Centra client needs: granted requests over one connection, and answers that are whole or an error."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from connector.centra import answers
from connector.centra.errors import Refused, Throttled, Unauthorised, Unavailable
from connector.centra.ports import Clock, Quota
from connector.centra.transport import CentraTransport, GraphAnswer
from connector.domain.configuration import Lane

Row = TypeVar("Row")
Value = TypeVar("Value")


class Calls:
    """Requests to Centra, each granted by the budget before it is sent. Shared by the clients of one function instance."""

    def __init__(self, transport: CentraTransport, quota: Quota, clock: Clock) -> None:
        self.transport, self.quota, self.clock = transport, quota, clock

    def query(self, document: str, given: Mapping[str, Any], lane: Lane) -> tuple[GraphAnswer, float]:
        """The answer and when its request was sent."""
        sent_at = self.clock.now()
        return self.send(document, given, lane), sent_at

    def query_if_affordable(self, document: str, given: Mapping[str, Any], lane: Lane) -> GraphAnswer | None:
        """A request that is good to have: None when the budget or Centra does not allow it now."""
        if self.quota.available_at(lane, requests=2) > self.clock.now():
            return None
        try:
            return self.query(document, given, lane)[0]
        except (Throttled, Unavailable):
            return None

    def send(self, document: str, given: Mapping[str, Any], lane: Lane, mutations: int = 0) -> GraphAnswer:
        """One granted request; after a refused token one more if the secret holds a newer one."""
        try:
            return self._granted(document, given, lane, mutations)
        except Unauthorised:
            if not self.transport.newer_token():
                raise
        return self._granted(document, given, lane, mutations)

    def _granted(self, document: str, given: Mapping[str, Any], lane: Lane, mutations: int) -> GraphAnswer:
        self.quota.take(lane, requests=1, mutations=mutations)
        try:
            return self.transport.post(document, given, mutation=mutations > 0)
        except Throttled as throttled:
            self.quota.close(throttled.until)
            raise


def list_of(answer: GraphAnswer, field: str) -> list[answers.Node]:
    """A list that must be there whole. Raises Refused, or Unavailable when Centra failed inside or the list cannot be read."""
    if any(e.internal and e.field in ("", field) for e in answer.errors):
        raise Unavailable("Centra failed inside")
    if refusals := answer.refused(field):
        raise Refused(refusals)
    return read(answers.nodes, answer.data.get(field))


def read(parse: Callable[[Value], Row], value: Value) -> Row:
    """What `parse` makes of it. Raises Unavailable when it cannot be read."""
    try:
        return parse(value)
    except answers.Malformed as malformed:
        raise Unavailable(f"Centra's answer cannot be read: {malformed}") from malformed
