"""What must hold of web orders and returns after the day, from both systems' own states. Each says what was seen."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal

from connector.domain.exceptions import Case, Kind, State
from connector.domain.order_keys import delivery_of, refund_of
from connector.flows.orders.order_turn import order_entity
from connector.mapping.refund_findings import refund_entity
from sandbox.demo.chain import CENTRAL, SHOPS, SITE
from sandbox.demo.evidence import Evidence
from sandbox.demo.journal import CameBack, Placed
from sandbox.demo.told import Verdict, listed

STORES = tuple(shop.centra for shop in SHOPS)
MENDED = {"no courier": Kind.UNMAPPED_NAME, "no street, no city": Kind.INCOMPLETE_ORDER, "unmapped line": Kind.UNMAPPED_SKU}
"""{kind of order: what it waits as until people have mended it}"""
PLANNED = {Kind.RETURN_UNLINKED: "without receipt", Kind.OVER_RETURN: "mail and till at once", Kind.DOUBLE_REFUND_RISK: "refund pressed as well"}
"""{kind of exception: the return that must end as one}; people decide these, nobody does it for them."""


def planned(evidence: Evidence, case: Case) -> bool:
    """The day was made to end with this case open. That a store could not supply stays told, even when another one does."""
    if case.problem.kind is Kind.FULFILMENT_REJECTED:
        return evidence.journal.rejected > 0
    return case.problem.kind in PLANNED and any(
        _is_about(case, back) for back in evidence.journal.came_back if back.kind == PLANNED[case.problem.kind]
    )


def _is_about(case: Case, back: CameBack) -> bool:
    entities = [order_entity(back.number)] if back.number is not None else []
    entities += [refund_entity(SITE, back.refund)] if back.refund is not None else []
    return any(case.problem.entity == entity or case.problem.entity.startswith(f"{entity}/") for entity in entities)


def _once(evidence: Evidence) -> Verdict:
    web = evidence.web
    names = Counter(copy["external_id"] for copies in web.copies.values() for copy in copies)
    wrong = [f"{name} stands in Sitoo {n} times" for name, n in names.items() if n > 1]
    for number in web.orders:
        for warehouse in STORES:
            owed, held = web.owed(number, warehouse), web.held(number, warehouse)
            wrong += [f"order {number} holds {n} × {sku} in {warehouse}, owed {owed.get(sku, 0)}" for sku, n in held.items() if n > owed.get(sku, 0)]
    return Verdict(not wrong and bool(names), f"{len(names)} copies of {len(web.copies)} orders, each once" + listed(wrong))


def _there_or_parked(evidence: Evidence) -> Verdict:
    web, wrong, there, parked, nobodys = evidence.web, [], 0, 0, 0
    for placed in evidence.journal.placed:
        if _nobodys(placed):
            nobodys += 1
            wrong += [f"order {placed.number} ({placed.kind}) is in Sitoo" for _ in web.live(placed.number)]
        elif _open_cases(evidence, placed.number) or web.orders[placed.number]["on_hold"]:
            parked += 1
        else:
            lacks = [w for w in STORES if web.owed(placed.number, w) != web.held(placed.number, w)]
            there += not lacks
            wrong += [
                f"order {placed.number} ({placed.kind}) in {w}: owed {web.owed(placed.number, w)}, held {web.held(placed.number, w)}" for w in lacks
            ]
    told = f"{there} orders are as Centra wants them, {parked} are parked or on hold, {nobodys} are no store's business"
    return Verdict(not wrong and there > 0, told + listed(wrong))


def _totals(evidence: Evidence) -> Verdict:
    """Of an order that stores (or, for returns, the central warehouse) fulfil as a whole, the copies sum to Centra's total."""
    web, wrong, compared = evidence.web, [], 0
    for placed in evidence.journal.placed:
        order, copies = web.orders[placed.number], web.live(placed.number)
        total = sum(int(Decimal(copy["total"]) * 100) for copy in copies)
        held = Counter[str]()
        for warehouse in (*STORES, CENTRAL):
            held.update(web.held(placed.number, warehouse))
        whole = all(
            held[line["sku"]] >= line["quantity"] for line in order["lines"] if line["kind"] in ("PRODUCT", "BUNDLE_ITEM", "product", "bundle_item")
        )
        if copies and whole and not any(line["cancelled"] for line in order["lines"]):
            compared += 1
            wrong += (
                [f"order {placed.number} ({placed.kind}): {total} in Sitoo, {order['grand_total']} in Centra"]
                if total != order["grand_total"]
                else []
            )
        elif total > order["grand_total"] and not any(line["cancelled"] for line in order["lines"]):
            wrong.append(f"order {placed.number} ({placed.kind}): {total} in Sitoo, only {order['grand_total']} in Centra")
    return Verdict(not wrong and compared > 0, f"{compared} whole orders compared, equal to the cent" + listed(wrong))


def _shipped_once(evidence: Evidence) -> Verdict:
    web, wrong, units = evidence.web, [], 0
    for number, order in web.orders.items():
        keys = [s["external_id"] for s in order["shipments"] if delivery_of(s["external_id"] or "") is not None]
        wrong += [f"order {number} has {n} shipments for one hand-out" for n in Counter(keys).values() if n > 1]
        for warehouse in STORES:
            out, shipped = web.delivered(number, warehouse), web.owed(number, warehouse, only_shipped=True)
            units += sum(out.values())
            wrong += (
                [f"order {number} in {warehouse}: handed out {out}, shipped {shipped}"]
                if out != shipped and not _open_cases(evidence, number)
                else []
            )
    return Verdict(not wrong and units > 0, f"{units} units handed out, each shipped once in Centra" + listed(wrong))


def _captured_once(evidence: Evidence) -> Verdict:
    wrong, captured = [], 0
    for number, order in evidence.web.orders.items():
        money = order["psp"]
        captured += money["captured"] > 0
        wrong += [f"order {number}: {money['captured']} captured of {order['grand_total']}"] if money["captured"] > money["authorised"] else []
        ours = [s for s in order["shipments"] if delivery_of(s["external_id"] or "") is not None and s["shipped_at"] is not None]
        wrong += [f"shipment {s['number']} is shipped and not paid" for s in ours if not (s["captured"] or s["paid"])]
    return Verdict(not wrong and captured > 0, f"{captured} orders captured, none beyond what was authorised" + listed(wrong))


def _mended(evidence: Evidence) -> Verdict:
    wrong, through = [], 0
    for placed in evidence.journal.placed:
        kind = MENDED.get(placed.kind)
        if kind is None:
            continue
        was = any(case.problem.entity == order_entity(placed.number) and case.problem.kind is kind for case in evidence.web.parked)
        held = all(evidence.web.held(placed.number, w) == evidence.web.owed(placed.number, w) != {} for w in placed.parts)
        through += was and held and not _open_cases(evidence, placed.number)
        wrong += [f"order {placed.number} ({placed.kind}): {'was not parked' if not was else 'is not in its store'}"] if not (was and held) else []
    return Verdict(not wrong and through == len(MENDED), f"{through} of {len(MENDED)} orders went to their stores once redriven" + listed(wrong))


def _returned_once(evidence: Evidence) -> Verdict:
    wrong, right = [], 0
    for back in evidence.journal.came_back:
        if back.refund is None or back.number is None or _is_parked(evidence, back, Kind.OVER_RETURN):
            continue
        made = [r for r in evidence.web.orders[back.number]["returns"] if (refund_of(r["external_id"] or "") or (0, 0))[0] == back.refund]
        units: Counter[str] = Counter()
        for one in made:
            units.update({line["sku"]: line["quantity"] for line in one["lines"]})
        gone = Counter({row["sku"]: -row["quantity"] for row in evidence.web.refunds[back.refund]["rows"] if row["quantity"] < 0})
        once = len({r["shipment"] for r in made}) == len(made) > 0 and all(r["completed"] for r in made)
        right += once and units == gone
        wrong += (
            [f"refund {back.refund} ({back.kind}): {dict(gone)} came back, {len(made)} returns with {dict(units)}"]
            if not once or units != gone
            else []
        )
    return Verdict(not wrong and right > 0, f"{right} refunds with a receipt, each one completed return" + listed(wrong))


def _paid_once(evidence: Evidence) -> Verdict:
    """The provider pays back what a till has not; a till's refund never, unless a person did it, which is parked."""
    wrong, by_till, by_provider = [], 0, 0
    tenders = {back.refund: {p["name"] for p in evidence.web.refunds[back.refund]["payments"]} for back in evidence.journal.came_back if back.refund}
    for back in evidence.journal.came_back:
        for made in evidence.web.orders[back.number]["returns"] if back.number is not None and back.refund is not None else ():
            if (refund_of(made["external_id"] or "") or (0, 0))[0] != back.refund:
                continue
            left_to_provider = tenders[back.refund] == {"Web"}
            by_provider, by_till = by_provider + left_to_provider, by_till + (not left_to_provider)
            wanted = int(left_to_provider or made["id"] in evidence.journal.pressed_refunds)
            wrong += [f"return {made['id']} ({back.kind}) was refunded {len(made['refunds'])} times"] if len(made["refunds"]) != wanted else []
    told = f"{by_till} returns paid by tills and not again, {by_provider} left to the payment provider and paid once"
    return Verdict(not wrong and by_till > 0 and by_provider > 0, told + listed(wrong))


def _planned_cases(evidence: Evidence) -> Verdict:
    wrong = [f"{kind.value}: {name}" for kind, name in PLANNED.items() if not any(_is_parked(evidence, b, kind) for b in _of_kind(evidence, name))]
    return Verdict(not wrong, f"{len(PLANNED) - len(wrong)} of {len(PLANNED)} are told to people" + listed(wrong))


def _no_people(evidence: Evidence) -> Verdict:
    values = sum(len(placed.secrets) for placed in evidence.journal.placed)
    told = f"{values} names, addresses, mails, phones and messages looked for in tables, queues, logs and this report"
    return Verdict(not evidence.web.leaks and values > 0, f"{told}: found in {len(evidence.web.leaks)}" + listed(list(evidence.web.leaks)))


def _nobodys(placed: Placed) -> bool:
    return math.isinf(placed.due_at) and placed.kind not in MENDED


def _open_cases(evidence: Evidence, number: int) -> list[Case]:
    entity = order_entity(number)
    return [c for c in evidence.cases if c.state is State.OPEN and (c.problem.entity == entity or c.problem.entity.startswith(f"{entity}/"))]


def _is_parked(evidence: Evidence, back: CameBack, kind: Kind) -> bool:
    return any(case.problem.kind is kind and _is_about(case, back) for case in evidence.cases)


def _of_kind(evidence: Evidence, name: str) -> Iterator[CameBack]:
    return (back for back in evidence.journal.came_back if back.kind == name)


WEB_CHECKS: dict[str, Callable[[Evidence], Verdict]] = {
    "no web order stands in a store twice": _once,
    "every order that a store must fulfil is there, or parked": _there_or_parked,
    "orders are worth the same in both systems": _totals,
    "every article handed out was shipped once": _shipped_once,
    "money was captured once": _captured_once,
    "orders that lacked something went through once mended": _mended,
    "each refund with a receipt is one completed return": _returned_once,
    "nothing was paid back twice by the connector": _paid_once,
    "returns that people must decide are told to them": _planned_cases,
    "nothing personal was kept or said": _no_people,
}
