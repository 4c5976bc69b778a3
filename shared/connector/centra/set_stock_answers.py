"""What a `setStock` says and what Centra answers to it, one field of a request at a time."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from connector.centra import names
from connector.centra.errors import Uncertain
from connector.centra.models import SetStock, SetStockAnswer
from connector.centra.transport import GraphAnswer

_SIZES_SEGMENT = "productSizes"


def input_of(each: SetStock) -> dict[str, Any]:
    """The `StockSetInput`."""
    return {
        "warehouse": {"id": each.warehouse},
        "description": each.description,
        "stockQuantityType": names.PHYSICAL,
        "productSizes": [{"productSize": {"id": size}, "quantity": quantity} for size, quantity in each.quantities.items()],
    }


def answer_of(each: SetStock, answer: GraphAnswer, field: str) -> SetStockAnswer:
    """A payload answers for itself; without one, only an error of this very field that Centra does not call internal says that nothing was written.

    Raises Uncertain otherwise: when a field of a request fails, GraphQL may drop the payloads of the fields before it, which were carried out.
    """
    payload = answer.data.get(field)
    if isinstance(payload, dict):
        errors, paths = _said(payload.get("userErrors"))
        warnings, _ = _said(payload.get("userWarnings"))
        errors += tuple(e.message for e in answer.errors if e.field == field)
        return SetStockAnswer(each.warehouse, errors, warnings, _refused_index(paths, len(each.quantities)))
    own = [e for e in answer.errors if e.field == field]
    if not own or any(e.internal for e in own):
        raise Uncertain(f"Centra did not say what became of the stock of warehouse {each.warehouse}")
    return SetStockAnswer(each.warehouse, tuple(e.message for e in own))


def _said(entries: Any) -> tuple[tuple[str, ...], list[Any]]:
    """Messages and paths of userErrors or userWarnings."""
    if not isinstance(entries, list):
        raise Uncertain("Centra's answer to a stock write lacks its userErrors")
    rows = [entry if isinstance(entry, dict) else {} for entry in entries]
    return tuple(str(row.get("message") or "no message") for row in rows), [row.get("path") for row in rows]


def _refused_index(paths: list[Any], count: int) -> int | None:
    """The position named by the first path like ["input", "productSizes", "3"]; its form is (unconfirmed): text with dots and brackets too."""
    for path in paths:
        segments = path if isinstance(path, list) else str(path or "").replace("[", ".").replace("]", "").split(".")
        words = [str(segment) for segment in segments]
        for word, following in pairwise(words):
            if word == _SIZES_SEGMENT and following.isdecimal() and int(following) < count:
                return int(following)
    return None
