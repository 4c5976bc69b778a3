"""How each way a Sitoo call can go is told to the caller."""

from __future__ import annotations

from base64 import b64decode

import httpx
import pytest

from connector.domain.configuration import Lane
from connector.sitoo.errors import Refused, SitooError, Throttled, Unauthorised, Unavailable, Unconfirmed
from tests.unit.vendor_answers import Answer, Sitoo

NOW = 1_800_000_000
REQUEST = httpx.Request("GET", "https://api.example")
EMPTY = httpx.Response(200, json={"totalcount": 0, "items": []})


def ask(answer: Answer) -> Sitoo:
    sitoo = Sitoo([answer])
    sitoo.client.warehouses(lane=Lane.ORDERS)
    return sitoo


def test_the_request_is_what_sitoo_documents() -> None:
    sitoo = Sitoo([httpx.Response(200, json={"totalcount": 0, "items": []})])
    assert sitoo.client.items(7, ["TEE-M", "A+B/1"], lane=Lane.STOCK) == {}
    request = sitoo.vendor.requests[0]
    assert (request.method, request.url.path) == ("GET", "/v2/accounts/90123/sites/1/warehouses/7/warehouseitems.json")
    assert request.url.params.get_list("sku") == ["TEE-M,A+B/1"]
    assert b"%2B" in request.url.query
    assert b64decode(request.headers["authorization"].removeprefix("Basic ")).decode() == "90123-1:pass"
    assert sitoo.turn.lanes == [Lane.STOCK]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (httpx.Response(500), Unavailable),
        (httpx.Response(503), Unavailable),
        (httpx.Response(408), Unavailable),
        (httpx.ConnectError("refused", request=REQUEST), Unavailable),
        (httpx.ReadTimeout("slow", request=REQUEST), Unavailable),
        (httpx.RemoteProtocolError("cut", request=REQUEST), Unavailable),
        (httpx.Response(401), Unauthorised),
        (httpx.Response(403), Unauthorised),
        (httpx.Response(400, json={"statuscode": 400, "errortext": "Missing required field"}), Refused),
        (httpx.Response(404, text="<html>"), Refused),
        (httpx.Response(200, json={"statuscode": 404, "errortext": "no such warehouse"}), Refused),
        (httpx.Response(302, headers={"location": "https://elsewhere.example"}), Refused),
        (httpx.Response(200, text="<html>"), Unconfirmed),
        (httpx.Response(200, text='{"totalcount": 1, "items": [{'), Unconfirmed),
        (httpx.Response(200, json=True), Unconfirmed),
        (httpx.Response(200, json={"items": []}), Unconfirmed),
        (httpx.Response(200, json={"totalcount": 0, "items": [{"warehouseid": 1}]}), Unconfirmed),
        (httpx.Response(200, json={"totalcount": 3, "items": []}), Unconfirmed),
        (httpx.Response(200, json={"totalcount": 1, "items": [None]}), Unconfirmed),
    ],
)
def test_failures(answer: Answer, expected: type[SitooError]) -> None:
    with pytest.raises(expected):
        ask(answer)


def test_a_refusal_carries_sitoos_own_words() -> None:
    with pytest.raises(Refused) as refused:
        ask(httpx.Response(400, json={"statuscode": 400, "errortext": "Missing required field 'active'."}))
    assert (refused.value.status, refused.value.text) == (400, "Missing required field 'active'.")


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"Retry-After": "3"}, 3),
        ({"Retry-After": "3", "X-Rate-Limit-Reset": str(NOW + 50)}, 3),
        ({"X-Rate-Limit-Reset": str(NOW + 50)}, 50),
        ({"Retry-After": "soon", "X-Rate-Limit-Reset": str(NOW + 50)}, 50),
        ({}, 5),
    ],
)
def test_a_429_closes_the_api_user_while_its_turn_is_still_held(headers: dict[str, str], wait: float) -> None:
    sitoo = Sitoo([httpx.Response(429, headers=headers, json={"statuscode": 429, "errortext": "Too many connections"})])
    with pytest.raises(Throttled) as throttled:
        sitoo.client.warehouses(lane=Lane.LOAD)
    assert throttled.value.until == pytest.approx(NOW + wait)
    assert sitoo.turn.closed == [throttled.value.until]


def test_without_a_moment_the_waits_double_until_a_success() -> None:
    sitoo = Sitoo([*(httpx.Response(429) for _ in range(6)), EMPTY, httpx.Response(429)])
    waits = []
    for _ in range(6):
        with pytest.raises(Throttled) as throttled:
            sitoo.client.warehouses(lane=Lane.LOAD)
        waits.append(throttled.value.until - sitoo.clock.now())
    assert waits == [5, 10, 20, 40, 80, 120]
    sitoo.client.warehouses(lane=Lane.LOAD)
    with pytest.raises(Throttled) as throttled:
        sitoo.client.warehouses(lane=Lane.LOAD)
    assert throttled.value.until - sitoo.clock.now() == 5


def test_a_refused_password_is_read_again_and_takes_a_turn_of_its_own() -> None:
    sitoo = Sitoo([httpx.Response(401), httpx.Response(200, json={"totalcount": 0, "items": []})], rotated=("90123-2", "new"))
    assert sitoo.client.warehouses(lane=Lane.LOAD) == []
    assert [b64decode(r.headers["authorization"][6:]).decode() for r in sitoo.vendor.requests] == ["90123-1:pass", "90123-2:new"]
    assert len(sitoo.turn.lanes) == 2


def test_a_refused_password_without_a_newer_one_is_not_tried_again() -> None:
    sitoo = Sitoo([httpx.Response(401)])
    with pytest.raises(Unauthorised):
        sitoo.client.warehouses(lane=Lane.LOAD)
    assert len(sitoo.vendor.requests) == 1
