"""Log lines as JSON from the standard library alone.

The receivers use this in place of the logger of `observability`: importing that costs a cold start about as much as creating an SQS client.
The fields have the same names, so that one query finds both.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from datetime import UTC, datetime
from typing import Any


class JsonLines(logging.Formatter):
    """`extra={"told": {…}}` of a call becomes fields of its line."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "level": record.levelname,
            "message": record.getMessage(),
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "service": os.environ.get("POWERTOOLS_SERVICE_NAME", ""),
            **getattr(record, "told", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def json_lines(name: str) -> logging.Logger:
    """A logger that writes JSON lines to standard output, from LOG_LEVEL up (INFO when unset or unusable)."""
    log = logging.getLogger(name)
    if not any(isinstance(handler.formatter, JsonLines) for handler in log.handlers):
        handler = logging.StreamHandler(sys.stdout)
        handler.setFormatter(JsonLines())
        log.addHandler(handler)
        log.propagate = False
    level = logging.getLevelNamesMapping().get(os.environ.get("LOG_LEVEL", "").upper())
    log.setLevel(level or logging.INFO)
    return log
