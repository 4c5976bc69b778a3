"""Generated calls: a receiver answers 200, 401, 413 or 503 and nothing else, and 200 only when every event is stored."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.flows.receive_centra_webhook import WORK_OF
from connector.runtime.http_event import MAX_BODY_BYTES
from connector.runtime.queues import Work
from tests.flows.front_door import basic, centra_body, centra_headers, gateway_event
from tests.flows.receivers import Answer, Entries, confirm, fake_aws, start

VENDORS = ("centra", "sitoo")
NOW = 1_800_000_000.0

texts = st.text(max_size=60) | st.text(st.characters(codec=None), max_size=10)
header_names = st.sampled_from(["X-Centra-Signature", "x-centra-signature", "Authorization", "Content-Type", "", "é"]) | texts
header_values = texts | st.sampled_from([basic()["Authorization"], "t=1800000000,v1=00", "Basic Og==", "t=,v1"])
bodies = st.binary(max_size=300) | st.just(b"x" * (MAX_BODY_BYTES + 1)) | st.text(max_size=50).map(lambda text: text.encode())
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=8,
)
ids = st.integers(-2, 50) | st.integers() | st.text(max_size=5) | json_values
kinds = st.sampled_from([*WORK_OF, "customer", "booking", "order-delivery", "warehouse-transaction", "z-report", "shipment-v3"]) | json_values
order_data = st.fixed_dictionaries({}, optional={"eshop_id": ids, "order_id": ids, "order_delivery_id": ids, "order": json_values})
events = json_values | st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "type": kinds,
            "event_type": kinds,
            "id": ids,
            "action": json_values,
            "data": json_values | order_data,
        },
    )
    | json_values,
    max_size=15,
)


@pytest.fixture(scope="module")
def receivers() -> Any:
    """Both receivers, started once; `answers` of their queue can be exchanged."""
    with pytest.MonkeyPatch.context() as patch:
        aws = fake_aws(patch)
        patch.setattr("connector.runtime.clock.SystemClock.now", lambda _self: NOW)
        yield aws, {vendor: start(vendor) for vendor in VENDORS}


@pytest.mark.parametrize("vendor", VENDORS)
@given(
    headers=st.none() | st.dictionaries(header_names, header_values, max_size=4),
    many=st.none() | st.dictionaries(header_names, st.lists(header_values, max_size=2), max_size=2),
    body=st.none() | texts | bodies.map(lambda raw: base64.b64encode(raw).decode()),
    binary=st.booleans() | st.none(),
)
def test_anybody_may_send_anything(vendor: str, receivers: Any, headers: Any, many: Any, body: Any, binary: Any) -> None:
    aws, started = receivers
    aws.sqs.answers = confirm
    event = {"headers": headers, "multiValueHeaders": many, "body": body, "isBase64Encoded": binary}
    assert started[vendor].handler(event, None)["statusCode"] in {200, 401, 413}


@pytest.mark.parametrize("vendor", VENDORS)
@given(body=bodies)
def test_an_authentic_call_with_any_body_is_stored_or_too_large(vendor: str, receivers: Any, body: bytes) -> None:
    aws, started = receivers
    aws.sqs.answers, aws.sqs.stored = confirm, []
    headers = centra_headers(body, NOW) if vendor == "centra" else basic()
    status = started[vendor].handler(gateway_event(headers, body), None)["statusCode"]
    assert status == (413 if len(body) > MAX_BODY_BYTES else 200)
    readable = body.strip() == b"[]"
    assert bool(aws.sqs.stored) == (status == 200 and not readable)


@pytest.mark.parametrize("vendor", VENDORS)
@given(events=events, outcomes=st.lists(st.sampled_from(["stored", "stored", "lost", "partly"]), min_size=1, max_size=4))
def test_200_means_that_every_message_was_confirmed(vendor: str, receivers: Any, events: Any, outcomes: list[str]) -> None:
    aws, started = receivers
    seen: list[str] = []

    def answers(call: int, entries: Entries) -> Answer:
        seen.append(outcomes[(call - 1) % len(outcomes)])
        if seen[-1] == "lost":
            raise ConnectionResetError
        return confirm(call, entries if seen[-1] == "stored" else entries[1:])

    aws.sqs.answers, aws.sqs.calls, aws.sqs.stored = answers, 0, []
    body = centra_body(events) if vendor == "centra" else json.dumps(events).encode()
    headers = centra_headers(body, NOW) if vendor == "centra" else basic()
    status = started[vendor].handler(gateway_event(headers, body), None)["statusCode"]
    assert status == (200 if set(seen) <= {"stored"} else 503)
    if status == 200:
        assert accounted(aws.sqs.stored) >= distinct(vendor, events)


def accounted(stored: list[tuple[str, str]]) -> int:
    """How many different things the queues hold: messages, and events noted on `unknown`."""
    messages = [(queue, json.loads(body)) for queue, body in stored]
    return sum(body["count"] if queue == Work.UNKNOWN else 1 for queue, body in messages if queue != Work.STORE_STOCK)


def distinct(vendor: str, events: Any) -> int:
    """How many different objects the call names, of the kinds that have a queue of their own."""
    if not isinstance(events, list):
        return 1
    kind, owned = ("type", set(WORK_OF)) if vendor == "centra" else ("event_type", {"order", "booking", "order-delivery", "z-report"})
    found = [event for event in events if isinstance(event, dict) and isinstance(event.get(kind), str) and event[kind] in owned]
    numbered = [(event[kind], event.get("id") if vendor == "centra" else order_of(event)) for event in found]
    return len({(name, number) for name, number in numbered if isinstance(number, int)})


def order_of(event: dict[str, Any]) -> Any:
    data = event.get("data")
    return data.get("order_id") if isinstance(data, dict) else None
