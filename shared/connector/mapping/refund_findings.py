"""What a refund made at a till cannot be, in words people act on. One finding per kind: it lists every reason at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from connector.centra.order_models import CentraOrder
from connector.domain.exceptions import Kind, Owner
from connector.domain.money import in_units
from connector.sitoo.order_models import RowOfOrder, WholeOrder


@dataclass(frozen=True, slots=True)
class Finding:
    """What to park (see domain.exceptions.Problem). `stops`: nothing is written in Centra until a person has decided."""

    kind: Kind
    owner: Owner
    happened: str
    todo: str
    evidence: Mapping[str, str | int | list[str]] = field(default_factory=dict)
    stops: bool = True


@dataclass(frozen=True, slots=True)
class Candidate:
    """A web order that an unlinked refund may belong to. `left`: {sku: units that can still come back}; `worth`: {sku: sub-units for one}."""

    order_number: int
    at: float
    left: Mapping[str, int]
    worth: Mapping[str, int]


def refund_entity(site: int, refund_id: int) -> str:
    """What a problem with one refund order of Sitoo is about."""
    return f"site/{site}/refund/{refund_id}"


def amount(sub_units: int, currency: str, decimals: int) -> str:
    """`449.00 SEK`."""
    return f"{in_units(sub_units, decimals)} {currency}"


def ranked(refund: WholeOrder, candidates: Sequence[Candidate]) -> list[tuple[Candidate, int, bool]]:
    """(candidate, units of the refund it can explain, whether the amount is its price too), likeliest first; those that explain nothing left out."""
    back: dict[str, int] = {}
    for row in refund.rows:
        if row.quantity < 0 and row.sku:
            back[row.sku] = back.get(row.sku, 0) - row.quantity
    paid = -sum((row.gross for row in refund.rows if row.quantity < 0), Decimal(0))
    found = []
    for candidate in candidates:
        units = sum(min(count, candidate.left.get(sku, 0)) for sku, count in back.items())
        worth = sum(count * candidate.worth.get(sku, 0) for sku, count in back.items())
        if units:
            found.append((candidate, units, worth == paid * 100))
    return sorted(found, key=lambda x: (-x[1], not x[2], abs(refund.date - x[0].at), x[0].order_number))


def unlinked(refund: WholeOrder, rows: Sequence[RowOfOrder], candidates: Sequence[Candidate]) -> Finding:
    """A refund, or some of its rows, that no web order's row is named for."""
    units = -sum(row.quantity for row in rows)
    told = [
        f"order {c.order_number}: {fits} of {units} article(s)" + (", same amount" if same else "") for c, fits, same in ranked(refund, candidates)
    ]
    return Finding(
        Kind.RETURN_UNLINKED,
        Owner.CUSTOMER_SERVICE,
        f"Till refund {refund.id} brings back {units} article(s) that belong to no known row of a web order.",
        "Name the web order with `ops return link` (row by row if there are several); if all of it was a store's own sale, discard this.",
        {
            "sitoo_order": refund.id,
            "rows": [f"row {row.row}: {-row.quantity} × {row.sku or 'no SKU'}, {-row.gross} {refund.currency}" for row in rows],
            "candidates": told,
        },
    )


def unknown_tenders(refund: WholeOrder, names: Sequence[str]) -> Finding:
    return Finding(
        Kind.UNMAPPED_NAME,
        Owner.RETAIL_OPS,
        f"Till refund {refund.id} was paid with a tender that the mapping file does not know: who pays the customer is not known.",
        "Enter the tender under orders.returns.tenders in the mapping file, apply it, then redrive.",
        {"sitoo_order": refund.id, "tenders": list(names)},
    )


def over_return(refund: WholeOrder, order: CentraOrder, beyond: Mapping[int, tuple[int, int]]) -> Finding:
    """`beyond`: {order line: (units refunded, units left to return)}."""
    rows = []
    for line_id, (units, left) in sorted(beyond.items()):
        line = order.line(line_id)
        sku, sold = (line.sku, line.quantity) if line else ("?", 0)
        rows.append(f"{sku}: {units} refunded, {left} of {sold} left to return (line {line_id})")
    return Finding(
        Kind.OVER_RETURN,
        Owner.FINANCE,
        f"Till refund {refund.id} returns more of web order {order.number} than is left to return: it may have been refunded twice.",
        "Compare the order's returns in Centra with the receipts. Delete a wrong return in Centra and redrive, or discard this and book the loss.",
        {"sitoo_order": refund.id, "order": order.number, "rows": rows},
    )


def part_of_bundle(refund: WholeOrder, order: CentraOrder) -> Finding:
    return Finding(
        Kind.REFUND_MISMATCH,
        Owner.FINANCE,
        f"Till refund {refund.id} returns a part of a bundle of web order {order.number}; Centra ships and returns that bundle only whole.",
        "Make the return in Centra by hand at the amount the till paid, without refunding it, then discard this.",
        {"sitoo_order": refund.id, "order": order.number},
    )


def mismatch(refund: WholeOrder, order: CentraOrder, reasons: Sequence[str], *, paid: str, worth: str, refund_wanted: bool) -> Finding:
    """The return is made all the same: `paid` and `worth` are both sides' figures. `refund_wanted`: the till left the refund to Centra."""
    todo = "Check the refund with the store and book the difference; nothing more is written in Centra."
    if refund_wanted:
        todo = "Centra was not told to refund: decide the amount, refund the return in Centra by hand, and book the difference."
    return Finding(
        Kind.REFUND_MISMATCH,
        Owner.FINANCE,
        f"Till refund {refund.id} of web order {order.number} and Centra's figures differ: {'; '.join(reasons)}.",
        todo,
        {"sitoo_order": refund.id, "order": order.number, "till": paid, "centra": worth, "reasons": list(reasons)},
        stops=False,
    )
