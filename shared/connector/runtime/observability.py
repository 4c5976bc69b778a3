"""One logger per function instance. What is logged: ids, SKUs, quantities, kinds; never payloads, names or secrets."""

from __future__ import annotations

import logging
from functools import cache

from aws_lambda_powertools.logging import Logger

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
