"""Whatever fails in a receiver, it answers 503 (the vendor sends the event again) or the event is stored."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError

from connector.runtime.http_event import MAX_BODY_BYTES
from tests.flows.front_door import basic, gateway_event
from tests.flows.receivers import Answer, Aws, Entries, fake_aws, good_call, start

VENDORS = ("centra", "sitoo")
FLOW = {"centra": "connector.flows.receive_centra_webhook", "sitoo": "connector.flows.receive_sitoo_events"}
SECRET_OF = {"centra": "SECRET_CENTRA", "sitoo": "SECRET_SITOO"}
URL = "http://sqs.localhost"


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Aws:
    return fake_aws(monkeypatch)


def refuse(call: int, entries: Entries) -> Answer:
    raise ClientError({"Error": {"Code": "ServiceUnavailable", "Message": "no"}}, "SendMessageBatch")


def unreachable(call: int, entries: Entries) -> Answer:
    raise EndpointConnectionError(endpoint_url=URL)


def slow_to_connect(call: int, entries: Entries) -> Answer:
    raise ConnectTimeoutError(endpoint_url=URL)


def slow_to_answer(call: int, entries: Entries) -> Answer:
    raise ReadTimeoutError(endpoint_url=URL)


def none_confirmed(call: int, entries: Entries) -> Answer:
    return {}


def one_failed(call: int, entries: Entries) -> Answer:
    *rest, last = entries
    return {"Successful": [{"Id": entry["Id"]} for entry in rest], "Failed": [{"Id": last["Id"], "SenderFault": False, "Code": "InternalError"}]}


def one_forgotten(call: int, entries: Entries) -> Answer:
    return {"Successful": [{"Id": entry["Id"]} for entry in entries[1:]]}


def second_queue_fails(call: int, entries: Entries) -> Answer:
    return {"Successful": [{"Id": entry["Id"]} for entry in entries]} if call == 1 else none_confirmed(call, entries)


def a_bug(call: int, entries: Entries) -> Answer:
    raise RecursionError


@pytest.mark.parametrize("vendor", VENDORS)
def test_all_is_well(vendor: str, aws: Aws) -> None:
    assert start(vendor).handler(good_call(vendor), None)["statusCode"] == 200
    assert [queue for queue, _ in aws.sqs.stored] == ["store_stock", "orders" if vendor == "centra" else "fulfilments"]


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize(
    "failure", [refuse, unreachable, slow_to_connect, slow_to_answer, none_confirmed, one_failed, one_forgotten, second_queue_fails, a_bug]
)
def test_a_queue_that_does_not_confirm_everything_is_503(vendor: str, failure: Callable[[int, Entries], Answer], aws: Aws) -> None:
    receiver = start(vendor)
    healthy, aws.sqs.answers = aws.sqs.answers, failure
    refused = receiver.handler(good_call(vendor), None)
    assert (refused["statusCode"], refused["headers"]["Retry-After"]) == (503, "5")
    aws.sqs.answers = healthy
    assert receiver.handler(good_call(vendor), None)["statusCode"] == 200


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("missing", ["SITOO_SITE_IDS", "SECRET", "QUEUE_STORE_STOCK", "QUEUE_UNKNOWN", "QUEUE_RETURNS", "QUEUE_FULFILMENTS"])
def test_a_missing_setting_is_503_until_it_is_there(vendor: str, missing: str, aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    name = SECRET_OF[vendor] if missing == "SECRET" else missing
    with monkeypatch.context() as without:
        without.delenv(name)
        receiver = start(vendor)
        assert receiver.handler(good_call(vendor), None)["statusCode"] == 503
    assert receiver.handler(good_call(vendor), None)["statusCode"] == 200


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("value", ["", " , ", "one"])
def test_unusable_site_ids_are_503(vendor: str, value: str, aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SITOO_SITE_IDS", value)
    assert start(vendor).handler(good_call(vendor), None)["statusCode"] == 503


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("module", ["connector.runtime.front_door", "connector.runtime.reception", "flow"])
def test_an_import_that_fails_is_503_until_it_works(vendor: str, module: str, aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = FLOW[vendor] if module == "flow" else module
    with monkeypatch.context() as without:
        # None in sys.modules makes the import raise ImportError.
        without.setitem(sys.modules, broken, None)
        receiver = start(vendor)
        assert receiver.handler(good_call(vendor), None)["statusCode"] == 503
    assert receiver.handler(good_call(vendor), None)["statusCode"] == 200


@pytest.mark.parametrize("vendor", VENDORS)
def test_secrets_manager_down_at_start_is_503_until_it_answers(vendor: str, aws: Aws) -> None:
    aws.secrets.failure = EndpointConnectionError(endpoint_url=URL)
    receiver = start(vendor)
    assert receiver.handler(good_call(vendor), None)["statusCode"] == 503
    aws.secrets.failure = None
    assert receiver.handler(good_call(vendor), None)["statusCode"] == 200


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("secret", ["", "no json", "[]", "{}", '{"webhook_secret": "", "events_user": "", "events_password": ""}'])
def test_an_unusable_secret_is_503_and_never_401(vendor: str, secret: str, aws: Aws) -> None:
    aws.secrets.secret = secret
    assert start(vendor).handler(good_call(vendor), None)["statusCode"] == 503


@pytest.mark.parametrize("vendor", VENDORS)
def test_nobody_is_refused_for_good_while_the_secret_cannot_be_read_again(vendor: str, aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connector.runtime.webhook_secret.REREAD_GAP_S", 0.0)
    receiver = start(vendor)
    aws.secrets.secret = json.dumps({"webhook_secret": "rotated", "events_user": "rotated", "events_password": "rotated"})
    aws.secrets.failure = ReadTimeoutError(endpoint_url=URL)
    assert receiver.handler(good_call(vendor), None)["statusCode"] == 200
    refused = good_call(vendor) | {"body": "eA=="} if vendor == "centra" else gateway_event(basic("who", "knows"), b"[]")
    assert receiver.handler(refused, None)["statusCode"] == 503
    aws.secrets.failure = None
    assert receiver.handler(refused, None)["statusCode"] == 401


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_bug_is_503_and_its_text_is_not_logged(vendor: str, aws: Aws, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    address = "@".join(("someone", "example.com"))

    def bug(*_args: object) -> None:
        int(address)

    receiver = start(vendor)
    monkeypatch.setattr(f"{FLOW[vendor]}._sort", bug)
    with caplog.at_level(logging.DEBUG):
        assert receiver.handler(good_call(vendor), None)["statusCode"] == 503
    assert "RuntimeError: ValueError" in caplog.text
    assert address not in caplog.text


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize(
    "event", [{}, None, 5, {"body": 5}, {"headers": 5, "body": ""}, {"body": None, "headers": {"a": None}, "multiValueHeaders": {"b": []}}]
)
def test_something_that_is_no_gateway_event_does_not_crash(vendor: str, event: Any, aws: Aws) -> None:
    assert start(vendor).handler(event, None)["statusCode"] in {401, 503}
    assert aws.sqs.stored == []


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("binary", [True, False])
@pytest.mark.parametrize(("size", "too_large"), [(MAX_BODY_BYTES, False), (MAX_BODY_BYTES + 1, True), (6_000_000, True)])
def test_the_size_limit_counts_decoded_bytes(vendor: str, binary: bool, size: int, too_large: bool, aws: Aws) -> None:
    answer = start(vendor).handler(gateway_event(basic(), b" " * size, binary=binary), None)
    accepted = 200 if vendor == "sitoo" else 401
    assert answer["statusCode"] == (413 if too_large else accepted)
    assert MAX_BODY_BYTES == 204_800


@pytest.mark.parametrize("vendor", VENDORS)
def test_the_size_limit_counts_bytes_and_not_characters(vendor: str, aws: Aws) -> None:
    body = ("ä" * (MAX_BODY_BYTES // 2 + 1)).encode()
    assert start(vendor).handler(gateway_event(basic(), body, binary=False), None)["statusCode"] == 413
