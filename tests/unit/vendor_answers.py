"""Vendors that answer what a test says, over httpx.MockTransport."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import httpx

from connector.centra.graphql_client import GraphQLCentra
from connector.centra.models import RateLimitRow
from connector.centra.transport import CentraTransport
from connector.domain.configuration import Lane
from connector.http_exchange import http_client
from connector.sitoo.rest_client import RestSitoo
from connector.sitoo.transport import SitooTransport
from sandbox.clock import VirtualTime

Value = TypeVar("Value")
Answer = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


@dataclass
class Vendor:
    """Gives `answers` in turn and remembers the requests; exceptions are raised as the network would."""

    answers: list[Answer]
    requests: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else answer(request)

    def client(self) -> httpx.Client:
        return http_client(httpx.MockTransport(self))


@dataclass
class Secret(Generic[Value]):
    """A credential that may have been rotated."""

    value: Value
    rotated: Value | None = None

    def current(self) -> Value:
        return self.value

    def newer(self) -> Value | None:
        if self.rotated is not None:
            self.value = self.rotated
        return self.rotated


@dataclass
class Grants:
    """A budget without limits that remembers."""

    taken: list[tuple[Lane, int, int]] = field(default_factory=list)
    closed: list[float] = field(default_factory=list)
    seen: list[RateLimitRow] = field(default_factory=list)
    due: bool = False
    next_at: float = 0.0

    def take(self, lane: Lane, *, requests: int = 1, mutations: int = 0) -> None:
        self.taken.append((lane, requests, mutations))

    def available_at(self, lane: Lane, *, requests: int = 1, mutations: int = 0) -> float:
        return self.next_at

    def close(self, until: float) -> None:
        self.closed.append(until)

    def limits_due(self) -> bool:
        return self.due

    def observe(self, rows: Sequence[RateLimitRow]) -> None:
        self.seen += rows


@dataclass
class Turn:
    """A lock that is always free and remembers."""

    lanes: list[Lane] = field(default_factory=list)
    closed: list[float] = field(default_factory=list)

    @contextmanager
    def request(self, lane: Lane) -> Iterator[None]:
        self.lanes.append(lane)
        yield

    def close(self, until: float) -> None:
        self.closed.append(until)


@dataclass
class Centra:
    """A client of a Centra that gives `answers`."""

    answers: list[Answer]
    token: str = "token-1"
    rotated: str | None = None

    def __post_init__(self) -> None:
        self.clock, self.grants, self.vendor = VirtualTime(), Grants(), Vendor(self.answers)
        transport = CentraTransport(self.vendor.client(), "https://brand.example/graphql", Secret(self.token, self.rotated), self.clock)
        self.client = GraphQLCentra(transport, self.grants, self.clock)


@dataclass
class Sitoo:
    """A client of a Sitoo that gives `answers`, for site 1."""

    answers: list[Answer]
    user: tuple[str, str] = ("90123-1", "pass")
    rotated: tuple[str, str] | None = None

    def __post_init__(self) -> None:
        self.clock, self.turn, self.vendor = VirtualTime(), Turn(), Vendor(self.answers)
        secret = Secret(self.user, self.rotated)
        self.transport = SitooTransport(self.vendor.client(), "https://api.example/v2/accounts/90123/", secret, self.turn, self.clock)
        self.client = RestSitoo(1, self.transport)
