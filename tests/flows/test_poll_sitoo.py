"""The minute's tick: one nudge per site, or an error, which Lambda tries again and then reports."""

from __future__ import annotations

import json

import pytest

from connector.runtime.queues import QueueUnavailable
from functions.poll_sitoo import app
from tests.flows.receivers import FakeSqs


@pytest.fixture
def sqs(monkeypatch: pytest.MonkeyPatch) -> FakeSqs:
    fake = FakeSqs()
    monkeypatch.setattr(app, "sqs_client", lambda: fake)
    monkeypatch.setenv("QUEUE_STORE_STOCK", "store_stock")
    monkeypatch.setenv("SITOO_SITE_IDS", "3, 1,3")
    app._queues.cache_clear()
    return fake


def test_every_site_is_nudged_once(sqs: FakeSqs) -> None:
    assert app.handler({"source": "schedule"}, None) == {"nudged": [1, 3]}
    assert [json.loads(body) for _, body in sqs.stored] == [{"v": 1, "kind": "nudge", "site": site, "reason": "poll"} for site in (1, 3)]


def test_a_nudge_that_is_not_stored_is_an_error(sqs: FakeSqs) -> None:
    sqs.answers = lambda _call, _entries: {}
    with pytest.raises(QueueUnavailable):
        app.handler({}, None)


@pytest.mark.parametrize("missing", ["QUEUE_STORE_STOCK", "SITOO_SITE_IDS"])
def test_a_missing_setting_is_an_error(sqs: FakeSqs, missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(missing)
    with pytest.raises((QueueUnavailable, KeyError)):
        app.handler({}, None)
