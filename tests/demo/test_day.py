"""The plan, the trader, the checks, the summary and the report, on a day played in memory."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import yaml
from rich.console import Console

from connector.domain.exceptions import Kind
from ops.mapping_checks import check as check_mapping
from ops.mapping_file import load
from sandbox.demo import chain
from sandbox.demo.checks import check
from sandbox.demo.evidence import Evidence
from sandbox.demo.journal import Journal, Key, Mishap
from sandbox.demo.latency import Latencies, measure, writes_of
from sandbox.demo.observer import Figures, Unsettled
from sandbox.demo.report import render, store_rows
from sandbox.demo.script import What, script
from sandbox.demo.summary import passed, show, summarise
from sandbox.demo.timeline import steps
from sandbox.demo.view import View
from sandbox.demo.web_checks import WEB_CHECKS
from tests.demo.connected_day import ConnectedDay
from tests.demo.day_in_memory import SECONDS, SEED, MemoryDay, case, oversold

TARGETS = "Centra holds the right quantity of every SKU in every store"
OVERSOLD = "units sold twice are parked with their order numbers"


@pytest.fixture(scope="module")
def played() -> tuple[MemoryDay, Journal]:
    day = MemoryDay()
    day.sitoo_state.double_events(probability=0.1)
    journal = day.play()
    day.make_the_article()
    return day, journal


@pytest.fixture
def right(connected: tuple[ConnectedDay, Evidence]) -> Evidence:
    """The day as it ends with a connector that works."""
    return connected[1]


def with_a_unit_sold_twice(right: Evidence) -> tuple[Evidence, Key]:
    """A shelf is suddenly empty although a web order waits for a unit of it."""
    key = next(key for key, truth in right.truths().items() if truth.allocated == 1 and len(right.logs.sitoo_stock) and key[0] != 15)
    shop = next(shop for shop in chain.SHOPS if shop.centra == key[0])
    shelf = {**right.logs.sitoo_stock[str(shop.till)], key[1]: {"total": 0, "reserved": 0}}
    return replace(right, logs=replace(right.logs, sitoo_stock={**right.logs.sitoo_stock, str(shop.till): shelf})), key


def test_a_day_is_planned_from_its_seed() -> None:
    acts = script(SEED, SECONDS)
    assert acts == script(SEED, SECONDS)
    assert [act.at for act in acts] != [act.at for act in script(SEED + 1, SECONDS)]
    assert {act.what for act in acts} == set(What)
    assert all(0 <= act.at <= SECONDS for act in acts)
    sales = [act for act in acts if act.what in (What.SELL, What.SELL_UNHEARD, What.SELL_OFFLINE)]
    assert 1.8 <= len(sales) / SECONDS <= 2.4


def test_a_shorter_day_has_the_same_acts_sooner() -> None:
    longer, shorter = script(SEED, SECONDS), script(SEED, SECONDS / 4)
    assert [act.at / 4 for act in longer] == pytest.approx([act.at for act in shorter])
    outage = next(act for act in shorter if act.what is What.OUTAGE)
    assert outage.arguments == {"lasts_s": 5.0}


def test_the_mapping_is_one_that_ops_accepts(tmp_path: Path) -> None:
    path = tmp_path / "mapping.yaml"
    path.write_text(chain.mapping_yaml(), encoding="utf-8")
    file = load(path)
    assert check_mapping(file) == []
    assert [store.sellable_ids() for store in file.mapping.sites[0].stores] == [shop.sellable for shop in chain.SHOPS]
    assert yaml.safe_load(chain.mapping_yaml())["centra"]["plan"] == chain.PLAN


def test_the_trader_plays_everything(played: tuple[MemoryDay, Journal]) -> None:
    day, journal = played
    assert sum(journal.sales.values()) > 200
    assert journal.kills == 2
    assert journal.offline_sales > 5
    assert {window.what for window in journal.windows} == {"a till is offline", "429 storm", "Centra down", "drain killed"}
    assert {"sale", "sale (events lost)", "receipt", "transfer", "stock-take"} <= set(journal.paths.values())
    assert {held.path for held in journal.held_back} == {"booking"}
    assert day.sitoo.control("event_stats")["lost"] == 3 * list(journal.paths.values()).count("sale (events lost)")
    assert [fault.kind.value for fault in day.centra_state.faults.waiting] == ["drop_after", "throttle", "error"]
    assert journal.ended_at - journal.started_at == pytest.approx(SECONDS, abs=0.2)
    assert day.ticks > 100


def test_the_shelves_the_trader_keeps_are_those_of_sitoo(played: tuple[MemoryDay, Journal]) -> None:
    """Tills never sell what is not there, so nothing is negative in Sitoo."""
    day, _ = played
    assert min(row["total"] for rows in day.sitoo_state.snapshot().values() for row in rows.values()) >= 0


def test_all_checks_hold_when_all_is_right(right: Evidence) -> None:
    verdicts = check(right)
    assert [name for name, verdict in verdicts.items() if not verdict.held] == []
    assert len(right.truths()) == 5 * 300 + 2


def test_a_wrong_shelf_is_found(right: Evidence) -> None:
    shelf = {**right.logs.centra_stock["11"], "TEE-BLACK-M": {"physical": 99, "allocated": 0, "fta": 99}}
    wrong = replace(right, logs=replace(right.logs, centra_stock={**right.logs.centra_stock, "11": shelf}))
    verdict = check(wrong)[TARGETS]
    assert not verdict.held
    assert "TEE-BLACK-M in warehouse 11 holds 99" in verdict.detail


def test_each_check_can_break(right: Evidence) -> None:
    logs, journal = right.logs, right.journal
    negative = {"11": {"TEE-BLACK-M": {"physical": 1, "allocated": 2, "fta": -1}}}
    violated = {**logs.centra_usage, "violations": 1}
    broken = {
        "no quantity in Centra is negative": replace(right, logs=replace(logs, centra_stock=negative)),
        "the connector has nothing left to do": replace(right, unsettled=Unsettled(1, 0, 0, 0, False)),
        OVERSOLD: with_a_unit_sold_twice(right)[0],
        "nothing else waits for a person": replace(right, cases=[*right.cases, case(Kind.UNKNOWN_STOCK, "site/1")]),
        "the unmapped SKU was parked and is right since its redrive": replace(right, parked_before_repair=frozenset()),
        "events sent twice had no second effect": replace(right, logs=replace(logs, sitoo_events={**logs.sitoo_events, "doubled": 0})),
        "Sitoo was asked one thing at a time": replace(right, logs=replace(logs, too_many_connections=1)),
        "Centra's limits were kept": replace(right, logs=replace(logs, centra_usage=violated)),
        "receivers answered the vendors 200 or 503 only": replace(right, logs=replace(logs, centra_hook_answers={"200": 1, "502": 1})),
        "every planned fault was played": replace(right, logs=replace(logs, centra_faults={})),
        "no process is left over": replace(right, left_processes=("12 since 1: python",)),
    }
    assert {*broken, TARGETS} == set(check(right)) - set(WEB_CHECKS)
    for name, evidence in broken.items():
        assert not check(evidence)[name].held, name
    assert journal is right.journal


def test_an_oversell_must_be_parked_with_its_orders_and_for_a_reason(right: Evidence) -> None:
    twice, key = with_a_unit_sold_twice(right)
    assert check(replace(twice, cases=[*twice.cases, oversold(key)]))[OVERSOLD].held
    assert not check(replace(twice, cases=[*twice.cases, oversold(key, orders=[])]))[OVERSOLD].held
    verdict = check(replace(right, cases=[*right.cases, oversold(key)]))[OVERSOLD]
    assert "parked without cause" in verdict.detail


def test_the_summary_has_the_agreed_shape(connected: tuple[ConnectedDay, Evidence], right: Evidence) -> None:
    summary = summarise(right, check(right), latencies_of(connected, right), {"mutations": 2})
    assert set(summary) == {"invariants", "latency_s", "calls", "faults", "exceptions", "orders", "totals"}
    assert all(set(verdict) == {"held", "detail"} for verdict in summary["invariants"].values())
    assert all(set(row) == {"p50", "p95", "max", "n"} for row in summary["latency_s"].values())
    assert set(summary["calls"]) == {"centra", "sitoo"}
    assert set(summary["faults"]) == {mishap.value for mishap in Mishap}
    assert all(n >= 1 for n in summary["faults"].values())
    assert summary["exceptions"] == Counter(case.problem.kind.value for case in right.cases)
    totals = summary["totals"]
    assert totals["changes"] == totals["movements"] - totals["movements_of_the_unmapped_article"] + totals["units_held_back"]
    assert totals["changes"] == totals["changes_drawn"] + totals["movements_without_effect"]
    assert totals["shelves_sold_twice"] == totals["units_sold_twice"] == 0
    assert totals["mutations_used"] == right.logs.centra_calls["mutations"] - 2
    unmapped_movements = 3
    assert summary["totals"]["mutations_saved"] == summary["totals"]["movements"] - unmapped_movements - totals["mutations_used"]
    assert passed(summary)
    summary["faults"][Mishap.OUTAGE.value] = 0
    assert not passed(summary)


def latencies_of(connected: tuple[ConnectedDay, Evidence], evidence: Evidence) -> Latencies:
    day, journal = connected[0], evidence.journal
    commits = [row for row in evidence.logs.sitoo_commits if row["at"] >= journal.started_at and row["sku"] != evidence.unmapped]
    timelines = steps(evidence.shops, day.opening, commits, journal.held_back, journal.paths)
    # As if each step had been written a second later.
    late = [
        {"warehouse": key[0], "sku": key[1], "at": step.at + 1.0, "physical": step.target, "allocated": 0, "source": "setStock"}
        for key, series in timelines.items()
        for step in series[1:]
    ]
    opening = {key: series[0].target for key, series in timelines.items()}
    return measure(timelines, opening, writes_of(sorted(late, key=lambda row: row["at"]), journal.started_at), journal.windows)


def test_the_report_is_one_file_that_names_everything(connected: tuple[ConnectedDay, Evidence], right: Evidence) -> None:
    latencies = latencies_of(connected, right)
    summary = summarise(right, check(right), latencies, {})
    page = render(summary, right, latencies, ["ops --local stock load --yes"])
    for text in ("Everything held", "Göteborg", "429 storm", "OVERSOLD", "ops --local stock load", "sale (offline till)", *summary["invariants"]):
        assert text.replace("'", "&#39;") in page
    assert "http://" not in page
    assert "https://" not in page
    assert "src=" not in page
    drawing = ET.fromstring(page[page.index("<svg") : page.index("</svg>") + 6])
    assert len(drawing.findall("circle")) == len(latencies.reached) > 100
    rows = store_rows(right, latencies)
    assert sum(row.movements for row in rows) == summary["totals"]["movements"]
    assert all(row.right == row.shelves for row in rows)


def test_a_report_of_a_broken_day_says_so(right: Evidence) -> None:
    broken = replace(right, left_processes=("12 since 1: python",), cases=[])
    latencies = Latencies()
    page = render(summarise(broken, check(broken), latencies, {}), broken, latencies, [])
    assert "Something broke" in page
    assert "12 since 1: python" in page


def test_the_summary_is_printed_for_people(right: Evidence, connected: tuple[ConnectedDay, Evidence]) -> None:
    console = Console(record=True, width=160, force_terminal=False)
    show(console, summarise(right, check(right), latencies_of(connected, right), {}), right.cases)
    text = console.export_text()
    assert text.count("held") >= 12
    assert "BROKEN" not in text
    assert "after the drain was killed" in text


@pytest.mark.parametrize("terminal", [True, False])
def test_progress_is_shown_live_or_line_by_line(played: tuple[MemoryDay, Journal], terminal: bool) -> None:
    day, journal = played
    console = Console(record=True, width=160, force_terminal=terminal, force_interactive=terminal)
    with View(console, day.clock.now) as view:
        view.phase("trade")
        view.step("something is done")
        view.refresh(journal, Figures(events=700, dirty=5), SECONDS)
    text = console.export_text()
    assert "trade" in text
    if not terminal:
        assert "Centra is down for 20 s" in text
        assert "700 events" in text
