"""What scenarios of returns share: goods at customers, what both systems then show, and people who look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from connector.domain.exceptions import Case, Kind
from connector.domain.order_keys import refund_of
from connector.domain.order_settings import OrderSettings
from connector.flows.exceptions_desk import ExceptionsDesk
from connector.mapping.refund_findings import refund_entity
from sandbox.order_story import PICK_UP, SETTINGS, OrderStory
from sandbox.sitoo.records import OPEN
from sandbox.stock_story import SITE

A, B, LUND = 11, 12, 13
A_TILL, B_TILL, LUND_TILL, LUND_RECLAIMS = 101, 102, 103, 105
CENTRAL, MIRROR = 1, 201
TEE, CAP = "TEE-M", "CAP"
PRICE = 10_000
"""Of each article, in sub-units, VAT of 25 % included."""
STOCK_LOOKED_AT_S = 180.0
SETTLED_S = 360.0
IMPATIENT = replace(SETTINGS, returns=replace(SETTINGS.returns, stock_in_after_s=180))
"""So that scenarios need not play a quarter of an hour to see what happens to the stock."""


def begin(settings: OrderSettings = IMPATIENT, **wishes: Any) -> OrderStory:
    """A shop whose connector has seen its first minute: what is sold from now on is its business."""
    story = OrderStory.begin(settings=settings, **wishes)
    story.run(90.0)
    return story


def handed_out(story: OrderStory, lines: Sequence[Any] = ((TEE, 2),), store: int = A, **wishes: Any) -> tuple[int, int]:
    """A web order collected in a store: (its number, its copy in Sitoo)."""
    number = story.order(list(lines), [store], option=PICK_UP, **wishes)
    story.run(5.0)
    (copy,) = [c.orderid for c in story.copies(number) if c.state == OPEN]
    story.world.sitoo.deliver(copy)
    story.run(30.0)
    return number, copy


def sent(story: OrderStory, lines: Sequence[Any] = ((TEE, 2),), **wishes: Any) -> tuple[int, int, int]:
    """A web order sent from the central warehouse and paid: (its number, its copy in Sitoo, its shipment in Centra)."""
    number = story.order(list(lines), [CENTRAL], option="Standard delivery", **wishes)
    shipment = story.world.centra.ship(number)["shipment_id"]
    story.world.centra.capture(shipment)
    story.run(30.0)
    (copy,) = [c.orderid for c in story.copies(number)]
    return number, copy, shipment


def refunded(story: OrderStory, copy: int, *arguments: Any, **how: Any) -> int:
    """A till takes goods back; the refund's number in Sitoo."""
    refund = story.world.sitoo.refund(copy, *arguments, **how)["order_id"]
    assert refund is not None
    return refund


def returns_for(story: OrderStory, number: int, refund: int) -> list[dict[str, Any]]:
    """Centra's returns of a till's refund."""
    found = [(refund_of(r["external_id"] or ""), r) for r in story.state(number)["returns"]]
    return [r for key, r in found if key is not None and key[0] == refund]


def units(made: dict[str, Any]) -> Counter[str]:
    return Counter({line["sku"]: line["quantity"] for line in made["lines"]})


def paid_back(story: OrderStory, number: int) -> int:
    """What the payment provider gave back."""
    return int(story.state(number)["psp"]["refunded"])


def case_of(story: OrderStory, kind: Kind, refund: int) -> Case | None:
    return story.world.cases.find(kind, refund_entity(SITE, refund))


def told(story: OrderStory, kind: Kind) -> list[Case]:
    """The open exceptions of a kind."""
    return list(story.world.cases.list(kind=kind))


def recorded(story: OrderStory, copy: int) -> list[dict[str, Any]]:
    """The refunds of a copy by which the connector records returns made in Centra."""
    states = [story.world.sitoo.order_state(refund) for refund in story.world.sitoo.orderbook.refunds_of.get(copy, [])]
    return [state for state in states if (state["external_id"] or "").startswith("CR")]


def redrive(story: OrderStory, case: Case) -> None:
    """Somebody mended the cause and sends the message back."""
    ExceptionsDesk(story.world.cases, story.world.queues, story.world.queues, story.world.clock).redrive(case.case_id, "somebody")


def stock_in_step(story: OrderStory) -> None:
    """Centra holds what both systems' true state says."""
    must = story.must_be()
    assert {key: story.physical(*key) for key in must} == must


def one_return(story: OrderStory, number: int, refund: int) -> dict[str, Any]:
    """The one completed return that a refund became."""
    (made,) = returns_for(story, number, refund)
    assert made["completed"]
    assert made["warehouse"] is None
    return made
