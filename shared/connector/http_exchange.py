"""One HTTP exchange with a vendor, bounded in time as a whole."""

from __future__ import annotations

import ssl
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

import httpx

CONNECT_S = 2.0
TOTAL_S = 8.0
"""Leases and locks are given this long plus 2 s: no answer is taken after it."""

NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol)
"""Failures that happen before the first byte of the request leaves: even a mutation was not made."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """`headers` keys are lower case; the body is decoded from its content encoding, at most read whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def http_client(transport: httpx.BaseTransport | None = None) -> httpx.Client:
    """One per function instance and vendor; connections live on between invocations while the vendor keeps them."""
    timeout = httpx.Timeout(TOTAL_S - CONNECT_S, connect=CONNECT_S, write=CONNECT_S, pool=CONNECT_S)
    headers = {"User-Agent": "centra-sitoo-connector"}
    if transport is None and urllib.request.getproxies():
        return httpx.Client(timeout=timeout, headers=headers, verify=_certificates())
    return httpx.Client(timeout=timeout, headers=headers, transport=transport or _AtFirstRequest())


class _AtFirstRequest(httpx.BaseTransport):
    """Connections are prepared when they are needed: it takes a fifth of a cold start, and a drain that only leaves word calls no vendor."""

    def __init__(self) -> None:
        self._prepared: httpx.HTTPTransport | None = None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if self._prepared is None:
            self._prepared = httpx.HTTPTransport(verify=_certificates())
        return self._prepared.handle_request(request)

    def close(self) -> None:
        if self._prepared is not None:
            self._prepared.close()


@cache
def _certificates() -> ssl.SSLContext:
    """Reading the trusted certificates takes longer than anything else at start-up: once is enough for both vendors."""
    return httpx.create_ssl_context()


def exchange(client: httpx.Client, request: httpx.Request, now: Callable[[], float]) -> HttpAnswer:
    """Send and read the whole answer. Raises httpx.RequestError; ReadTimeout also when headers and body together took longer than TOTAL_S.

    httpx limits each read only: a trickling answer would outlive the lease under which the request was sent.
    """
    end = now() + TOTAL_S
    response = client.send(request, stream=True)
    try:
        body = bytearray()
        for chunk in response.iter_bytes():
            if now() > end:
                break
            body += chunk
        if now() > end:
            raise httpx.ReadTimeout(f"no complete answer within {TOTAL_S:g} s", request=request)
        return HttpAnswer(response.status_code, {k.lower(): v for k, v in response.headers.items()}, bytes(body))
    finally:
        response.close()
