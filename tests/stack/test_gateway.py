"""What the gateway makes of a request, in process: limits of API Gateway and every end of an invocation."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any

import pytest

from sandbox.local_stack.front_door import FrontDoor, GatewayResponse, Route
from sandbox.local_stack.gateway import Gateway
from sandbox.local_stack.outcome import Outcome, OutcomeKind
from sandbox.local_stack.proxy_event import Request, Response

ALL_503 = {"DEFAULT_5XX": GatewayResponse(503)}
ROUTES = (Route("POST", "/in", "F"),)


def ask(gateway: Gateway, body: bytes = b"{}", path: str = "/in") -> Response:
    return asyncio.run(gateway.respond(Request("POST", path, "", [("accept", "*/*")], body, "10.0.0.1")))


def answering(outcome: Outcome, door: FrontDoor) -> Gateway:
    return Gateway(door, lambda function, event: outcome, {})


@pytest.mark.parametrize(
    ("outcome", "plain"),
    [
        (Outcome(OutcomeKind.ERROR), 502),
        (Outcome(OutcomeKind.TIMEOUT), 502),
        (Outcome(OutcomeKind.CRASH), 502),
        (Outcome(OutcomeKind.THROTTLED), 500),
        (Outcome(OutcomeKind.OK, {"status": 200}), 502),
        (Outcome(OutcomeKind.OK, None), 502),
    ],
)
def test_failures_are_5xx_of_which_the_gateway_responses_make_503(outcome: Outcome, plain: int) -> None:
    assert ask(answering(outcome, FrontDoor(routes=ROUTES))).status == plain
    assert ask(answering(outcome, FrontDoor(routes=ROUTES, responses=ALL_503))).status == 503


def test_the_functions_own_answer_passes_whatever_its_status() -> None:
    door = FrontDoor(routes=ROUTES, responses=ALL_503)
    for status in (200, 401, 413, 500):
        assert ask(answering(Outcome(OutcomeKind.OK, {"statusCode": status, "body": "x"}), door)).status == status


def test_a_function_slower_than_the_integration_is_a_timeout_and_runs_on() -> None:
    release, ended = threading.Event(), threading.Event()

    def slow(function: str, event: Any) -> Outcome:
        release.wait(5)
        ended.set()
        return Outcome(OutcomeKind.OK, {"statusCode": 200})

    async def ask_then_release(gateway: Gateway) -> Response:
        response = await gateway.respond(Request("POST", "/in", "", [], b"", "10.0.0.1"))
        release.set()
        return response

    plain = Gateway(FrontDoor(routes=ROUTES), slow, {}, integration_timeout_s=0.05)
    assert asyncio.run(ask_then_release(plain)).status == 504
    assert ended.wait(5)


def test_requests_above_the_burst_are_refused_before_they_reach_a_function() -> None:
    gateway = answering(Outcome(OutcomeKind.OK, {"statusCode": 200}), FrontDoor(routes=ROUTES, rate=0.001, burst=2))
    answers = [ask(gateway) for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert json.loads(answers[2].body) == {"message": "Too Many Requests"}


def test_ten_megabytes_are_the_limit() -> None:
    gateway = answering(Outcome(OutcomeKind.OK, {"statusCode": 200}), FrontDoor(routes=ROUTES))
    assert ask(gateway, b"x" * 10 * 1024 * 1024).status == 200
    assert ask(gateway, b"x" * (10 * 1024 * 1024 + 1)).status == 413


def test_an_unknown_path_names_no_function() -> None:
    assert ask(answering(Outcome(OutcomeKind.OK, {"statusCode": 200}), FrontDoor(routes=ROUTES)), path="/out").status == 403
