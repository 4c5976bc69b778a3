"""From a gateway event to an answer, with one log line about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from connector.runtime.http_event import Request, TooLarge, answer, read_request
from connector.runtime.log_lines import json_lines


class Receipt(Protocol):
    """What a receiving flow reports: the status to answer, why, and how many messages went where."""

    @property
    def status(self) -> int: ...

    @property
    def verdict(self) -> str: ...

    @property
    def stored(self) -> dict[str, int]: ...


def reception(vendor: str, receive: Callable[[Request], Receipt]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """The handler's work: 413 for a large body, else what `receive` says. Whatever `receive` raises goes on to the caller."""
    log = json_lines("connector.reception")

    def receive_event(event: dict[str, Any]) -> dict[str, Any]:
        try:
            receipt = receive(read_request(event))
        except TooLarge:
            log.warning("refused a call above the size limit", extra={"told": {"vendor": vendor, "status": 413}})
            return answer(413)
        told = {"vendor": vendor, "status": receipt.status, "verdict": receipt.verdict, "stored": receipt.stored}
        log.info("received", extra={"told": told})
        return answer(receipt.status)

    return receive_event
