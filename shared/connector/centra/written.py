"""What a mutation's answer says became of it."""

from __future__ import annotations

from typing import Any

from connector.centra.answers import Malformed, whole
from connector.centra.errors import Uncertain
from connector.centra.order_models import Written
from connector.centra.order_values import given
from connector.centra.transport import GraphAnswer

FIELD = "saved"
"""The alias of the one mutation of a request."""


def written(answer: GraphAnswer, changed: int | None = None) -> Written:
    """`changed`: the id of what the mutation changes; None when it makes something, whose id the payload tells under the alias `made`.

    userErrors refuse; without a payload only errors that Centra does not call internal do. An error beside a payload without userErrors
    came after the deed, so it is a warning. Raises Uncertain when it cannot be told whether the mutation was carried out, or what it made.
    """
    payload = answer.data.get(FIELD)
    errors = tuple(e for e in answer.errors if e.field in ("", FIELD))
    if not isinstance(payload, dict):
        if not errors or any(e.internal for e in errors):
            raise Uncertain("Centra did not say what became of a mutation")
        return Written(None, tuple(e.message for e in errors))
    refusals, warnings = _said(payload.get("userErrors")), _said(payload.get("userWarnings"))
    if refusals:
        return Written(None, refusals, warnings)
    return Written(_made(payload) if changed is None else changed, (), warnings + tuple(e.message for e in errors))


def _said(entries: Any) -> tuple[str, ...]:
    if not isinstance(entries, list):
        raise Uncertain("Centra's answer to a mutation lacks its userErrors or userWarnings")
    return tuple(str(given(entry, "message") or "no message") for entry in entries)


def _made(payload: Any) -> int:
    try:
        return whole(given(payload, "made", "id"))
    except Malformed as malformed:
        raise Uncertain("Centra did not say what a mutation made") from malformed
