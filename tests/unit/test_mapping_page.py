"""The page about the mapping of orders is written from the table that orders are checked against."""

from __future__ import annotations

from connector.mapping.order_attributes import ATTRIBUTES
from tools.mapping_docs import PAGE, main, page


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `python -m tools.mapping_docs`"
    assert main(["--check"]) == 0


def test_the_page_has_a_row_for_every_attribute() -> None:
    assert [attribute.name for attribute in ATTRIBUTES if page().count(f"\n| `{attribute.name}` |") != 1] == []
