"""What a drain remembers between its turns: the wake-up already ordered, failures in a row, and the units known to be oversold."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from connector.flows.store_stock.context import DrainContext
from connector.flows.store_stock.turn import Turn
from connector.store.stock_levels import Key


@dataclass(slots=True)
class DrainState:
    """`wake_at`: a delayed nudge is under way for then (unix s). `failures`: turns that failed in a row. `failing_since`: the first of them."""

    wake_at: int = 0
    failures: int = 0
    failing_since: int = 0
    oversold: set[Key] = field(default_factory=set)


def state_cursor(site: int) -> str:
    return f"drain/{site}"


def load_state(ctx: DrainContext) -> DrainState:
    stored: dict[str, Any] = ctx.cursors.get(state_cursor(ctx.site.id)) or {}
    return DrainState(
        wake_at=stored.get("wake_at", 0),
        failures=stored.get("failures", 0),
        failing_since=stored.get("failing_since", 0),
        oversold={(w, sku) for w, sku in stored.get("oversold", [])},
    )


def save_state(ctx: DrainContext, turn: Turn, state: DrainState) -> None:
    value = {
        "wake_at": state.wake_at,
        "failures": state.failures,
        "failing_since": state.failing_since,
        "oversold": [[w, sku] for w, sku in sorted(state.oversold)],
    }
    ctx.cursors.put(state_cursor(ctx.site.id), value, turn.site)
