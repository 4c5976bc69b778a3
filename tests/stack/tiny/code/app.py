"""A function that does what its event says. Handed a batch it writes down what it saw, in the file `seen` beside it."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

if os.environ.get("BROKEN"):
    raise ImportError("cannot start")

SEEN = Path(__file__).with_name("seen")


def handler(event: dict[str, Any], context: Any) -> Any:
    if "Records" in event:
        return _batch(event["Records"])
    return _serve(event, context) if "httpMethod" in event else _act(event, context)


def _act(event: dict[str, Any], context: Any) -> Any:
    match event.get("do"):
        case "raise":
            raise ValueError("refused")
        case "sleep":
            time.sleep(event["s"])
        case "exit":
            os._exit(3)
        case "set":
            return {1, 2}
        case "answer":
            return event["answer"]
        case "environment":
            return dict(os.environ)
        case "imports":
            __import__(event["module"])
    return {"pid": os.getpid(), "name": context.function_name}


def _serve(event: dict[str, Any], context: Any) -> Any:
    if event["path"] == "/echo":
        return {"statusCode": 200, "body": json.dumps(event), "headers": {"X-Test": "yes"}}
    if event["path"] == "/malformed":
        return {"status": 200}
    return _act(json.loads(event["queryStringParameters"]["act"]), context)


def _batch(records: list[dict[str, Any]]) -> Any:
    for number, record in enumerate(records):
        count = record["attributes"]["ApproximateReceiveCount"]
        _write({"body": record["body"], "count": count, "attributes": record["messageAttributes"], "first": number == 0})
    if any(record["body"] == "slow" for record in records):
        time.sleep(0.6)
        _write({"done": True})
    return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in records if record["body"].startswith("bad")]}


def _write(line: dict[str, Any]) -> None:
    with SEEN.open("a") as seen:
        seen.write(json.dumps(line) + "\n")
