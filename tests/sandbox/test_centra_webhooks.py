"""Centra's webhook plugin in the sandbox: form body, signature, retries, drops, and what befalls events."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qs

import pytest

from sandbox.centra.webhooks import Mishap, WebhookSettings, form_body, in_process, signature
from tests.sandbox.centra_shop import START, Shop


class Receiver:
    """Answers with the next of `answers`, then 200; remembers what came and when."""

    def __init__(self, shop: Shop, *answers: int, takes: float = 0.0) -> None:
        self.shop, self.answers, self.takes = shop, list(answers), takes
        self.calls: list[tuple[float, dict[str, str], bytes]] = []

    def __call__(self, url: str, headers: dict[str, str], body: bytes) -> int:
        assert url == "https://hook.test/centra"
        self.calls.append((self.shop.clock.now(), headers, body))
        self.shop.clock.sleep(self.takes)
        return self.answers.pop(0) if self.answers else 200

    def events(self) -> list[dict[str, Any]]:
        return [event for _, _, body in self.calls for event in json.loads(parse_qs(body.decode())["payload"][0])["events"]]

    def ids(self) -> list[int]:
        return [event["id"] for event in self.events()]


@pytest.fixture
def shop() -> Shop:
    return Shop()


def listen(shop: Shop, *answers: int, takes: float = 0.0, **form: Any) -> Receiver:
    receiver = Receiver(shop, *answers, takes=takes)
    shop.state.webhooks(url="https://hook.test/centra", secret="test123", sender=in_process(receiver), **form)
    return receiver


def test_the_documented_signature_vector() -> None:
    body = b"payload=%7B%22x%22%3A%22test%22%7D"
    assert signature("test123", 12345678, body) == "t=12345678,v1=0b9cd84f5d583e5e1aadfb9f160aa8080b51d5b85ff85808d6b75bdac356c549"


def test_the_body_is_a_form_with_percent_encoded_json() -> None:
    assert form_body([{"type": "order", "id": 1}]) == b"payload=%7B%22events%22%3A%5B%7B%22type%22%3A%22order%22%2C%22id%22%3A1%7D%5D%7D"


def test_an_order_is_told_by_its_number_and_a_shipment_by_its_id(shop: Shop) -> None:
    receiver = listen(shop)
    number = shop.state.place_order(lines=[("TEE-S", 1)], warehouses=[11])["number"]
    shop.clock.sleep(1)
    shipment = shop.state.ship(number)["shipment_id"]
    shop.clock.sleep(1)
    kinds = [(e["type"], e["action"], e["id"]) for e in receiver.events()]
    assert kinds[0] == ("order", "insert", number)
    assert kinds[1:] == [
        ("shipment", "create", shipment),
        ("shipment", "good_to_go", shipment),
        ("order", "update", number),
        ("shipment", "update", shipment),
        ("order", "update", number),
    ]
    at, headers, body = receiver.calls[0]
    assert at == pytest.approx(START + 0.05)
    assert headers == {"Content-Type": "application/x-www-form-urlencoded", "X-Centra-Signature": signature("test123", int(at), body)}
    assert receiver.events()[0]["date"] == "2027-01-15 09:00:00.000000"


def test_nothing_is_sent_while_switched_off(shop: Shop) -> None:
    shop.state.place_order(lines=[("TEE-S", 1)], warehouses=[11])
    shop.clock.sleep(60)
    assert shop.state.webhook_counts() == {"waiting": 0}


def test_a_call_holds_at_most_so_many_events(shop: Shop) -> None:
    receiver = listen(shop, max_events=2)
    for n in range(5):
        shop.state.emit_webhook(type="customer", action="update", id=n)
    shop.clock.sleep(10)
    assert [len(json.loads(parse_qs(body.decode())["payload"][0])["events"]) for _, _, body in receiver.calls] == [2, 2, 1]
    assert receiver.ids() == [0, 1, 2, 3, 4]


def test_without_retries_a_failed_call_is_dropped_and_the_queue_moves_on(shop: Shop) -> None:
    receiver = listen(shop, 503, max_events=1)
    for n in (1, 2):
        shop.state.emit_webhook(type="order", action="update", id=n)
    shop.clock.sleep(10)
    assert receiver.ids() == [1, 2]
    assert shop.state.webhook_counts() == {"waiting": 0, "emitted": 2, "calls": 2, "dropped": 1, "delivered": 1}


def test_retries_double_their_delay_and_sign_anew(shop: Shop) -> None:
    receiver = listen(shop, 500, 503, 401, retries=3)
    shop.state.emit_webhook(type="order", action="update", id=1)
    shop.clock.sleep(20)
    times = [at for at, _, _ in receiver.calls]
    assert [round(b - a, 3) for a, b in pairwise(times)] == [1.0, 2.0, 4.0]
    assert len({headers["X-Centra-Signature"] for _, headers, _ in receiver.calls}) == 4
    assert shop.state.webhook_counts()["delivered"] == 1


def test_three_retries_are_the_most(shop: Shop) -> None:
    receiver = listen(shop, *[500] * 9, retries=3)
    shop.state.emit_webhook(type="order", action="update", id=1)
    shop.clock.sleep(60)
    assert len(receiver.calls) == 4
    assert shop.state.webhook_counts()["dropped"] == 1


def test_an_answer_after_the_timeout_is_no_answer(shop: Shop) -> None:
    receiver = listen(shop, takes=6.0, retries=1)
    shop.state.emit_webhook(type="order", action="update", id=1)
    shop.clock.sleep(60)
    assert receiver.ids() == [1, 1]
    assert shop.state.webhook_counts()["dropped"] == 1


def test_events_get_lost_doubled_and_out_of_order(shop: Shop) -> None:
    receiver = listen(shop, max_events=1)
    shop.state.webhook_faults(lose=1, double=1, swap=1)
    for n in (1, 2, 3, 4):
        shop.state.emit_webhook(type="order", action="update", id=n)
    shop.clock.sleep(10)
    assert receiver.ids() == [2, 2, 3, 4]
    counts = shop.state.webhook_counts()
    assert (counts["lost"], counts["doubled"], counts["reordered"]) == (1, 1, 1)
    shop.state.webhook_faults(swap=1)
    for n in (5, 6):
        shop.state.emit_webhook(type="order", action="update", id=n)
    shop.clock.sleep(10)
    assert receiver.ids()[4:] == [6, 5]


def test_mishaps_by_probability() -> None:
    struck = [Mishap(0.25).strikes() for _ in range(2)]
    assert struck[0] == struck[1]
    often = Mishap(0.25)
    assert 180 < sum(often.strikes() for _ in range(1000)) < 320
    assert not any(Mishap(0).strikes() for _ in range(10))


@pytest.mark.parametrize("form", [{"timeout": 0.5}, {"timeout": 61}, {"retries": 4}, {"retries": -1}, {"max_events": 0}, {"max_events": 101}])
def test_the_plugins_form_has_ranges(form: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="retries 0–3"):
        WebhookSettings(**form)


def test_data_travels_with_an_event_and_without_a_sender_calls_are_dropped(shop: Shop) -> None:
    receiver = listen(shop)
    data = {"status": "allocated", "order": {"number": 67}}
    shop.state.emit_webhook(type="allocation_request", action="create", id=1141, data=data)
    shop.clock.sleep(1)
    assert receiver.events()[0]["data"] == data
    silent = Shop()
    silent.state.webhooks(url="https://hook.test/centra")
    silent.state.emit_webhook(type="order", action="update", id=1)
    silent.clock.sleep(1)
    assert silent.state.webhook_counts() == {"waiting": 0, "emitted": 1, "dropped": 1}


def test_a_sender_may_answer_later(shop: Shop) -> None:
    waiting: list[Callable[[int | None], None]] = []
    shop.state.webhooks(url="https://hook.test/centra", sender=lambda _url, _headers, _body, done: waiting.append(done))
    for n in (1, 2):
        shop.state.emit_webhook(type="order", action="update", id=n)
        shop.clock.sleep(1)
    assert len(waiting) == 1
    waiting[0](200)
    shop.clock.sleep(1)
    assert len(waiting) == 2
