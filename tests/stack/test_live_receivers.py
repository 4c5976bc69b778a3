"""The built receivers behind the gateway of the template: whatever fails, a vendor gets 503 and repeats, or its events are stored."""

from __future__ import annotations

import json
import math
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from connector.runtime.http_event import MAX_BODY_BYTES
from connector.runtime.queues import Work
from connector.runtime.sqs_dead_letters import SqsDeadLetters
from sandbox.local_stack.outcome import OutcomeKind
from sandbox.local_stack.stack import LocalStack
from tests.flows.front_door import basic, centra_body, centra_headers, sitoo_event
from tests.stack.between import Between, Held, Rule, answer_lost, broken, last_of_several_failed
from tests.stack.built import RECEIVERS, broken_name, copy_of_build, with_broken_receivers, without_triggers, write
from tests.stack.conftest import ENV
from tests.stack.queues_of import sqs_of, urls_of

pytestmark = pytest.mark.stack

PATH = {"CentraWebhook": "/webhooks/centra", "SitooWebhook": "/webhooks/sitoo/events"}
STATED_LIMIT_S = {"function": 10, "sitoo": 15}
MAIL = "@".join(("ada", "example.com"))
NUDGE = {
    "CentraWebhook": {"v": 1, "kind": "nudge", "site": 1, "reason": "centra"},
    "SitooWebhook": {"v": 1, "kind": "nudge", "site": 1, "reason": "event", "orders": [991, 992]},
}
CONSUMERS = ("SyncStoreStock", "SyncOrder", "SyncFulfilment", "SyncReturn", "PollSitoo", "PollCentra")
"""Not started here: what receivers store must lie still."""
STORED: dict[str, dict[Work, list[dict[str, Any]]]] = {
    "CentraWebhook": {
        Work.STORE_STOCK: [NUDGE["CentraWebhook"]],
        Work.ORDERS: [{"v": 1, "source": "centra", "type": "order", "id": n, "action": "update", "order": 104_000 + n} for n in (17, 18)],
    },
    "SitooWebhook": {
        Work.STORE_STOCK: [NUDGE["SitooWebhook"]],
        Work.FULFILMENTS: [{"v": 1, "source": "sitoo", "type": "order", "site": 1, "id": n, "action": "update"} for n in (991, 992)],
    },
}
"""What a good call becomes."""


class Doors:
    """The running stack, what stands between its functions and AWS, and a vendor's calls."""

    def __init__(self, stack: LocalStack, between: Between) -> None:
        self.stack, self.between, self._sqs = stack, between, sqs_of(stack)
        self._urls = urls_of(stack)
        self._calls = ThreadPoolExecutor(4)

    def call(self, receiver: str, body: bytes | None = None, headers: dict[str, str] | None = None, way: str = "") -> httpx.Response:
        """A vendor's call; without body a good one."""
        body = good_body(receiver) if body is None else body
        path = f"/{way}{PATH[receiver]}" if way else PATH[receiver]
        return httpx.post(self.stack.gateway_url + path, content=body, headers=headers or good_headers(receiver, body), timeout=40)

    def calling(self, receiver: str, way: str = "") -> Future[httpx.Response]:
        return self._calls.submit(self.call, receiver, way=way)

    def stored(self) -> dict[Work, list[dict[str, Any]]]:
        """What is on the queues; taken away by looking."""
        found = {work: [json.loads(body) for body in self._taken(url)] for work, url in self._urls.items()}
        return {work: bodies for work, bodies in found.items() if bodies}

    def outcomes(self, function: str) -> dict[str, int]:
        counted: dict[str, int] = self.stack.stats()[function]["outcomes"]
        return counted

    def _taken(self, url: str) -> Iterator[str]:
        for letter in SqsDeadLetters(self._sqs, {}, {Work.UNKNOWN: url}).letters(Work.UNKNOWN):
            self._sqs.delete_message(QueueUrl=url, ReceiptHandle=letter.receipt)
            yield letter.body


def good_body(receiver: str) -> bytes:
    """Two events about orders, with a customer's address among their fields."""
    if receiver == "CentraWebhook":
        events = [{"type": "order", "action": "update", "id": n, "data": {"order": {"number": 104_000 + n, "mail": MAIL}}} for n in (17, 18)]
        return centra_body(events)
    return json.dumps([sitoo_event("order", eshop_id=1, order_id=n, order_event_type="update", email=MAIL) for n in (991, 992)]).encode()


def good_headers(receiver: str, body: bytes) -> dict[str, str]:
    if receiver == "CentraWebhook":
        return centra_headers(body, time.time(), ENV.centra_webhook_secret)
    return basic(ENV.sitoo_events_user, ENV.sitoo_events_password)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    folder = tmp_path_factory.mktemp("receivers")
    built, between = copy_of_build(folder / "built"), Between()
    with socket.socket() as nobody:
        # Bound, but not listening: whoever connects is refused, and nobody else gets the port.
        nobody.bind(("127.0.0.1", 0))
        template = without_triggers(built, between.variables(), *CONSUMERS)
        with_broken_receivers(template, built, f"http://127.0.0.1:{nobody.getsockname()[1]}")
        with LocalStack(ENV, template=write(template, built), folder=folder) as stack:
            between.target = stack.endpoint
            yield Doors(stack, between)
    between.close()


@pytest.fixture
def doors(running: Doors) -> Doors:
    running.stored()
    return running


@pytest.fixture(params=RECEIVERS)
def receiver(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_good_call_is_stored_with_ids_only(doors: Doors, receiver: str) -> None:
    answer = doors.call(receiver)
    assert (answer.status_code, answer.content) == (200, b"")
    found = doors.stored()
    assert found == STORED[receiver]
    assert MAIL not in json.dumps({str(work): bodies for work, bodies in found.items()})


def test_a_wrong_signature_or_password_is_401(doors: Doors, receiver: str) -> None:
    body = good_body(receiver)
    wrong = centra_headers(body, time.time(), "another") if receiver == "CentraWebhook" else basic("user", "another")
    assert doors.call(receiver, body, wrong).status_code == 401
    assert doors.call(receiver, body, {"X-Nothing": "1"}).status_code == 401
    assert doors.stored() == {}


def test_a_stale_signature_is_401(doors: Doors) -> None:
    body = good_body("CentraWebhook")
    assert doors.call("CentraWebhook", body, centra_headers(body, time.time() - 400, ENV.centra_webhook_secret)).status_code == 401
    assert doors.stored() == {}


@pytest.mark.parametrize("size", [MAX_BODY_BYTES + 1, 11 * 1024 * 1024])
def test_a_body_above_the_limit_is_413(doors: Doors, receiver: str, size: int) -> None:
    assert doors.call(receiver, b" " * size).status_code == 413
    assert doors.stored() == {}


def test_an_authentic_call_that_nobody_understands_is_noted(doors: Doors, receiver: str) -> None:
    body = f"\xff {MAIL}".encode("latin-1")
    assert doors.call(receiver, body).status_code == 200
    found = doors.stored()
    (note,) = found.pop(Work.UNKNOWN)
    assert found == {}
    assert (note["source"], note["size"], note["count"]) == (receiver.removesuffix("Webhook").lower(), len(body), 1)
    assert note["events"][0]["reason"].startswith("unparsable body")
    assert MAIL not in json.dumps(note)


def test_killed_before_sqs_was_asked_is_503_and_the_repetition_is_stored(doors: Doors, receiver: str) -> None:
    _killed_while(doors, receiver, Held())
    assert doors.stored() == {}
    assert doors.call(receiver).status_code == 200
    assert doors.stored() == STORED[receiver]


def test_killed_between_sqs_and_the_answer_is_503_and_stored(doors: Doors, receiver: str) -> None:
    _killed_while(doors, receiver, Held(stored=True))
    assert doors.stored() == {Work.STORE_STOCK: [NUDGE[receiver]]}


def _killed_while(doors: Doors, receiver: str, held: Held) -> None:
    before = doors.outcomes(receiver).get(OutcomeKind.CRASH, 0)
    with doors.between.at("SendMessageBatch", held):
        call = doors.calling(receiver)
        held.wait_for_one()
        assert doors.stack.kill(receiver) == 1
        assert call.result().status_code == 503
    assert doors.outcomes(receiver)[OutcomeKind.CRASH] == before + 1


def test_a_throttled_receiver_is_503(doors: Doors, receiver: str) -> None:
    doors.stack.throttle(receiver, 0)
    try:
        assert doors.call(receiver).status_code == 503
    finally:
        doors.stack.throttle(receiver, None)
    assert doors.call(receiver).status_code == 200
    assert doors.stored() == STORED[receiver]


@pytest.mark.parametrize(
    ("way", "ended"),
    [
        ("layer", OutcomeKind.OK),
        ("unset", OutcomeKind.OK),
        ("unreachable", OutcomeKind.OK),
        ("code", OutcomeKind.CRASH),
        ("hasty", OutcomeKind.TIMEOUT),
    ],
)
def test_a_broken_receiver_is_503_by_its_guard_or_by_the_gateway(doors: Doors, receiver: str, way: str, ended: OutcomeKind) -> None:
    held = Held()
    with doors.between.at("SendMessageBatch", held):
        answer = doors.call(receiver, way=way)
    assert answer.status_code == 503
    assert doors.outcomes(broken_name(receiver, way)) == {ended: 1}
    assert ("retry-after" in answer.headers) is (ended is OutcomeKind.OK)
    assert doors.stored() == {}


@pytest.mark.parametrize("rule", [broken, answer_lost, last_of_several_failed])
def test_sqs_that_does_not_confirm_everything_is_503(doors: Doors, receiver: str, rule: Rule) -> None:
    with doors.between.at("SendMessageBatch", rule):
        assert doors.call(receiver).status_code == 503
    kept = doors.stored()
    if rule is broken:
        assert kept == {}
    elif rule is last_of_several_failed:
        assert kept == {work: bodies[:1] for work, bodies in STORED[receiver].items()}
    else:
        assert kept == {Work.STORE_STOCK: [NUDGE[receiver]] * 2}
    assert doors.call(receiver).status_code == 200
    assert doors.stored() == STORED[receiver]


def test_sqs_that_hangs_is_503_within_the_functions_time(doors: Doors) -> None:
    for name in RECEIVERS:
        assert doors.call(name).status_code == 200
    doors.stored()
    assert _one_of_three(lambda: _hangs(doors, "SendMessageBatch") < STATED_LIMIT_S["function"])
    assert doors.stored() == {}


def test_secrets_manager_that_hangs_at_a_cold_start_is_503_while_sitoo_still_waits(doors: Doors) -> None:
    def cold() -> bool:
        for name in RECEIVERS:
            doors.stack.kill(name)
        return _hangs(doors, "GetSecretValue") < STATED_LIMIT_S["sitoo"]

    assert _one_of_three(cold)
    for name in RECEIVERS:
        assert doors.call(name).status_code == 200


def _one_of_three(in_time: Callable[[], bool]) -> bool:
    """A machine that is busy with something else stretches seconds, but not three times in a row."""
    return any(in_time() for _ in range(3))


def _hangs(doors: Doors, operation: str) -> float:
    """Both receivers are called at once and answer 503; after how many seconds, infinite when they did not do so themselves."""
    before = {name: doors.outcomes(name) for name in RECEIVERS}
    with doors.between.at(operation, Held()):
        started = time.monotonic()
        answers = [call.result() for call in [doors.calling(name) for name in RECEIVERS]]
        took_s = time.monotonic() - started
    assert [answer.status_code for answer in answers] == [503] * 2
    assert took_s > 2
    themselves = [before[name] | {OutcomeKind.OK: before[name].get(OutcomeKind.OK, 0) + 1} for name in RECEIVERS]
    if [doors.outcomes(name) for name in RECEIVERS] != themselves:
        return math.inf
    assert [answer.headers["retry-after"] for answer in answers] == ["5"] * 2
    return took_s


def test_secrets_manager_that_fails_at_a_cold_start_is_503_until_it_answers(doors: Doors, receiver: str) -> None:
    doors.stack.kill(receiver)
    with doors.between.at("GetSecretValue", broken):
        assert doors.call(receiver).status_code == 503
    assert doors.stored() == {}
    assert doors.call(receiver).status_code == 200
    assert doors.stored() == STORED[receiver]


def test_the_minutes_nudge_is_stored_or_its_function_fails_so_that_the_scheduler_tries_again(doors: Doors) -> None:
    with doors.between.at("SendMessageBatch", broken):
        assert doors.stack.invoke("PollSitoo", {}).kind is OutcomeKind.ERROR
    assert doors.stored() == {}
    assert doors.stack.invoke("PollSitoo", {}).answer == {"nudged": [1]}
    assert doors.stored() == {Work.STORE_STOCK: [{"v": 1, "kind": "nudge", "site": 1, "reason": "poll"}]}
