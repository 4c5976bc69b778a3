"""What a receiver logs, and what it does not load."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from connector.flows.sorted_events import Receipt
from connector.runtime.http_event import MAX_BODY_BYTES, Request
from connector.runtime.log_lines import JsonLines, json_lines
from connector.runtime.reception import reception
from tests.flows.front_door import basic, gateway_event

SHARED = Path(__file__).resolve().parents[2] / "shared"
HEAVY = ("boto3", "pydantic", "httpx", "aws_lambda_powertools")


@pytest.mark.parametrize("flow", ["receive_centra_webhook", "receive_sitoo_events"])
def test_a_receiver_loads_nothing_that_would_slow_its_start(flow: str) -> None:
    program = (
        f"import sys, connector.flows.{flow}, connector.runtime.reception, connector.runtime.front_door\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    environment = {**os.environ, "PYTHONPATH": str(SHARED)}
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment)
    assert ran.stdout.strip() == "[]"


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[logging.LogRecord]]:
    """What the front door logs during the test."""
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "centra-sitoo")
    records: list[logging.LogRecord] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            records.append(record)

    log, keep = json_lines("connector.reception"), Keep()
    log.addHandler(keep)
    yield records
    log.removeHandler(keep)


def test_a_call_is_one_line_of_counts(lines: list[logging.LogRecord]) -> None:
    receive = reception("sitoo", lambda _request: Receipt(200, "valid", {"orders": 2}))
    assert receive(gateway_event(basic(), b"anna@example.com"))["statusCode"] == 200
    line = json.loads(JsonLines().format(lines[0]))
    assert line.pop("timestamp").endswith("+00:00")
    fields = {"service": "centra-sitoo", "vendor": "sitoo", "status": 200, "verdict": "valid", "stored": {"orders": 2}}
    assert (line, len(lines)) == ({"level": "INFO", "message": "received"} | fields, 1)


def test_a_call_that_is_too_large_is_a_warning(lines: list[logging.LogRecord]) -> None:
    def never(_request: Request) -> Receipt:
        raise AssertionError("read although it is too large")

    assert reception("sitoo", never)(gateway_event({}, b" " * (MAX_BODY_BYTES + 1)))["statusCode"] == 413
    assert [(record.levelname, json.loads(JsonLines().format(record))["status"]) for record in lines] == [("WARNING", 413)]


@pytest.mark.parametrize(("level", "expected"), [("", logging.INFO), ("debug", logging.DEBUG), ("ERROR", logging.ERROR), ("loud", logging.INFO)])
def test_the_level_comes_from_the_environment(level: str, expected: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOG_LEVEL", level)
    json_lines("connector.test_level")
    log = json_lines("connector.test_level")
    assert (log.level, sum(isinstance(handler.formatter, JsonLines) for handler in log.handlers)) == (expected, 1)


def test_a_traceback_stays_on_its_line() -> None:
    try:
        raise LookupError("x")
    except LookupError:
        record = logging.LogRecord("a", logging.ERROR, "", 1, "failed", None, sys.exc_info())
    text = JsonLines().format(record)
    assert "\n" not in text
    assert "LookupError: x" in json.loads(text)["exception"]
