"""`python -m tools.mapping_docs`: writes docs/mapping-orders.md from the table of order attributes; `--check` only compares, exit 1 if it differs."""

from __future__ import annotations

import sys
from pathlib import Path

from connector.domain.money import sitoo_money
from connector.domain.order_keys import LINE_MARK, ORDER_MARK, PICK_UP_MARK, WAREHOUSE_MARK, WEB_ORDER_MARK
from connector.mapping.order_attributes import ATTRIBUTES, Attribute
from connector.mapping.order_checks import WITHOUT_POSTCODES
from connector.mapping.order_copy import ORDER_TYPE, PAID
from connector.mapping.order_decision import BEFORE_STORES, HOLDS, WITH_STORES
from connector.mapping.order_paid import GIFT_CARD, MONEY
from connector.mapping.order_subject import Use
from connector.mapping.order_text import MOST_OF_A_MESSAGE

PAGE = Path(__file__).resolve().parent.parent / "docs" / "mapping-orders.md"

HEAD = """# How a web order becomes a Sitoo order

This page is written by `python -m tools.mapping_docs` from the table in [order_attributes.py](../shared/connector/mapping/order_attributes.py), which
orders are also checked against. Change the table, not the page.

One Centra order gives one Sitoo order per store that must fulfil it, and, where the client wants them, return copies of what other warehouses
shipped. An order is sent whole or not at all: everything that keeps it back is told in one exception.

## Attributes

*always*: without it nothing is sent. *by contract*: needed if `orders.contract` in the mapping file names it. *if there*: sent when Centra has it.
*not sent*: never leaves Centra with this kind of copy.
"""


def page() -> str:
    """The whole page, ending with a line break."""
    return "\n".join([HEAD, *_table(), "", *_decision(), "", *_rows(), "", *_marks(), ""])


def _table() -> list[str]:
    head = "| attribute | in Centra | in Sitoo | pick-up | ship from store | return copy | must be |"
    return [head, "|---|---|---|---|---|---|---|", *map(_row, ATTRIBUTES)]


def _row(attribute: Attribute) -> str:
    needed = (attribute.needed(use).value for use in (Use.PICK_UP, Use.SHIP_FROM_STORE, Use.RETURN_COPY))
    return f"| `{attribute.name}` | {attribute.centra} | {attribute.sitoo} | {' | '.join(needed)} | {attribute.checked} |"


def _decision() -> list[str]:
    listed = [f"* `{reason}`: {words}." for reason, words in HOLDS.items()]
    return [
        "## Which orders",
        "",
        f"Stores get orders with the status {_codes(WITH_STORES)}, paid, not on hold, for the units that Centra allocated to them.",
        f"Orders with {_codes(BEFORE_STORES)} or a status that the connector does not know wait. An order counts as paid after a successful",
        f"{_codes(MONEY)},",
        f"or when {_codes(GIFT_CARD)} cover all of it; a cancelled authorisation and a mark as unpaid take that back.",
        "",
        "Wholesale and internal orders, cancelled ones and those that the connector made from till sales are left alone. Held ones wait:",
        "",
        *listed,
    ]


def _rows() -> list[str]:
    example = f"`{sitoo_money(12350)}`"
    return [
        "## Amounts",
        "",
        f"Sitoo's money has two decimals ({example}) in every currency. An order with an amount that is no whole number of cents, or whose parts do",
        "not sum to Centra's grand total, is parked as UNSUPPORTED_AMOUNT.",
        "",
        "* A row's price is for all its units, with VAT, before discounts; its discount is the line's own and a share of the order's.",
        "* Order discounts, and taxes that are added to or deducted from prices, are spread over lines by largest remainder, and what a line costs",
        "  over its units the same way: a unit costs the same in whichever copy it is.",
        "* Copies of an order that is split over stores, and what was not sent, sum to its grand total. Fees and gift certificates are on the copy",
        "  with the first unit of the first line; stores come before other warehouses, lower warehouse numbers before higher ones.",
        "* Where tax was deducted, or none applies, rows have VAT 0.",
        "* A bundle's money is spread over its items, which are the rows.",
    ]


def _marks() -> list[str]:
    return [
        "## Fixed values and marks",
        "",
        f"`ordertypeid` {ORDER_TYPE}, `paymentstateid` {PAID}. Marks in `additionaldata`: `{ORDER_MARK}` (order number),",
        f'`{WAREHOUSE_MARK}` (Centra warehouse), `{WEB_ORDER_MARK}` "true", `{PICK_UP_MARK}` "true" on pick-ups, `fulfilment`, `courier`,',
        f"`gift-message`; on rows `{LINE_MARK}` (order line).",
        f"Gift messages keep emoji and line breaks, lose control characters, and end after {MOST_OF_A_MESSAGE} characters.",
        f"Addresses in these countries need no post code: {', '.join(sorted(WITHOUT_POSTCODES))}.",
    ]


def _codes(words: frozenset[str]) -> str:
    return ", ".join(f"`{word}`" for word in sorted(words))


def main(arguments: list[str]) -> int:
    if arguments == ["--check"]:
        return int(not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page())
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
