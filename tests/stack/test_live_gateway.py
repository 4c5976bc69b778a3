"""The front door over HTTP: what clients get for every way a function can end."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import httpx
import pytest

from sandbox.local_stack.stack import LocalStack


def act(stack: LocalStack, event: object) -> httpx.Response:
    return httpx.get(f"{stack.gateway_url}/act/1?act={quote(json.dumps(event))}", timeout=20)


def test_a_request_arrives_as_a_proxy_event(stack: LocalStack) -> None:
    body = bytes(range(256))
    answer = httpx.post(f"{stack.gateway_url}/echo?a=1&a=2&b=", content=body, headers=[("X-Some-Thing", "1"), ("X-Some-Thing", "2")])
    event = answer.json()
    assert (answer.status_code, answer.headers["x-test"], answer.headers["content-type"]) == (200, "yes", "application/json")
    assert event["isBase64Encoded"] is True
    assert base64.b64decode(event["body"]) == body
    assert (event["httpMethod"], event["path"], event["resource"]) == ("POST", "/echo", "/echo")
    assert event["queryStringParameters"] == {"a": "2", "b": ""}
    assert event["multiValueQueryStringParameters"] == {"a": ["1", "2"], "b": [""]}
    assert event["headers"]["X-Some-Thing"] == "2"
    assert event["multiValueHeaders"]["X-Some-Thing"] == ["1", "2"]
    assert event["requestContext"]["path"] == "/dev/echo"


@pytest.mark.parametrize("event", [{"do": "raise"}, {"do": "exit"}, {"do": "answer", "answer": "text"}])
def test_every_way_to_fail_is_503_as_the_gateway_responses_say(stack: LocalStack, event: dict[str, object]) -> None:
    answer = act(stack, event)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "7")
    assert answer.json() == {"message": "Internal server error"}


@pytest.mark.parametrize("path", ["/broken", "/malformed", "/hasty?act=%7B%22do%22%3A%22sleep%22%2C%22s%22%3A5%7D"])
def test_an_import_error_a_malformed_answer_and_a_timeout_are_503(stack: LocalStack, path: str) -> None:
    assert httpx.get(stack.gateway_url + path, timeout=20).status_code == 503


def test_a_throttled_function_is_503(stack: LocalStack) -> None:
    stack.throttle("Worker", 0)
    try:
        assert httpx.post(f"{stack.gateway_url}/echo").status_code == 503
    finally:
        stack.throttle("Worker", None)


def test_unknown_routes_are_refused_as_api_gateway_does(stack: LocalStack) -> None:
    for method, path in (("GET", "/echo"), ("POST", "/"), ("GET", "/act/1/2")):
        answer = httpx.request(method, stack.gateway_url + path)
        assert (answer.status_code, answer.json()["message"]) == (403, "Missing Authentication Token")


def test_unknown_controls_and_functions_are_named(stack: LocalStack) -> None:
    assert httpx.post(f"{stack.gateway_url}/_local/nothing").status_code == 404
    assert httpx.post(f"{stack.gateway_url}/_local/kill", json={"function": "Nobody"}).status_code == 400
    assert "Worker" in httpx.post(f"{stack.gateway_url}/_local/stats").json()
