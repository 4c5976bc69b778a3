"""The vendors' HTTP client: nothing is prepared before it is needed, and proxies of the environment are used."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest

from connector import http_exchange
from connector.http_exchange import http_client

PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


class _Echo(BaseHTTPRequestHandler):
    """Answers with the request line's target: a proxy is asked for a whole URL, a server for a path."""

    def do_GET(self) -> None:
        body = self.path.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    listener = HTTPServer(("127.0.0.1", 0), _Echo)
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{listener.server_port}"
    listener.shutdown()
    thread.join()
    listener.server_close()


def test_certificates_are_read_with_the_first_request_and_once(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[httpx.HTTPTransport] = []
    real = httpx.HTTPTransport

    def counted(**given: object) -> httpx.HTTPTransport:
        made.append(real(verify=http_exchange._certificates()))
        return made[-1]

    monkeypatch.setattr(httpx, "HTTPTransport", counted)
    with http_client() as client:
        assert made == []
        assert [client.get(f"{server}/{n}").text for n in (1, 2)] == ["/1", "/2"]
    assert len(made) == 1


def test_a_client_that_was_never_used_closes() -> None:
    client = http_client()
    client.close()
    assert client.is_closed


def test_a_proxy_of_the_environment_is_used(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", server)
    with http_client() as client:
        assert client.get("http://vendor.test/graphql").text == "http://vendor.test/graphql"
