"""What goes wrong with vendors, events and functions, as rules that state machines of the order flows share."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from sandbox.centra.records import Refusal as CentraRefusal
from sandbox.order_story import OrderStory
from sandbox.sitoo.records import Refusal as SitooRefusal
from sandbox.stand_ins import Crash

STEPS = st.integers(1, 60)


class Troubles(RuleBasedStateMachine):
    """`story`: the shop it happens to, made by the subclass."""

    story: OrderStory

    @rule(after=STEPS)
    def crash(self, after: int) -> None:
        self.after(after, _die)

    @rule(
        kind=st.sampled_from(["error", "error_after", "drop_before", "drop_after", "throttle"]),
        operation=st.sampled_from(["", "createReturn", "completeReturn", "refundReturn"]),
        times=st.integers(1, 2),
    )
    def centra_fails(self, kind: str, operation: str, times: int) -> None:
        self.story.world.centra.fault(kind, operation=operation, times=times, status=503)

    @rule(kind=st.sampled_from(["error", "error_after", "drop_before", "drop_after", "throttle"]), times=st.integers(1, 2))
    def sitoo_fails(self, kind: str, times: int) -> None:
        self.story.world.sitoo.fault(kind, times=times)

    @rule(how=st.sampled_from(["lose_events", "double_events", "reorder_events"]), n=st.integers(1, 3))
    def events_go_wrong(self, how: str, n: int) -> None:
        getattr(self.story.world.sitoo, how)(n)

    @rule(how=st.sampled_from(["lose", "double", "swap"]), n=st.integers(1, 3))
    def webhooks_go_wrong(self, how: str, n: int) -> None:
        self.story.world.centra.webhook_faults(**{how: n})

    @rule(seconds=st.sampled_from([0.1, 2.0, 20.0, 70.0]))
    def time_passes(self, seconds: float) -> None:
        self.story.run(seconds)

    def after(self, steps: int, action: Callable[[], object]) -> None:
        """Let something happen between two calls, so many from now."""
        left = [steps]

        def step(_operation: str) -> None:
            left[0] -= 1
            if left[0] == 0:
                self.story.world.step = nothing
                action()

        self.story.world.step = step


def _die() -> None:
    raise Crash


def nothing(_operation: str) -> None:
    return


def attempt(action: Callable[[], object]) -> None:
    """People try what the system at that moment refuses: then nothing happened."""
    try:
        action()
    except (CentraRefusal, SitooRefusal):
        return
