"""A vendor's credentials as read once at the start: what uses them does not live long enough to see newer ones. Never shown in a traceback."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ReadToken:
    """Centra's token."""

    token: str = field(repr=False)

    def current(self) -> str:
        return self.token

    def newer(self) -> str | None:
        return None


@dataclass(frozen=True, slots=True)
class ReadApiUser:
    """A Sitoo API user."""

    api_id: str
    password: str = field(repr=False)

    def current(self) -> tuple[str, str]:
        return self.api_id, self.password

    def newer(self) -> tuple[str, str] | None:
        return None
