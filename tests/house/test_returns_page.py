"""The page on returns says what the rules do: its examples are computed, its cases are those the rules can raise."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from connector.domain.exceptions import Kind, Owner
from connector.mapping.till_refund import plan_return
from connector.store.order_files import CopyRow
from tests.unit.return_stories import SETTINGS, copied, line, row, shipment, till_refund, web_order

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "returns.md").read_text(encoding="utf-8")
RULES = [*sorted((ROOT / "shared" / "connector" / "mapping").glob("ref*.py")), ROOT / "shared" / "connector" / "mapping" / "return_checks.py"]


def rows(first: str) -> list[list[str]]:
    """The body of the table whose header begins with `first`, cell by cell."""
    body = PAGE[PAGE.index(f"| {first} |") :].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in text.strip("|").split("|")] for text in body]


def cents(text: str) -> int:
    return int(Decimal(text) * 100)


@pytest.mark.parametrize("example", rows("example"), ids=lambda example: str(example[0]))
def test_the_examples_are_computed_as_they_say(example: list[str]) -> None:
    name, worth, paid, cost, told = example
    units, value = (3, 10_000) if "three" in name else (1, 25_000)
    voucher = value - cents(worth) if "voucher" in name else 0
    order = web_order([line(1, "SHIRT", units, value)], [shipment(10, [(100, 1, units, 0)])], discounts=voucher)
    plan = plan_return(till_refund([row(0, "SHIRT", -1, paid, 0)]), copied(CopyRow(0, 1, "SHIRT", units)), order, [], SETTINGS)
    (part,) = plan.parts
    assert (part.worth.total, part.return_cost, bool(plan.findings)) == (cents(worth), cents(cost), told.startswith("yes"))
    if difference := re.search(r"yes: ([\d.]+)", told):
        assert plan.unexpressed == cents(difference[1])


def test_every_case_that_the_rules_raise_is_on_the_page_with_its_owner() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in RULES)
    raised = {(Kind[kind].value, Owner[owner].value) for kind, owner in re.findall(r"Kind\.(\w+),\s+Owner\.(\w+)", source)}
    assert {(kind, owner) for kind, owner, *_ in rows("case")} == raised
