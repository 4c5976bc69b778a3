"""The web orders and returns of the demo's day: what shoppers buy and how, what becomes of it, and what comes back. Data only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.demo.web_chain import BIKE, PICK_UP, POST, SHIP

STORE, STORES, CENTRAL = "store", "stores", "central"
FIRST_S, EVERY_S = 2.0, 1.6


@dataclass(frozen=True, slots=True)
class Wanted:
    """A web order to come. `units`: of each line. `place`: from one store, two stores or the central warehouse. `wishes`: as the sandbox takes them.

    `then`: what else happens to it: resume | pay | cancel | ship (in Centra's admin), `after_s` later. `service`: what store staff do with it:
    hand out | in parts | reject | nothing. `mishap`: lose | double (its webhook) | cut (Sitoo's answer to its copy).
    `special`: bundle | gift certificate | unmapped (a line of that kind besides `units`).
    """

    kind: str
    units: tuple[int, ...] = (1,)
    place: str = STORE
    option: str = SHIP
    wishes: Mapping[str, Any] = field(default_factory=dict)
    then: str = ""
    after_s: float = 5.0
    service: str = "hand out"
    mishap: str = ""
    special: str = ""
    gift: bool = False


def _wanted() -> Iterator[tuple[int, Wanted]]:
    """(how many, of which kind)"""
    yield 8, Wanted("pick-up", option=PICK_UP, wishes={"payment": "captured"})
    yield 5, Wanted("ship from store", (1, 1), option=POST)
    yield 2, Wanted("sent in two parcels", (1, 1), option=POST, service="in parts")
    yield 7, Wanted("central", (1, 1), CENTRAL, wishes={"payment": "captured"}, then="ship", after_s=3.0)
    yield 4, Wanted("split over stores", (1, 1), STORES)
    yield 3, Wanted("bundle", special="bundle")
    yield 2, Wanted("gift certificate", special="gift certificate")
    yield 4, Wanted("voucher", (1, 2), wishes={"voucher": {"code": "NOV", "percent": 15}})
    yield 3, Wanted("fees", (1,), wishes={"shipping_fee": 4900, "handling_fee": 1950})
    yield 1, Wanted("discount", (2,), wishes={"admin_discount": 3333})
    yield 2, Wanted("B2B", wishes={"b2b": True}, service="nothing")
    yield 1, Wanted("internal", wishes={"internal": True}, service="nothing")
    yield 2, Wanted("on hold, then resumed", option=PICK_UP, wishes={"hold": True}, then="resume", after_s=8.0)
    yield 1, Wanted("unpaid", wishes={"payment": "waiting"}, service="nothing")
    yield 1, Wanted("paid late", wishes={"payment": "waiting"}, then="pay", after_s=7.0)
    yield 1, Wanted("no courier", option=BIKE, service="nothing")
    yield 1, Wanted("no street, no city", wishes={"address": {"address1": "", "city": "", "phoneNumber": ""}}, service="nothing")
    yield 1, Wanted("unmapped line", (1, 1), special="unmapped", service="nothing")
    yield 2, Wanted("gift message", option=PICK_UP, gift=True)
    yield 2, Wanted("rejected pick-up", option=PICK_UP, service="reject")
    yield 2, Wanted("cancelled", option=PICK_UP, then="cancel", after_s=6.0, service="nothing")
    yield 1, Wanted("webhook twice", mishap="double")
    yield 1, Wanted("webhook lost", mishap="lose")
    yield 1, Wanted("answer lost", mishap="cut")
    yield 2, Wanted("shipped in the admin", then="ship", after_s=7.0, service="nothing")


def plan() -> list[Wanted]:
    """Every order of the day, the kinds mixed: one of each kind in turn while there are some left."""
    left = [[wanted] * n for n, wanted in _wanted()]
    mixed: list[Wanted] = []
    while any(left):
        mixed += [kind.pop() for kind in left if kind]
    return mixed


ORDERS = tuple(plan())


@dataclass(frozen=True, slots=True)
class Back:
    """A return to come, not before `at`. `source`: what it is a return of: STORE, CENTRAL, or '' (nobody can tell).

    `how`: till | exchange | unlinked | mail | both (by mail and at a till) | pressed (at a till, then refunded in Centra's admin as well).
    """

    kind: str
    at: float
    source: str = STORE
    how: str = "till"
    tender: str = "Card"
    units: int | None = None
    elsewhere: bool = False
    pays: str = ""
    refunded: bool = True


RETURNS = (
    Back("card", 44.0),
    Back("central order at a till", 48.0, CENTRAL),
    Back("cash", 52.0, tender="Cash"),
    Back("one of two", 55.0, units=1),
    Back("by mail", 58.0, CENTRAL, how="mail"),
    Back("other store", 61.0, elsewhere=True),
    Back("less for a stain", 63.0, pays="80.00"),
    Back("exchange", 66.0, how="exchange"),
    Back("refund left to the web payment", 88.0, CENTRAL, tender="Web"),
    Back("without receipt", 91.0, "", how="unlinked"),
    Back("mail and till at once", 94.0, CENTRAL, how="both"),
    Back("refund pressed as well", 97.0, how="pressed"),
    Back("by mail, not refunded", 100.0, how="mail", refunded=False),
    Back("central order, cash, other article kept", 104.0, CENTRAL, tender="Cash", units=1),
    Back("gift, cash", 108.0, tender="Cash"),
)
