"""What a vendor refuses for good is no matter of time: people must see why, in words that hold nothing about the customer."""

from __future__ import annotations

import re
from collections.abc import Iterable

from connector.centra import errors as centra_errors
from connector.domain.exceptions import Kind, Owner
from connector.flows.orders.order_turn import OrderTurn
from connector.runtime.queues import Work

MOST_WORDS = 200
_FIELD = re.compile(r"^[A-Za-z_][A-Za-z_.-]*$")
_QUOTED = re.compile(r"""(["'“”])(.*?)\1""")
_IN_BRACKETS = re.compile(r"\([^)]*\)|\[[^]]*\]|\{[^}]*\}")
_TELLING = re.compile(r"\S*@\S*|\+?\d[\d ()/-]{5,}\d")


def words_of(messages: Iterable[str]) -> str:
    """A vendor's words without what may be a customer's: mail addresses, long numbers, quoted or bracketed values that are no field names."""
    text = "; ".join(messages)
    text = _QUOTED.sub(lambda found: f"'{found[2]}'" if _FIELD.match(found[2]) and found[2].islower() else "'…'", text)
    return _TELLING.sub("…", _IN_BRACKETS.sub("(…)", text))[:MOST_WORDS]


def park_refusal(turn: OrderTurn, work: Work, body: str, refused: Exception) -> None:
    """A vendor refused a call about this order (a missing permission, a value it does not take)."""
    vendor = "Centra" if isinstance(refused, centra_errors.CentraError) else "Sitoo"
    turn.park(
        Kind.VENDOR_REFUSED,
        Owner.ENGINEERING,
        f"{vendor} refused a step of order {turn.file.number}: {words_of([str(refused)])}",
        f"Run `ops order show {turn.file.number}` to see which step; correct the cause in {vendor} or in the mapping, then redrive this exception.",
        work,
        body,
    )
