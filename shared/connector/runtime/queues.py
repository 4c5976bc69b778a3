"""The work queues: one per kind of work, each with its dead-letter queue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Protocol


class Work(StrEnum):
    """A kind of work = a queue. The queue URL of `STORE_STOCK` is in the environment variable `QUEUE_STORE_STOCK`, its DLQ in `DLQ_STORE_STOCK`."""

    STORE_STOCK = "store_stock"
    ORDERS = "orders"
    FULFILMENTS = "fulfilments"
    RETURNS = "returns"
    CENTRAL_STOCK = "central_stock"
    PRODUCTS = "products"
    UNKNOWN = "unknown"


class QueueUnavailable(Exception):
    """At least one message was not confirmed by the queue; the caller must answer 503 or retry."""


class Queues(Protocol):
    """`send` returns only when the queue confirmed every body, else raises `QueueUnavailable`. `delay_s` is 0–900 whole seconds."""

    def send(self, work: Work, bodies: Sequence[str], delay_s: int = 0) -> None: ...

    def park(self, work: Work, body: str, attributes: Mapping[str, str]) -> None:
        """Put the original body, unchanged, on the DLQ of `work` with string attributes (`exception_id`)."""
        ...
