"""The Centra sandbox as a real process on loopback: it serves, throttles, calls webhooks, cuts connections."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Queue
from urllib.parse import parse_qs

import httpx
import pytest

from sandbox.centra.webhooks import signature
from tests.sandbox.centra_shop import SET


@contextmanager
def sandbox(*arguments: str) -> Iterator[httpx.Client]:
    process = subprocess.Popen([sys.executable, "-m", "sandbox.centra", *arguments], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        word, url = process.stdout.readline().split()
        assert word == "ready"
        with httpx.Client(base_url=url.removesuffix("/graphql"), headers={"Authorization": "Bearer t0ken"}, trust_env=False, timeout=10) as client:
            yield client
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


@contextmanager
def receiver(arrived: Queue[tuple[str, bytes]]) -> Iterator[str]:
    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            arrived.put((self.headers["X-Centra-Signature"], self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook"
    finally:
        server.shutdown()
        server.server_close()


def test_it_serves_a_shop_and_tells_the_webhook() -> None:
    arrived: Queue[tuple[str, bytes]] = Queue()
    with sandbox("--token", "t0ken", "--plan", "growth") as client, receiver(arrived) as hook:

        def control(action: str, **arguments: object) -> object:
            answer = client.post(f"/_control/{action}", json=arguments)
            assert answer.status_code == 200, answer.text
            return answer.json()

        assert client.post("/graphql", headers={"Authorization": "Bearer x"}).status_code == 403
        control("add_warehouse", id=11, name="Store")
        control("add_size", sku="TEE-S")
        rows = [{"productSize": {"SKU": "TEE-S"}, "quantity": 4}]
        wanted = {"input": {"warehouse": {"id": 11}, "description": "x", "stockQuantityType": "PHYSICAL", "productSizes": rows}}
        assert client.post("/graphql", json={"query": SET, "variables": wanted}).json()["data"]["setStock"]["userErrors"] == []
        control("webhooks", url=hook, secret="s3cret")
        control("place_order", lines=[["TEE-S", 1]])
        header, body = arrived.get(timeout=10)
        assert header == signature("s3cret", int(header[2:].split(",")[0]), body)
        assert '"type":"order"' in parse_qs(body.decode())["payload"][0]
        rows[0]["quantity"] = 3
        control("fault", kind="drop_after", operation="setStock")
        with pytest.raises(httpx.RemoteProtocolError):
            client.post("/graphql", json={"query": SET, "variables": wanted})
        assert control("snapshot") == {"11": {"TEE-S": {"physical": 3, "allocated": 1, "fta": 2}}}
        control("spend", mutations=20)
        assert client.post("/graphql", json={"query": SET, "variables": wanted}).status_code == 429
