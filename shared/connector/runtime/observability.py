"""One logger and one set of metrics per function instance. What is logged: ids, SKUs, quantities, kinds; never payloads, names or secrets."""

from __future__ import annotations

import logging
from functools import cache
from typing import TYPE_CHECKING

from aws_lambda_powertools.logging import Logger

if TYPE_CHECKING:
    from aws_lambda_powertools.metrics import Metrics

LIBRARY = "connector"


@cache
def logger() -> Logger:
    """JSON lines, level from LOG_LEVEL; what modules of the connector log through `logging` comes out the same way."""
    made = Logger()
    library = logging.getLogger(LIBRARY)
    library.handlers = list(made.handlers)
    library.setLevel(made.log_level)
    library.propagate = False
    return made


@cache
def metrics() -> Metrics:
    """Counters and durations in CloudWatch's embedded format; namespace from POWERTOOLS_METRICS_NAMESPACE. Flushed by `metrics().flush_metrics()`."""
    from aws_lambda_powertools.metrics import Metrics  # functions that count nothing do not pay for it

    return Metrics()
