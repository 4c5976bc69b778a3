"""What a vendor refuses for good is no matter of time: people must see why, in words that hold nothing about the customer."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from connector.centra import errors as centra_errors
from connector.domain.exceptions import Kind, Owner
from connector.flows.orders.order_turn import OrderTurn
from connector.runtime.queues import Work

MOST_WORDS = 200
REFUSED_LOOKED_AT_S = 6 * 3_600.0
"""What a vendor refuses is not tried again each minute; an event or a redrive comes sooner."""
_WORD = re.compile(r"[A-Za-z_][A-Za-z_]*|\d{3}(?=\D|$)")
_FIELD = re.compile(r"[a-z]+(_[a-z]+)+|[a-z]+[A-Z][A-Za-z]*")
_PLAIN = re.compile(
    r"a|access|active|added|adding|address|after|again|all|allocated|allocation|allowed|already|amount|an|and|another|any|are|argument|"
    r"at|attribute|authorised|authorized|available|be|been|before|but|by|can|cancelled|cancel|cannot|capture|captured|centra|change|changed|"
    r"closed|complete|completed|connection|could|country|courier|create|created|currency|customer|data|date|delivered|delivery|denied|"
    r"deprecated|did|different|disabled|discount|does|duplicate|email|empty|enough|error|exceeds|exist|exists|expired|failed|failure|"
    r"field|fields|forbidden|format|found|free|from|given|greater|has|have|higher|http|id|in|inactive|incorrect|input|internal|invalid|"
    r"is|it|item|items|known|left|less|limit|limits|line|lines|locked|long|lower|maximum|message|minimum|missing|more|must|name|need|"
    r"negative|new|no|not|nothing|number|of|on|only|open|or|order|orders|other|out|paid|parameter|payment|percent|permission|permitted|"
    r"phone|positive|price|product|products|quantity|read|refund|refused|rejected|required|reserved|return|returned|row|rows|sandbox|"
    r"same|server|shipment|shipped|short|should|sitoo|sku|size|state|status|step|stock|string|sum|than|that|the|there|this|to|too|total|"
    r"type|unable|unauthorised|unauthorized|unique|unit|units|unknown|unpaid|unsupported|update|updated|use|used|user|value|variable|"
    r"was|warehouse|were|which|while|with|without|write|wrong|zip|zero"
)
"""Words that say what went wrong and nothing about a customer. Everything else of a vendor's sentence may be a name or an address."""


def words_of(messages: Iterable[str]) -> str:
    """A vendor's words as far as they are plain words, field names and HTTP codes; the rest is an ellipsis."""
    kept: list[str] = []
    for token in "; ".join(messages).split():
        found = _WORD.fullmatch(token.strip(".,:;!?()[]{}'\"`“”‘’"))
        known = found is not None and any((_PLAIN.fullmatch(found[0].lower()), _FIELD.fullmatch(found[0]), found[0].isdigit()))
        word = found[0] if known and found is not None else "…"
        if word != "…" or kept[-1:] != ["…"]:
            kept.append(word)
    return " ".join(kept)[:MOST_WORDS]


def park_refusal(turn: OrderTurn, work: Work, body: str, refused: Exception, *, about: str = "") -> None:
    """A vendor refused a call about this order (a missing permission, a value it does not take), or about what `about` names of it."""
    vendor = "Centra" if isinstance(refused, centra_errors.CentraError) else "Sitoo"
    turn.park(
        Kind.VENDOR_REFUSED,
        Owner.ENGINEERING,
        f"{vendor} refused a step of order {turn.file.number}: {words_of([str(refused)])}",
        f"Run `ops order show {turn.file.number}` to see which step; correct the cause in {vendor} or in the mapping, then redrive this exception.",
        work,
        body,
        about=about,
    )
    turn.keep(replace(turn.file, look_at=turn.ctx.clock.now() + REFUSED_LOOKED_AT_S))
