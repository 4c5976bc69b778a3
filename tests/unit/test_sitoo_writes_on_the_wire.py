"""Writes over real connections: what was never sent is told apart from what may have arrived."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from connector.http_exchange import http_client
from connector.sitoo.errors import Unavailable, Uncertain
from connector.sitoo.rest_orders import RestSitooOrders
from connector.sitoo.transport import SitooTransport
from sandbox.clock import VirtualTime
from tests.unit.vendor_answers import Secret, Turn

BODY = {"ordertypeid": 10, "comment": "x" * 2000}


@contextmanager
def sitoo(*answers: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """Each connection is read for a moment, answered with the next bytes, and cut."""
    received: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        for answer in answers:
            connection, _ = listener.accept()
            with connection:
                received.append(connection.recv(512))
                connection.sendall(answer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listener.getsockname()[1], received
    thread.join(timeout=5)
    listener.close()


def orders_at(port: int) -> RestSitooOrders:
    transport = SitooTransport(http_client(), f"http://127.0.0.1:{port}/v2/accounts/90123", Secret(("a", "b")), Turn(), VirtualTime())
    return RestSitooOrders(1, transport)


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


WRITES: list[Callable[[RestSitooOrders], object]] = [
    lambda orders: orders.post_order(BODY),
    lambda orders: orders.put_order(7, BODY),
    lambda orders: orders.post_delivery(7, 3, {0: 1}, reference="T", ignore_stock=False),
    lambda orders: orders.post_transaction(3, 10, {"TEE-M": 1}, external_id="R-9", description=""),
]


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n10", b"HTTP/1.1 200 OK\r\nContent-Le"])
def test_a_connection_that_is_cut_after_the_first_bytes_leaves_it_open(write: Callable[[RestSitooOrders], object], answer: bytes) -> None:
    with sitoo(answer) as (port, received):
        with pytest.raises(Uncertain):
            write(orders_at(port))
        assert received[0].startswith((b"POST /v2/accounts/90123/sites/1/", b"PUT /v2/accounts/90123/sites/1/"))


@pytest.mark.parametrize("write", WRITES)
def test_a_closed_port_took_nothing(write: Callable[[RestSitooOrders], object]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(Unavailable):
        write(orders_at(port))
