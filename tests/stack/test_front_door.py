"""Routes, gateway responses and proxy events, without a server."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from sandbox.local_stack.front_door import DEFAULT_STATUS, FrontDoor, GatewayResponse, Route, read_front_door
from sandbox.local_stack.proxy_event import MalformedAnswer, Request, proxy_event, proxy_response


@pytest.mark.parametrize(
    ("path", "method", "given", "found"),
    [
        ("/a/b", "POST", ("POST", "/a/b"), {}),
        ("/a/b", "POST", ("POST", "/a/b/"), {}),
        ("/a/b", "POST", ("GET", "/a/b"), None),
        ("/a/b", "ANY", ("GET", "/a/b"), {}),
        ("/a/b", "POST", ("POST", "/a"), None),
        ("/a/b", "POST", ("POST", "/a/b/c"), None),
        ("/a/{id}/c", "GET", ("GET", "/a/7/c"), {"id": "7"}),
        ("/a/{rest+}", "GET", ("GET", "/a/b/c"), {"rest": "b/c"}),
        ("/a/{rest+}", "GET", ("GET", "/a"), None),
    ],
)
def test_routes_match_as_api_gateways_do(path: str, method: str, given: tuple[str, str], found: dict[str, str] | None) -> None:
    assert Route(method, path, "F").match(*given) == found


def test_a_type_without_its_own_response_falls_back_to_the_default_of_its_class() -> None:
    door = FrontDoor(responses={"DEFAULT_5XX": GatewayResponse(503), "INTEGRATION_TIMEOUT": GatewayResponse(504, {"retry-after": "1"}, "late")})
    assert door.error("API_CONFIGURATION_ERROR", 502)[0] == 503
    assert door.error("INTEGRATION_FAILURE")[0] == 503
    assert door.error("THROTTLED")[0] == 429
    status, headers, body = door.error("INTEGRATION_TIMEOUT")
    assert (status, headers["retry-after"], body) == (504, "1", "late")


def test_without_gateway_responses_clients_see_what_api_gateway_sends() -> None:
    assert FrontDoor().error("API_CONFIGURATION_ERROR", 502)[0] == 502
    assert {kind: FrontDoor().error(kind)[0] for kind in DEFAULT_STATUS} == DEFAULT_STATUS


def test_the_api_of_the_template_is_read() -> None:
    own = {"StageName": "dev", "MethodSettings": [{"ResourcePath": "/*", "HttpMethod": "*", "ThrottlingRateLimit": 5, "ThrottlingBurstLimit": 9}]}
    door = read_front_door({"Api": own}, {"BinaryMediaTypes": ["image~1png"]}, ())
    assert (door.logical, door.stage, door.binary_types, door.rate, door.burst) == ("Api", "dev", ("image/png",), 5.0, 9)


UNKNOWN_TYPE = {"GatewayResponses": {"NO_SUCH_TYPE": {"StatusCode": 503}}}


@pytest.mark.parametrize(("apis", "reason"), [({"A": {}, "B": {}}, "serves one API"), ({"A": UNKNOWN_TYPE}, "NO_SUCH_TYPE")])
def test_an_api_that_it_cannot_serve_is_refused(apis: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read_front_door(apis, {}, ())


def event_for(body: bytes, content_type: str, binary_types: list[str], query: str = "") -> dict[str, Any]:
    request = Request("POST", "/x", query, [("content-type", content_type), ("host", "example")], body, "10.0.0.1")
    return proxy_event(request, resource="/x", parameters={}, stage="dev", api_id="api", binary_types=binary_types, now=1_800_000_000.5)


@pytest.mark.parametrize(
    ("content_type", "binary_types", "binary"),
    [
        ("application/json", ["*/*"], True),
        ("application/json", [], False),
        ("application/json; charset=utf-8", ["application/json"], True),
        ("image/png", ["image/*"], True),
        ("application/json", ["image/*"], False),
    ],
)
def test_bodies_of_binary_media_types_are_base64(content_type: str, binary_types: list[str], binary: bool) -> None:
    event = event_for(b'{"\xc3\xa5": 1}', content_type, binary_types)
    assert event["isBase64Encoded"] is binary
    assert (base64.b64decode(event["body"]) if binary else event["body"].encode()) == b'{"\xc3\xa5": 1}'


def test_an_event_without_body_or_query_has_nulls() -> None:
    event = event_for(b"", "text/plain", ["*/*"])
    names = ("body", "queryStringParameters", "multiValueQueryStringParameters", "pathParameters", "stageVariables")
    assert [event[name] for name in names] == [None] * 5
    assert event["isBase64Encoded"] is False
    assert event["headers"]["Content-Type"] == "text/plain"
    assert event["requestContext"]["identity"]["sourceIp"] == "10.0.0.1"
    assert event["requestContext"]["requestTimeEpoch"] == 1_800_000_000_500


def test_an_answer_becomes_a_response() -> None:
    answer = {"statusCode": "401", "headers": {"WWW-Authenticate": "Basic", "X-N": 1}, "multiValueHeaders": {"x-n": ["2", "3"]}, "body": "no"}
    response = proxy_response(answer, (), "")
    assert (response.status, response.body) == (401, b"no")
    assert sorted(response.headers) == [("content-type", "application/json"), ("www-authenticate", "Basic"), ("x-n", "2"), ("x-n", "3")]


def test_base64_answers_are_decoded_for_binary_media_types_only() -> None:
    answer = {"statusCode": 200, "body": "aGVq", "isBase64Encoded": True}
    assert proxy_response(answer, ["*/*"], "*/*").body == b"hej"
    assert proxy_response(answer, [], "*/*").body == b"aGVq"


@pytest.mark.parametrize(
    "answer",
    [
        None,
        "text",
        {"status": 200},
        {"statusCode": 200, "surprise": 1},
        {"statusCode": "ok"},
        {"statusCode": True},
        {"statusCode": 42},
        {"statusCode": 200, "body": {"a": 1}},
        {"statusCode": 200, "headers": ["a"]},
        {"statusCode": 200, "headers": {"a": {}}},
        {"statusCode": 200, "multiValueHeaders": {"a": "b"}},
        {"statusCode": 200, "body": "no base64!", "isBase64Encoded": True},
    ],
)
def test_malformed_answers_are_refused(answer: Any) -> None:
    with pytest.raises(MalformedAnswer):
        proxy_response(answer, ["*/*"], "*/*")
