"""What nobody foresaw in one message: it fails alone, and the log says where."""

from __future__ import annotations

import logging
import traceback

_log = logging.getLogger(__name__)


def tell_unforeseen(about: str, failure: Exception) -> None:
    """Log the kind of failure and where it happened; never its words, which may hold what a vendor said of a customer.

    The message comes back until the redrive policy moves it, and people see it then.
    """
    places = [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(failure.__traceback__)[-4:]]
    _log.error("%s could not be taken: %s at %s", about, type(failure).__name__, " < ".join(reversed(places)))
