"""The words for what is found on a queue without a row in `Exceptions`."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from connector.domain.exceptions import Kind, Owner, Problem
from connector.runtime.queues import Work

_TOLD = ("source", "type", "kind", "site", "id", "sku", "order")
"""The fields of a message that a person is shown."""


@dataclass(slots=True)
class Adoption:
    """How many letters got a row: failed messages, failed nudges, calls that nobody understood."""

    messages: int = 0
    nudges: int = 0
    unknown: int = 0


def nudged_site(work: Work, body: str) -> int | None:
    """The site of a nudge or watchdog: such a message is never kept, the next minute's nudge does its work."""
    document = _document(body)
    if work is not Work.STORE_STOCK or document.get("kind") not in {"nudge", "watchdog"}:
        return None
    site = document.get("site")
    return site if isinstance(site, int) else None


def stuck_drain(site: int) -> Problem:
    return Problem(
        kind=Kind.DRAIN_STUCK,
        entity=f"site/{site}/store-stock",
        owner=Owner.ENGINEERING,
        happened=f"The stock synchronisation of site {site} failed several times in a row, before it could say why.",
        todo="Look at the log of the function sync_store_stock; it is started again every minute. Redrive this case when the cause is mended.",
        evidence={"site": site},
    )


def technical_failure(work: Work, body: str) -> Problem:
    """One row per message: its entity names the queue and a digest of the body."""
    known = _document(body)
    evidence: dict[str, str | int | list[str]] = {"queue": work.value}
    evidence |= {name: known[name] for name in _TOLD if isinstance(known.get(name), (str, int))}
    return Problem(
        kind=Kind.TECHNICAL,
        entity=f"{work.value}/{hashlib.sha256(body.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}",
        owner=Owner.ENGINEERING,
        happened=f"A message on the queue {work.value} made its function fail every time it was tried.",
        todo="Find the cause in the function's log, mend it, then redrive this case.",
        evidence=evidence,
    )


def unknown_events(body: str) -> list[Problem]:
    """One problem per kind of event in the note that a receiver left on `unknown`."""
    note = _document(body)
    source = str(note.get("source", "unknown"))
    noted = note.get("events")
    events = [event for event in noted if isinstance(event, dict)] if isinstance(noted, list) else [{}]
    return list({_entity(source, event): _unknown_event(source, event, note) for event in events}.values())


def _unknown_event(source: str, event: dict[str, Any], note: dict[str, Any]) -> Problem:
    reason = str(event.get("reason", "unreadable note"))
    evidence: dict[str, str | int | list[str]] = {"source": source, "reason": reason}
    evidence |= {name: note[name] for name in ("sha256", "size", "content_type") if isinstance(note.get(name), (str, int))}
    evidence |= {name: event[name] for name in ("type", "id", "site", "fields") if isinstance(event.get(name), (str, int, list))}
    return Problem(
        kind=Kind.UNKNOWN_EVENT,
        entity=_entity(source, event),
        owner=Owner.ENGINEERING,
        happened=f"{source.capitalize()} sent an event that the connector did not use: {reason}.",
        todo="See whether the vendor has added a kind of event or a site is missing in the configuration; discard the case if it is of no use here.",
        evidence=evidence,
    )


def _entity(source: str, event: dict[str, Any]) -> str:
    name = event.get("type") or str(event.get("reason", "unreadable")).partition(":")[0]
    return f"{source}/{name}/site/{event['site']}" if "site" in event else f"{source}/{name}"


def _document(body: str) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}
