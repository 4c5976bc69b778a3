"""What a drain remembers between its turns: the wake-up already ordered, failures in a row, and what it has told people."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from connector.domain.exceptions import Kind
from connector.flows.store_stock.context import DrainContext
from connector.flows.store_stock.turn import Turn
from connector.store.stock_levels import Key

Told = tuple[Kind, Key]
"""An exception about one SKU of one store that the drain opened, and resolves when it no longer holds."""


@dataclass(slots=True)
class DrainState:
    """`wake_at`: a delayed nudge is under way for then (unix s). `failures`: turns that failed in a row. `failing_since`: the first of them.

    `told_looked_at`: when the SKUs people were told about were last marked to be looked at again.
    """

    wake_at: int = 0
    failures: int = 0
    failing_since: int = 0
    told: set[Told] = field(default_factory=set)
    told_looked_at: int = 0


def state_cursor(site: int) -> str:
    return f"drain/{site}"


def load_state(ctx: DrainContext) -> DrainState:
    stored: dict[str, Any] = ctx.cursors.get(state_cursor(ctx.site.id)) or {}
    return DrainState(
        wake_at=stored.get("wake_at", 0),
        failures=stored.get("failures", 0),
        failing_since=stored.get("failing_since", 0),
        told={(Kind(kind), (w, sku)) for kind, w, sku in stored.get("told", [])},
        told_looked_at=stored.get("told_looked_at", 0),
    )


def save_state(ctx: DrainContext, turn: Turn, state: DrainState) -> None:
    value = {
        "wake_at": state.wake_at,
        "failures": state.failures,
        "failing_since": state.failing_since,
        "told": [[kind.value, w, sku] for kind, (w, sku) in sorted(state.told)],
        "told_looked_at": state.told_looked_at,
    }
    ctx.cursors.put(state_cursor(ctx.site.id), value, turn.site)
