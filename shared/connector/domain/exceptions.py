"""What can go wrong in words people act on: kinds, owners, and the record of one case."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Owner(StrEnum):
    RETAIL_OPS = "retail ops"
    CUSTOMER_SERVICE = "customer service"
    FINANCE = "finance"
    MERCHANDISING = "merchandising"
    ENGINEERING = "engineering"


class Kind(StrEnum):
    """Every kind of exception the connector can raise; the value is what people see and filter by."""

    UNMAPPED_SKU = "UNMAPPED_SKU"
    AMBIGUOUS_SKU = "AMBIGUOUS_SKU"
    UNMAPPED_NAME = "UNMAPPED_NAME"
    OVERSOLD = "OVERSOLD"
    UNKNOWN_STOCK = "UNKNOWN_STOCK"
    UNKNOWN_EVENT = "UNKNOWN_EVENT"
    INCOMPLETE_ORDER = "INCOMPLETE_ORDER"
    TOTAL_MISMATCH = "TOTAL_MISMATCH"
    UNSUPPORTED_AMOUNT = "UNSUPPORTED_AMOUNT"
    ORDER_CHANGED_TOO_LATE = "ORDER_CHANGED_TOO_LATE"
    FULFILMENT_REJECTED = "FULFILMENT_REJECTED"
    CAPTURE_FAILED = "CAPTURE_FAILED"
    SHIPMENT_UNCLEAR = "SHIPMENT_UNCLEAR"
    UNCOLLECTED = "UNCOLLECTED"
    ENDLESS_AISLE = "ENDLESS_AISLE"
    RETURN_UNLINKED = "RETURN_UNLINKED"
    OVER_RETURN = "OVER_RETURN"
    REFUND_MISMATCH = "REFUND_MISMATCH"
    DOUBLE_REFUND_RISK = "DOUBLE_REFUND_RISK"
    DRAIN_STUCK = "DRAIN_STUCK"
    CREDENTIALS = "CREDENTIALS"
    VENDOR_REFUSED = "VENDOR_REFUSED"
    TECHNICAL = "TECHNICAL"


class State(StrEnum):
    OPEN = "open"
    REDRIVEN = "redriven"
    RESOLVED = "resolved"
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem to record. `entity` names what it is about (`site/1/sku/TEE-M`).

    A second Problem of the same (kind, entity) only raises count and last-seen.

    `happened` and `todo` are one sentence each, in plain words. `evidence` holds ids, SKUs, quantities, amounts; never personal data.
    """

    kind: Kind
    entity: str
    owner: Owner
    happened: str
    todo: str
    evidence: dict[str, str | int | list[str]] = field(default_factory=dict)


def sku_entity(site: int, sku: str) -> str:
    """What a problem with one SKU of one site is about."""
    return f"site/{site}/sku/{sku}"


def stock_entity(site: int, warehouse: int, sku: str) -> str:
    """What a problem with one SKU in one store's Centra warehouse is about."""
    return f"site/{site}/warehouse/{warehouse}/sku/{sku}"


@dataclass(frozen=True, slots=True)
class Step:
    """A line of a case's history: at (unix s), by (person or function), what (opened | seen again | redriven | resolved | discarded | reopened)."""

    at: float
    by: str
    what: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """One row of the `Exceptions` table: a Problem with its state, counts and history. `case_id` is derived from (kind, entity).

    `queue` (a runtime.queues.Work value) and `body` tell where the original message waits; both None when there is nothing to redrive.
    """

    case_id: str
    problem: Problem
    state: State
    count: int
    first_seen: float
    last_seen: float
    queue: str | None = None
    body: str | None = None
    history: tuple[Step, ...] = ()
