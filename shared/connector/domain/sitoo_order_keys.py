"""How our copies of Centra orders are named in Sitoo, so that they can be found again without a link.

Sitoo's `externalid` is unique in the system, `[A-Za-z0-9_-]`, 1–40 characters.
"""

from __future__ import annotations

import re

_PATTERN = re.compile(r"^C(\d+)-W(\d+)-R(\d+)$")

REVISIONS_LOOKED_UP = 3
"""How many revisions of a copy are looked for when no link is known (a copy is re-created, next revision, when Centra's order changes)."""


def external_id(order_number: int, warehouse: int, revision: int = 1) -> str:
    """The externalid of the copy of a Centra order for a Centra store warehouse."""
    return f"C{order_number}-W{warehouse}-R{revision}"


def candidates(order_number: int, warehouse: int) -> list[str]:
    """Every externalid the copy may carry."""
    return [external_id(order_number, warehouse, revision) for revision in range(1, REVISIONS_LOOKED_UP + 1)]


def parse(externalid: str) -> tuple[int, int, int] | None:
    """(order number, Centra warehouse, revision), or None when it is not one of ours."""
    match = _PATTERN.match(externalid)
    return (int(match[1]), int(match[2]), int(match[3])) if match else None
