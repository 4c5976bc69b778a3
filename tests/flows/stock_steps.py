"""What stock scenarios share: the stores by letter, stepping in at a call, and what must hold at the end."""

from __future__ import annotations

from collections.abc import Callable

from connector.domain.exceptions import Kind, State
from sandbox.stock_story import SITE, STORES, StockStory

A, B, C = (store.centra_warehouse for store in STORES)
A_TILL, B_TILL, C_TILL, C_SECOND = 101, 102, 103, 104
TEE, CAP = "TEE-M", "CAP"
SOON = 10.0
LONG = 150.0


def at_step(story: StockStory, name: str, action: Callable[[], object]) -> None:
    """Run `action` once, right before the connector's next call `name`."""
    armed = [True]

    def step(operation: str) -> None:
        if armed[0] and operation == name:
            armed[0] = False
            action()

    story.world.step = step


def at_vendor_call(story: StockStory, name: str, nth: int, action: Callable[[], object]) -> None:
    """Run `action` once, right before the connector's `nth` call of `name` from now on."""
    left = [nth]

    def step(operation: str) -> None:
        if operation == name:
            left[0] -= 1
            if left[0] == 0:
                action()

    story.world.step = step


def settled(story: StockStory) -> None:
    """Both systems agree with the target computed from their true state, and nothing is left to do."""
    story.run(LONG)
    assert {key: story.physical(*key) for key in story.must_be()} == story.must_be()
    assert not story.world.levels.dirty(SITE)


def open_cases(story: StockStory) -> list[Kind]:
    return [case.problem.kind for case in story.world.cases.list(state=State.OPEN)]
