"""What befalls a request of the Centra sandbox on its way: latency, scripted faults, commits after the caller gave up."""

from __future__ import annotations

from collections.abc import Callable

from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from sandbox.centra.state import CentraState
from sandbox.faults import ConnectionDropped, Fault, FaultKind


class CutConnection(Response):
    """Promises more than it sends, then breaks off: the caller sees a lost connection, in process and over a socket."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        raise ConnectionDropped


async def play(state: CentraState, called: str, execute: Callable[[], Response], throttle: Callable[[float], Response]) -> Response:
    """Execute a request between the halves of its latency, unless a fault says otherwise; `called` is what faults are matched against.

    `throttle(until)` answers 429.
    """
    if (late := state.take_late_commit(called)) is not None:
        state.clock.at(state.now() + late.seconds, lambda: _quietly(execute))
        await state.clock.pause(late.hang)
        return CutConnection()
    fault = state.faults.take(called, state.now())
    delay = state.delay.draw()
    await state.clock.pause(delay / 2 + (fault.seconds if fault is not None else 0.0))
    if fault is not None and (early := _before(state, fault, throttle)) is not None:
        return early
    answer = execute()
    if delay:
        await state.clock.pause(delay / 2)
    if fault is not None and fault.kind is FaultKind.DROP_AFTER:
        return CutConnection()
    if fault is not None and fault.kind is FaultKind.ERROR_AFTER:
        return failure(fault.status)
    return answer


def failure(status: int) -> Response:
    return JSONResponse({"errors": [{"message": "Internal server error"}]}, status)


def _quietly(execute: Callable[[], Response]) -> None:
    execute()


def _before(state: CentraState, fault: Fault, throttle: Callable[[float], Response]) -> Response | None:
    if fault.kind is FaultKind.ERROR:
        return failure(fault.status)
    if fault.kind is FaultKind.DROP_BEFORE:
        return CutConnection()
    if fault.kind is FaultKind.THROTTLE:
        return throttle(state.now() + fault.retry_after)
    return None
