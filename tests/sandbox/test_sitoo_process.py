"""The Sitoo sandbox as a process of its own: REST, control, cut connections, concurrency and event calls over real sockets."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Queue
from typing import Any

import httpx
import pytest


@dataclass
class Process:
    http: httpx.Client
    control_url: str

    def act(self, action: str, **arguments: Any) -> Any:
        answer = httpx.post(f"{self.control_url}/{action}", json=arguments)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture(scope="module")
def sitoo() -> Iterator[Process]:
    command = [sys.executable, "-m", "sandbox.sitoo", "--account", "77", "--api-user", "77-1:word"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            ready, url = process.stdout.readline().split()
            assert ready == "ready"
            with httpx.Client(base_url=url, auth=("77-1", "word"), timeout=5) as http:
                running = Process(http, url.split("/v2")[0] + "/_control")
                running.act("add_warehouse", id=1, name="Alpha", store_id=1)
                running.act("add_product", sku="CAP")
                yield running
        finally:
            process.terminate()
            process.wait(10)


@pytest.fixture
def hook() -> Iterator[tuple[str, Queue[tuple[str, list[dict[str, Any]]]]]]:
    received: Queue[tuple[str, list[dict[str, Any]]]] = Queue()
    statuses = [503]

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            received.put((self.path, json.loads(body)))
            self.send_response(statuses.pop() if statuses else 200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            return None

    server = HTTPServer(("127.0.0.1", 0), Hook)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/hook", received
    server.shutdown()
    thread.join()
    server.server_close()


def test_trade_by_control_is_seen_by_rest(sitoo: Process) -> None:
    before = sitoo.http.get("/sites/1/warehousetransactions.json").json()["totalcount"]
    number = sitoo.act("receive", warehouse=1, skus={"CAP": 5})
    row = sitoo.http.get("/sites/1/warehousetransactions.json", params={"warehousetransactionidfrom": number}).json()
    assert (row["totalcount"], row["items"][0]["items"][0]["decimalquantity"]) == (1, "5.000")
    assert sitoo.http.get("/sites/1/warehousetransactions.json").json()["totalcount"] == before + 1


def test_a_cut_connection_is_a_transport_error_and_the_server_lives_on(sitoo: Process) -> None:
    count = len(sitoo.act("commits"))
    sitoo.act("fault", kind="drop_after", operation="POST")
    row = {"warehouseid": 1, "transactiontype": 10, "items": [{"sku": "CAP", "decimalquantity": "1.000"}]}
    with pytest.raises(httpx.TransportError):
        sitoo.http.post("/sites/1/warehousetransactions", json=row)
    assert len(sitoo.act("commits")) == count + 1
    assert sitoo.http.get("/sites").status_code == 200


def test_overlapping_requests_of_one_api_user_are_refused(sitoo: Process) -> None:
    sitoo.act("latency", mean=0.3)
    try:
        with ThreadPoolExecutor(2) as pool:
            statuses = sorted(pool.map(lambda _: sitoo.http.get("/sites").status_code, range(2)))
    finally:
        sitoo.act("latency", mean=0.0)
    assert statuses == [200, 429]
    assert sitoo.act("violations") == 1


def test_events_are_posted_in_the_background_and_retried(sitoo: Process, hook: tuple[str, Queue[tuple[str, list[dict[str, Any]]]]]) -> None:
    url, received = hook
    sitoo.act("events", url=url, user="u", password="p", retry_delays=[0.05])
    number = sitoo.act("sell", warehouse=1, skus={"CAP": 1})["transaction_id"]
    first, second = received.get(timeout=5), received.get(timeout=5)
    assert first == second
    path, events = first
    assert path == "/hook/events"
    assert [event["data"].get("warehouse_transaction_id") for event in events if event["event_type"] == "warehouse-transaction"] == [number]
    sitoo.act("events", url="")
