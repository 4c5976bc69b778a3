"""Web orders and returns on the demo's day: what is planned, what is checked, what is measured, and what the report shows of it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connector.domain.exceptions import Kind
from connector.flows.orders.order_turn import order_entity
from sandbox.demo.checks import check
from sandbox.demo.evidence import Evidence
from sandbox.demo.latency import Latencies, by_path
from sandbox.demo.leaks import files, found_in
from sandbox.demo.people import person
from sandbox.demo.report import render
from sandbox.demo.summary import summarise
from sandbox.demo.web_checks import WEB_CHECKS, planned
from sandbox.demo.web_latency import HAND_OUT, ORDER, REFUND, story_number, web_reached
from sandbox.demo.web_plan import ORDERS, RETURNS
from sandbox.demo.web_report import about_orders, kind_rows, refund_rows, totals
from sandbox.demo.web_seen import WebSeen
from tests.demo.connected_day import ConnectedDay
from tests.demo.day_in_memory import case

ONCE, THERE, TOTALS, SHIPPED, CAPTURED, MENDED, RETURNED, PAID, TOLD, PERSONAL = WEB_CHECKS


@pytest.fixture
def seen(connected: tuple[ConnectedDay, Evidence]) -> Evidence:
    return connected[1]


def test_sixty_orders_and_fifteen_returns_of_all_kinds_are_planned() -> None:
    assert len(ORDERS) == 60
    assert len(RETURNS) == 15
    assert {wanted.mishap for wanted in ORDERS} == {"", "lose", "double", "cut"}
    assert {wanted.special for wanted in ORDERS} == {"", "bundle", "gift certificate", "unmapped"}
    assert {wanted.then for wanted in ORDERS} == {"", "ship", "resume", "pay", "cancel"}
    assert {wanted.service for wanted in ORDERS} == {"hand out", "in parts", "reject", "nothing"}
    assert {back.how for back in RETURNS} == {"till", "exchange", "unlinked", "mail", "both", "pressed"}
    assert {back.tender for back in RETURNS} == {"Card", "Cash", "Web"}


def test_everything_planned_is_played_and_what_waited_is_mended(connected: tuple[ConnectedDay, Evidence]) -> None:
    day, evidence = connected
    assert day.all_played
    assert day.mended
    assert {placed.kind for placed in evidence.journal.placed} == {"plain", "last-unit race", *(wanted.kind for wanted in ORDERS)}
    assert Counter(back.kind for back in evidence.journal.came_back) == Counter({back.kind: 1 + (back.how == "both") for back in RETURNS})
    assert evidence.mishaps() == {mishap: n for mishap, n in evidence.mishaps().items() if n >= 1}


def test_all_checks_hold(seen: Evidence) -> None:
    verdicts = check(seen)
    assert {name: verdict.detail for name, verdict in verdicts.items() if not verdict.held} == {}
    assert set(WEB_CHECKS) <= set(verdicts)


def test_each_check_can_break(seen: Evidence) -> None:
    web = seen.web
    number = next(n for n, copies in web.copies.items() if len(copies) == 1 and copies[0]["deliveries"] and not _came_back(seen, n))
    copy, order = web.copies[number][0], web.orders[number]
    returned = next(b for b in seen.journal.came_back if b.kind == "card")
    made = web.orders[returned.number or 0]
    unpaid = [{**made["returns"][0], "completed": False}, *made["returns"][1:]]
    refunded = [{**made["returns"][0], "refunds": [{"id": 1}]}, *made["returns"][1:]]
    broken = {
        ONCE: _copies(web, number, [copy, copy]),
        THERE: _copies(web, number, []),
        TOTALS: _copies(web, number, [{**copy, "total": f"{copy['total'][:-1]}{9 - int(copy['total'][-1])}"}]),
        SHIPPED: _copies(web, number, [{**copy, "rows": [{**row, "delivered": 0} for row in copy["rows"]]}]),
        CAPTURED: _orders(web, number, {**order, "psp": {**order["psp"], "captured": order["psp"]["authorised"] + 1}}),
        MENDED: replace(web, parked=[]),
        RETURNED: _orders(web, returned.number or 0, {**made, "returns": unpaid}),
        PAID: _orders(web, returned.number or 0, {**made, "returns": refunded}),
        PERSONAL: replace(web, leaks=["table Exceptions"]),
    }
    assert {*broken, TOLD} == set(WEB_CHECKS)
    for name, wrong in broken.items():
        assert not check(replace(seen, web=wrong))[name].held, name
    assert not check(replace(seen, cases=[c for c in seen.cases if c.problem.kind is not Kind.DOUBLE_REFUND_RISK]))[TOLD].held


def test_a_case_that_nobody_planned_is_found(seen: Evidence) -> None:
    (risk,) = [c for c in seen.cases if c.problem.kind is Kind.DOUBLE_REFUND_RISK]
    assert planned(seen, risk)
    other = case(Kind.DOUBLE_REFUND_RISK, order_entity(99))
    assert not planned(seen, other)
    assert not check(replace(seen, cases=[*seen.cases, other]))["nothing else waits for a person"].held


def test_every_step_of_an_order_is_timed(seen: Evidence) -> None:
    reached = web_reached(seen.web, seen.journal)
    assert {path.split(" ")[0] for path in by_path(reached)} == {ORDER, HAND_OUT, REFUND}
    assert all(one.seconds >= 0 for one in reached)
    assert sum(one.path.startswith(ORDER) for one in reached) > 40
    number = story_number(seen.web, seen.journal)
    assert number in {back.number for back in seen.journal.came_back}
    assert story_number(WebSeen(), seen.journal) is None


def test_the_sales_ledger_tells_refunds_by_store_and_tender(seen: Evidence) -> None:
    rows = refund_rows(seen)
    assert {"Card", "Cash", "settled by an exchange"} <= {row.tender for row in rows}
    assert all(row.amount < 0 for row in rows)
    assert len({(row.store, row.tender, row.kind) for row in rows}) == len(rows)


def test_the_summary_counts_orders(seen: Evidence) -> None:
    summary = summarise(seen, check(seen), Latencies(), {})
    assert summary["orders"] == totals(seen)
    assert summary["orders"]["orders_placed"] == len(seen.journal.placed) == sum(row.placed for row in kind_rows(seen))
    assert summary["orders"]["orders_ever_parked"] >= 3
    assert {ORDER, HAND_OUT, REFUND} <= {path.split(" ")[0] for path in summary["latency_s"]}


def test_the_report_tells_of_orders_and_names_nobody(seen: Evidence) -> None:
    page = render(summarise(seen, check(seen), Latencies(), {}), seen, Latencies(), [])
    for text in ("Web orders", "rejected pick-up", "Refunds by store and tender", "Order 101", "order to sitoo", "INCOMPLETE_ORDER"):
        assert text in page
    assert found_in([("report", page)], (secret for placed in seen.journal.placed for secret in placed.secrets)) == []
    assert {c.problem.kind for c in about_orders(seen)} >= {Kind.INCOMPLETE_ORDER, Kind.RETURN_UNLINKED, Kind.OVER_RETURN}


def test_what_must_not_be_there_is_found_wherever_it_is(tmp_path: Path) -> None:
    who = person(random.Random(1), gift=True)
    (tmp_path / "a.log").write_text(f"sent to {who.email}", encoding="utf-8")
    (tmp_path / "b.log").write_text("sent to somebody", encoding="utf-8")
    assert found_in(files(tmp_path), who.secrets) == ["file a.log"]
    for secret in who.secrets:
        assert found_in([("table", f"x{secret}x")], who.secrets) == ["table"]


def test_shoppers_have_nothing_in_common() -> None:
    rng = random.Random(3)
    people = [person(rng, gift=True) for _ in range(200)]
    values = [secret for who in people for secret in who.secrets]
    assert len(values) == len(set(values))
    assert all("\n" in who.message and "💝" in who.message for who in people)


def _came_back(seen: Evidence, number: int) -> bool:
    return any(back.number == number for back in seen.journal.came_back)


def _copies(web: WebSeen, number: int, copies: list[Mapping[str, Any]]) -> WebSeen:
    return replace(web, copies={**web.copies, number: copies})


def _orders(web: WebSeen, number: int, order: Mapping[str, Any]) -> WebSeen:
    return replace(web, orders={**web.orders, number: order})
