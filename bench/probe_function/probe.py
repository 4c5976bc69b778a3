"""Runs a function's own handler (module `app`) and tells how long it took, and how much of that its SQS calls were."""

from __future__ import annotations

import importlib
import time
from typing import Any

from botocore.client import BaseClient

_call_aws = vars(BaseClient)["_make_api_call"]
_sqs_calls_ms: list[float] = []


def _timed(client: BaseClient, operation: str, arguments: dict[str, Any]) -> Any:
    started = time.perf_counter()
    try:
        return _call_aws(client, operation, arguments)
    finally:
        if client.meta.service_model.service_name == "sqs":
            _sqs_calls_ms.append((time.perf_counter() - started) * 1000)


for _owner, _name in ((BaseClient, "_make_api_call"),):
    setattr(_owner, _name, _timed)
_handler = importlib.import_module("app").handler


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    _sqs_calls_ms.clear()
    started = time.perf_counter()
    answer = _handler(event, context)
    return {"answer": answer, "handler_ms": (time.perf_counter() - started) * 1000, "sqs_ms": sum(_sqs_calls_ms)}
