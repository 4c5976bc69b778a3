"""How a Centra call can fail, by what the caller may do next."""

from __future__ import annotations


class CentraError(Exception):
    """Base of all failures of a Centra call."""


class Unavailable(CentraError):
    """The call did not happen, or it was a query: trying again later is safe (5xx, connection refused, timeouts of queries)."""


class Unreadable(Unavailable):
    """One object of the answer cannot be understood: asked for alone, it does not hold up others."""


class Throttled(CentraError):
    """HTTP 429. `until`: unix s before which no call may be made (already told to the budget). The call did not happen."""

    def __init__(self, until: float) -> None:
        super().__init__(f"Centra throttles until {until:.0f}")
        self.until = until


class Uncertain(CentraError):
    """A mutation may or may not have been committed (timeout, dropped connection, 5xx after sending). Look before repeating."""


class Unauthorised(CentraError):
    """HTTP 403: the token is invalid or expired (centra-api §1.6)."""


class Refused(CentraError):
    """GraphQL errors: a document or permission problem; retrying changes nothing. `messages` are Centra's."""

    def __init__(self, messages: tuple[str, ...]) -> None:
        super().__init__("; ".join(messages))
        self.messages = messages
